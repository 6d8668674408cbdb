import { ROW_KEY_COLUMN } from '../../table-schema.ts';
import type { EmittedSql } from './emitted-sql.ts';
import { quoteIdentifier } from './quote.ts';

/**
 * One row: how many different rows a version has, then, version by version, how many rows are in one of the two and not in the other.
 * Rows are compared by their keys, which are of the resource and not of a version.
 */
export function emitRowDifference(resource: string, version: number, earlier: readonly number[]): EmittedSql {
  const keys = (of: number) => `SELECT ${ROW_KEY_COLUMN} FROM ${quoteIdentifier(`${resource}@${of}`)}`;
  const only = (a: number, b: number) => `(SELECT count(*) FROM (${keys(a)} EXCEPT ALL ${keys(b)}))`;
  const distinct = `(SELECT count(*) FROM (SELECT DISTINCT * FROM (${keys(version)})))`;
  const differences = earlier.map((before) => `${only(version, before)} + ${only(before, version)}`);
  return `SELECT ${[distinct, ...differences].map((sql, at) => `${sql} AS c${at}`).join(', ')}` as EmittedSql;
}
