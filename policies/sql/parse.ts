import { AppError, placeOf } from '../errors.ts';
import { codePointOffset } from './text-offsets.ts';

declare const untrusted: unique symbol;
/** The user's own text. It reaches DuckDB's parser as a bound parameter, and nothing else, ever. */
export type UntrustedSql = string & { readonly [untrusted]: true };

/** Stage `parse`: one SELECT as DuckDB's own syntax tree, not yet checked against the allow-list. */
export interface ParsedQuery {
  readonly kind: 'parsed';
  readonly text: UntrustedSql;
  /** The statement's `node` of `json_serialize_sql`. */
  readonly node: unknown;
}

interface Serialized {
  readonly error: boolean;
  readonly error_type?: string;
  readonly error_message?: string;
  readonly position?: string;
  readonly statements?: readonly { readonly node: unknown; readonly named_param_map: readonly unknown[] }[];
}

/**
 * Reads what `json_serialize_sql` said of `text`.
 * Integers that a double cannot hold are kept as exact decimal text, in numbers' places.
 * Throws SQL_SYNTAX with its place, SQL_NOT_SELECT, SQL_STATEMENTS, SQL_LITERAL_REFUSED (a number beyond a double).
 */
export function readSyntaxTree(text: UntrustedSql, serialized: string): ParsedQuery {
  const tree = parseExact(serialized);
  if (tree.error) throw parserRefusal(text, tree);
  const statements = tree.statements ?? [];
  const [only] = statements;
  if (only === undefined) throw new AppError('SQL_NOT_SELECT');
  if (statements.length > 1) throw new AppError('SQL_STATEMENTS', { count: statements.length });
  return { kind: 'parsed', text, node: only.node };
}

/** WHY a test first: a reviver makes JSON.parse several times slower, and almost no query holds such a number. */
const LARGE_INTEGER = /(?<!"query_location":)\b\d{16,}/;

function parseExact(serialized: string): Serialized {
  try {
    const tree: unknown = LARGE_INTEGER.test(serialized) ? JSON.parse(serialized, exactNumber) : JSON.parse(serialized);
    return tree as Serialized;
  } catch (cause) {
    // DuckDB writes a literal such as 1e400 as `Infinity`, which is no JSON.
    throw new AppError('SQL_LITERAL_REFUSED', { what: 'number', accepted: '1e308' }, null, cause);
  }
}

function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  return /^-?\d+$/.test(source) ? source : value;
}

function parserRefusal(text: UntrustedSql, tree: Serialized): AppError {
  if (tree.error_type === 'not implemented') return new AppError('SQL_NOT_SELECT');
  // A syntax error counts code points, unlike `query_location`, which counts bytes.
  const offset = tree.position === undefined ? null : codePointOffset(text, Number(tree.position));
  const place = placeOf(text, offset);
  const near = offset === null ? '' : (/^\S{1,40}/.exec(text.slice(offset))?.[0] ?? '');
  return new AppError('SQL_SYNTAX', { near }, place);
}
