import type { Call, ColumnId, Expr, Rel } from './plan.ts';

/** What a plan shows of its rows, whatever the data. */

/** Proof that there is exactly one row; false where there is none. */
export function isOneRow(rel: Rel): boolean {
  switch (rel.kind) {
    case 'values':
      return rel.rows.length === 1;
    case 'aggregate':
      return rel.keys.length === 0 && (rel.sets === null || rel.sets.length === 1);
    case 'project':
    case 'sort':
    case 'window':
      return isOneRow(rel.input);
    case 'join':
      return rel.join === 'cross' && isOneRow(rel.left) && isOneRow(rel.right);
    default:
      return false;
  }
}

/** Proof that a column holds no NULL; false where there is none. */
export function neverNull(rel: Rel, expr: Expr): boolean {
  if (expr.kind === 'literal') return expr.value !== null;
  if (expr.kind === 'call') return keepsValues(expr) && expr.args.every((arg) => neverNull(rel, arg));
  return expr.kind === 'column' && columnNeverNull(rel, expr.id);
}

const TOTAL: ReadonlySet<string> = new Set([
  ...['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'between', 'and', 'or', 'not', 'least', 'greatest', 'coalesce'],
  ...['year', 'quarter', 'month', 'week', 'day', 'dayofweek', 'isodow', 'dayofyear', 'hour', 'minute'],
]);
const DIVISIONS: ReadonlySet<string> = new Set(['integer_divide', 'modulo']);

/** Whether a call has a value wherever its arguments have. */
export function keepsValues({ fn, args: [, divisor] }: Call): boolean {
  const isDivision = DIVISIONS.has(fn) && divisor?.kind === 'literal' && Number(divisor.value) > 0;
  return TOTAL.has(fn) || isDivision;
}

const COUNTS: ReadonlySet<string> = new Set(['count_star', 'count', 'count_if']);

function columnNeverNull(rel: Rel, id: ColumnId): boolean {
  switch (rel.kind) {
    case 'scan':
      return rel.columns.some((column) => column.id === id && !column.nullable);
    case 'filter':
      return isTested(rel.predicate, id) || columnNeverNull(rel.input, id);
    case 'sort':
    case 'limit':
    case 'window':
      return columnNeverNull(rel.input, id);
    case 'project': {
      const column = rel.columns.find((candidate) => candidate.id === id);
      return column !== undefined && neverNull(rel.input, column.expr);
    }
    case 'aggregate': {
      const measure = rel.measures.find((candidate) => candidate.id === id);
      if (measure !== undefined) return COUNTS.has(measure.call.fn);
      const key = rel.sets === null ? rel.keys.find((candidate) => candidate.id === id) : undefined;
      return key !== undefined && neverNull(rel.input, key.expr);
    }
    case 'join':
      return (
        (rel.join !== 'right' && rel.join !== 'full' && columnNeverNull(rel.left, id)) ||
        ((rel.join === 'inner' || rel.join === 'cross' || rel.join === 'right') && columnNeverNull(rel.right, id))
      );
    default:
      return false;
  }
}

function isTested(predicate: Expr, id: ColumnId): boolean {
  if (predicate.kind !== 'call') return false;
  if (predicate.fn === 'and') return predicate.args.some((arg) => isTested(arg, id));
  return predicate.fn === 'is_not_null' && predicate.args[0]?.kind === 'column' && predicate.args[0].id === id;
}
