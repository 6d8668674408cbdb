import type { ColumnId, Expr, Rel, SortKey } from './plan.ts';
import { columnsOf } from './plan.ts';
import { visitExpr } from './same-expression.ts';

/**
 * Drops columns that influence nothing, from the top down: a column that a subquery only carries along must not make
 * the query's mode stricter, and is never read.
 */
export function prune(rel: Rel): Rel {
  return keep(rel, new Set(columnsOf(rel).map((column) => column.id)));
}

type Needed = ReadonlySet<ColumnId>;

function keep(rel: Rel, needed: Needed): Rel {
  switch (rel.kind) {
    case 'scan':
      // Columns that name units stay: protection counts them, whether or not the query reads them.
      return { ...rel, columns: rel.columns.filter((column) => needed.has(column.id) || column.unit !== null) };
    case 'values':
      return rel;
    case 'filter':
      return { ...rel, input: keep(rel.input, and(needed, [rel.predicate])) };
    case 'sort':
      return { ...rel, input: keep(rel.input, and(needed, sortExprs(rel.keys))) };
    case 'limit':
      return { ...rel, input: keep(rel.input, needed) };
    case 'project': {
      const columns = rel.columns.filter((column) => needed.has(column.id));
      return {
        ...rel,
        columns,
        input: keep(
          rel.input,
          and(
            NONE,
            columns.map((column) => column.expr),
          ),
        ),
      };
    }
    case 'join': {
      const both = and(needed, rel.on === null ? [] : [rel.on]);
      return { ...rel, left: keep(rel.left, both), right: keep(rel.right, both) };
    }
    case 'aggregate': {
      const measures = rel.measures.filter((measure) => needed.has(measure.id));
      const exprs = measures.flatMap(({ call }) => (call.filter === null ? call.args : [...call.args, call.filter]));
      return { ...rel, measures, input: keep(rel.input, and(NONE, [...rel.keys.map((key) => key.expr), ...exprs])) };
    }
    case 'window': {
      const columns = rel.columns.filter((column) => needed.has(column.id));
      if (columns.length === 0) return keep(rel.input, needed);
      const exprs = columns.flatMap(({ call }) => [...call.args, ...call.partitionBy, ...sortExprs(call.orderBy)]);
      return { ...rel, columns, input: keep(rel.input, and(needed, exprs)) };
    }
    case 'set-operation':
      // Rows are compared as a whole, or matched by position: every column counts.
      return { ...rel, left: prune(rel.left), right: prune(rel.right) };
  }
}

const NONE: Needed = new Set();

const sortExprs = (keys: readonly SortKey[]): readonly Expr[] => keys.map((key) => key.expr);

function and(needed: Needed, exprs: readonly Expr[]): Needed {
  const all = new Set(needed);
  for (const expr of exprs) {
    visitExpr(expr, (part) => {
      if (part.kind === 'column') all.add(part.id);
    });
  }
  return all;
}
