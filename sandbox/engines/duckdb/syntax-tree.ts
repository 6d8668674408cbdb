import type { DuckDBInstance, DuckDBPreparedStatement } from '@duckdb/node-api';
import { lockedInstance } from './lock-down.ts';

/**
 * What DuckDB's parser says of a text; its own words are left behind. `position` counts Unicode code points (unlike the
 * `query_location` of a tree, which counts UTF-8 bytes).
 */
export type SyntaxVerdict =
  | { readonly kind: 'tree'; readonly json: string; readonly statements: number }
  | { readonly kind: 'syntax'; readonly position: number | null }
  | { readonly kind: 'nesting' }
  | { readonly kind: 'not-select' };

export interface SyntaxParser {
  read(text: string): Promise<SyntaxVerdict>;
}

const PARSER_MEMORY_MB = 256;

/** DuckDB's own parser, in a locked database without data. The text is a bound parameter: it is never run. */
export async function openSyntaxParser(): Promise<SyntaxParser> {
  const instance: DuckDBInstance = await lockedInstance({ threads: 1, memoryMb: PARSER_MEMORY_MB });
  const connection = await instance.connect();
  const statement: DuckDBPreparedStatement = await connection.prepare(
    "SELECT tree, json_array_length(tree, '$.statements') FROM (SELECT json_serialize_sql($1::VARCHAR) AS tree)",
  );
  return {
    async read(text) {
      statement.bindVarchar(1, text);
      // WHY by its chunk: it is here already, and `getRows` goes to the engine's thread and back for each, and once more for their end.
      const [tree, statements] = (await statement.run()).getChunk(0).getRowValues(0);
      const json = String(tree);
      if (statements !== null && !json.startsWith('{"error":true')) {
        return { kind: 'tree', json, statements: Number(statements) };
      }
      return refusalOf(JSON.parse(json) as ParserError);
    },
  };
}

interface ParserError {
  readonly error_type?: string;
  readonly error_message?: string;
  readonly position?: string;
}

function refusalOf(error: ParserError): SyntaxVerdict {
  if (error.error_type === 'not implemented') return { kind: 'not-select' };
  if (/^Max expression depth|^memory exhausted/.test(error.error_message ?? '')) return { kind: 'nesting' };
  return { kind: 'syntax', position: error.position === undefined ? null : Number(error.position) };
}
