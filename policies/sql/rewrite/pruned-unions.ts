import type { ColumnId, Expr, Literal, Rel, SetOperation } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { conjunctsOf } from '../plan-walk.ts';
import { named, refTo } from './build.ts';
import { isInner } from './join-set.ts';

/**
 * UNION ALL of sides that a constant tells apart, read under a condition on it, is the sides that meet the condition: `WITH y AS (SELECT 's' AS kind, …
 * UNION ALL SELECT 'w', …)` and then `FROM y a JOIN y b … WHERE a.kind = 's' AND b.kind = 'w'` reads each table once for each. The conditions stay.
 */
export const prunedUnions = (plan: Rel): Rel => pruned(plan, []);

/** What a column may be: `column = 's'`, `column IN ('s', 'w')`. */
interface Allowed {
  readonly id: ColumnId;
  readonly values: readonly Literal[];
}

function pruned(rel: Rel, allowed: readonly Allowed[]): Rel {
  switch (rel.kind) {
    case 'scan':
    case 'values':
      return rel;
    case 'filter':
      return { ...rel, input: pruned(rel.input, [...allowed, ...conjunctsOf(rel.predicate).flatMap(allowedBy)]) };
    case 'join': {
      const on = rel.on === null || !isInner(rel) ? [] : conjunctsOf(rel.on).flatMap(allowedBy);
      const all = [...allowed, ...on];
      // Of a side that may be missing, rows that do not meet a condition decide whether it is.
      const [left, right] = [rel.join === 'right' || rel.join === 'full', rel.join !== 'right' && !isInner(rel)];
      return { ...rel, left: pruned(rel.left, left ? [] : all), right: pruned(rel.right, right ? [] : all) };
    }
    case 'set-operation':
      return prunedSides(rel, allowed);
    case 'project':
      return {
        ...rel,
        input: pruned(
          rel.input,
          allowed.flatMap((one) => below(one, rel.columns)),
        ),
      };
    case 'aggregate':
      return {
        ...rel,
        input: pruned(rel.input, rel.sets === null ? allowed.flatMap((one) => below(one, rel.keys)) : []),
      };
    case 'sort':
      return { ...rel, input: pruned(rel.input, allowed) };
    // What is left out here would change what the others are beside.
    case 'window':
    case 'limit':
      return { ...rel, input: pruned(rel.input, []) };
  }
}

/** The same of the column that a column repeats. */
function below(
  { id, values }: Allowed,
  columns: readonly { readonly id: ColumnId; readonly expr: Expr }[],
): readonly Allowed[] {
  const expr = columns.find((column) => column.id === id)?.expr;
  return expr?.kind === 'column' ? [{ id: expr.id, values }] : [];
}

function prunedSides(rel: SetOperation, allowed: readonly Allowed[]): Rel {
  const sides = [rel.left, rel.right].map((side) => {
    const columns = columnsOf(side);
    const own = allowed.flatMap(({ id, values }) => {
      const at = rel.columns.findIndex((column) => column.id === id);
      return at < 0 ? [] : [{ id: columns[at]!.id, values }];
    });
    const isEmpty = rel.op === 'union' && rel.all && own.some((one) => neverMet(side, one));
    return { isEmpty, side: pruned(side, rel.op === 'union' ? own : []) };
  });
  const [left, right] = sides as [(typeof sides)[0], (typeof sides)[0]];
  if (left.isEmpty === right.isEmpty) return { ...rel, left: left.side, right: right.side };
  const { side } = left.isEmpty ? right : left;
  const from = columnsOf(side);
  const columns = rel.columns.map(({ id, name }, at) => named(id, name, refTo(from[at]!)));
  return { kind: 'project', input: side, columns };
}

/** Whether a column is one constant, and none of the values. */
function neverMet(rel: Rel, { id, values }: Allowed): boolean {
  if (rel.kind === 'filter' || rel.kind === 'sort') return neverMet(rel.input, { id, values });
  if (rel.kind !== 'project' && rel.kind !== 'aggregate') return false;
  const expr = (rel.kind === 'project' ? rel.columns : rel.keys).find((column) => column.id === id)?.expr;
  if (expr?.kind === 'column') return neverMet(rel.input, { id: expr.id, values });
  return expr?.kind === 'literal' && isWord(expr) && values.every((value) => value.value !== expr.value);
}

function allowedBy(condition: Expr): readonly Allowed[] {
  if (condition.kind !== 'call' || (condition.fn !== 'eq' && condition.fn !== 'in')) return [];
  const [first, ...others] = condition.args;
  const [column, values] = condition.fn === 'eq' && first?.kind === 'literal' ? [others[0], [first]] : [first, others];
  if (column?.kind !== 'column' || !values.every((value) => value.kind === 'literal' && isWord(value))) return [];
  return [{ id: column.id, values: values as readonly Literal[] }];
}

/** WHY texts and whole numbers: they are written in one way. */
const isWord = ({ type: { kind }, value }: Literal): boolean =>
  (kind === 'text' || kind === 'integer') && typeof value === 'string';
