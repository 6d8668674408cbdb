import type { ColumnId, Expr, NamedExpr, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, exprsOf } from '../plan-walk.ts';
import { BOOLEAN } from '../sql-type.ts';
import { literal } from './build.ts';

/** A plan without the columns that nothing reads, and the ids that something does read. */
export interface Pruned {
  readonly plan: Rel;
  readonly needed: ReadonlySet<ColumnId>;
}

/**
 * Drops what the answer does not depend on, so that a protected column that is merely mentioned neither costs work nor
 * makes its table protected. Columns that name units stay: protection counts them.
 */
export function prune(plan: Rel): Pruned {
  const needed = new Set<ColumnId>(columnsOf(plan).map(({ id }) => id));
  return { plan: pruneBelow(plan, needed), needed };
}

function pruneBelow(rel: Rel, needed: Set<ColumnId>): Rel {
  switch (rel.kind) {
    case 'scan':
      return {
        ...rel,
        columns: rel.columns.filter(({ id, unit, role }) => needed.has(id) || unit !== null || role === 'identifier'),
      };
    case 'values':
      return rel;
    case 'project': {
      const columns = keepSome(rel.columns, needed);
      need(
        columns.map(({ expr }) => expr),
        needed,
      );
      return { ...rel, columns, input: pruneBelow(rel.input, needed) };
    }
    case 'aggregate': {
      const kept = rel.measures.filter(({ id }) => needed.has(id));
      const measures = kept.length > 0 || rel.keys.length > 0 ? kept : rel.measures.slice(0, 1);
      const slim = { ...rel, measures };
      need(exprsOf(slim), needed);
      return { ...slim, input: pruneBelow(rel.input, needed) };
    }
    case 'window': {
      const columns = rel.columns.filter(({ id }) => needed.has(id));
      if (columns.length === 0) return pruneBelow(rel.input, needed);
      const slim = { ...rel, columns };
      need(exprsOf(slim), needed);
      return { ...slim, input: pruneBelow(rel.input, needed) };
    }
    case 'filter':
    case 'sort':
      need(exprsOf(rel), needed);
      return { ...rel, input: pruneBelow(rel.input, needed) };
    case 'limit':
      return { ...rel, input: pruneBelow(rel.input, needed) };
    case 'join':
      need(exprsOf(rel), needed);
      return { ...rel, left: pruneBelow(rel.left, needed), right: pruneBelow(rel.right, needed) };
    case 'set-operation': {
      // Columns match by position, so all of them stay.
      for (const { id } of [...columnsOf(rel.left), ...columnsOf(rel.right)]) needed.add(id);
      return { ...rel, left: pruneBelow(rel.left, needed), right: pruneBelow(rel.right, needed) };
    }
  }
}

/** Never leaves a projection empty: `count(*)` reads rows, not columns, so any constant does. */
function keepSome(columns: readonly NamedExpr[], needed: ReadonlySet<ColumnId>): readonly NamedExpr[] {
  const kept = columns.filter(({ id }) => needed.has(id));
  return kept.length > 0 ? kept : columns.slice(0, 1).map((column) => ({ ...column, expr: literal(true, BOOLEAN) }));
}

function need(exprs: readonly Expr[], needed: Set<ColumnId>): void {
  for (const id of exprs.flatMap(columnsIn)) needed.add(id);
}
