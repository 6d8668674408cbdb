import { ROW_INDEX_COLUMN } from '../../encrypted-columns.ts';
import type { EmittedSql } from './emitted-sql.ts';
import { quoteIdentifier } from './quote.ts';

/** One row: of each stored column of ciphertext the texts of a stretch of rows, one after the other. */
export function emitCipherPieces(
  { resource, version }: { readonly resource: string; readonly version: number },
  columns: readonly string[],
  { fromRow, toRow }: { readonly fromRow: number; readonly toRow: number },
): EmittedSql {
  const index = quoteIdentifier(ROW_INDEX_COLUMN);
  const texts = columns.map((name, at) => `string_agg(${quoteIdentifier(name)}, '' ORDER BY ${index}) AS c${at}`);
  const rows = `${index} >= ${fromRow} AND ${index} < ${toRow}`;
  return `SELECT ${texts.join(', ')} FROM ${quoteIdentifier(`${resource}@${version}`)} WHERE ${rows}` as EmittedSql;
}
