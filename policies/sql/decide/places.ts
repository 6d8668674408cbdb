import { placeOf, type SourcePlace } from '../../errors.ts';
import type { Expr, Offset, Rel } from '../plan.ts';
import { exprsOf, exprsWithin, outputExprs, relsWithin } from '../plan-walk.ts';

/** Where a query's text brings about what a policy refuses. */

/** The first mention of a stored column (`table.column`), or the table in FROM (`table.*`, or where no word names it). */
export function placeOfSource(plan: Rel, text: string, source: string): SourcePlace | null {
  let table: Offset = null;
  const ids = new Set<number>();
  for (const rel of relsWithin(plan)) {
    if (rel.kind !== 'scan' || rel.source.kind !== 'table' || !source.startsWith(`${rel.source.table}.`)) continue;
    table ??= rel.source.at ?? null;
    for (const { id, column } of rel.columns) if (`${rel.source.table}.${column}` === source) ids.add(id);
  }
  const mentions = relsWithin(plan)
    .flatMap(exprsOf)
    .flatMap(exprsWithin)
    .flatMap((expr) => (expr.kind === 'column' && expr.at !== null && ids.has(expr.id) ? [expr.at] : []));
  return placeOf(text, mentions.length === 0 ? table : Math.min(...mentions));
}

/** The first output column that `offends` (by position): one that reads a column, where there is one. */
export function placeOfOutput(plan: Rel, text: string, offends: (position: number) => boolean): SourcePlace | null {
  const exprs = outputExprs(plan).filter((expr, position): expr is Expr => expr !== undefined && offends(position));
  const parts = exprs.flatMap(exprsWithin).filter(({ at }) => at !== null);
  return placeOf(text, (parts.find(({ kind }) => kind === 'column') ?? parts[0])?.at ?? null);
}
