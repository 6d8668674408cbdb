import { RISK_K } from '../../authorization/combination-risk.ts';
import type { EmittedSql } from './emitted-sql.ts';
import { quoteIdentifier } from './quote.ts';

/**
 * Counts the units of a stored table whose combination of values fewer than `RISK_K` units share: one row, `exposed` and `units`. For the
 * assessment of a plan alone, which turns both into a band; neither is ever part of an answer.
 *
 * @param unit the column that names whom a row is about.
 * @param columns at least one.
 */
export function emitCombinationCounts(
  { resource, version }: { readonly resource: string; readonly version: number },
  unit: string,
  columns: readonly string[],
): EmittedSql {
  const table = quoteIdentifier(`${resource}@${version}`);
  const names = columns.map(quoteIdentifier).join(', ');
  const named = quoteIdentifier(unit);
  const pairs = `SELECT DISTINCT ${named} AS u, ${names} FROM ${table} WHERE ${named} IS NOT NULL`;
  const shared = `SELECT u, count(*) OVER (PARTITION BY ${names}) AS n FROM (${pairs})`;
  const exposed = `count(DISTINCT CASE WHEN n < ${RISK_K} THEN u END)`;
  return `SELECT ${exposed} AS exposed, count(DISTINCT u) AS units FROM (${shared})` as EmittedSql;
}
