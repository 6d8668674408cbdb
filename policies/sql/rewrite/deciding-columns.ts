import type { ColumnId, Expr, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, exprsWithin, relsWithin } from '../plan-walk.ts';
import { conditionsOf } from './conditions.ts';
import { MOMENT_RULES } from './measures.ts';

/**
 * Whether a column decides, anywhere in a plan, about rows or groups: as a key, in a condition of WHERE, HAVING, ON, FILTER or CASE, in a
 * window, among distinct rows; itself, or by a column that is computed from it. What is only summed and counted does not. Ids that the plan
 * does not know are of a copy of some part of it: they do.
 */
export function decidingColumns(plan: Rel): (id: ColumnId) => boolean {
  const rels = relsWithin(plan);
  const known = new Set(rels.flatMap((rel) => columnsOf(rel).map(({ id }) => id)));
  const madeOf = new Map<ColumnId, readonly ColumnId[]>(rels.flatMap(madeIn));
  const deciding = new Set<ColumnId>();
  const open = rels.flatMap(decidingIn);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (deciding.has(id)) continue;
    deciding.add(id);
    open.push(...(madeOf.get(id) ?? []));
  }
  return (id) => deciding.has(id) || !known.has(id);
}

/** What the columns of a relation are computed from, where it has one row for each row below. */
function madeIn(rel: Rel): readonly (readonly [ColumnId, readonly ColumnId[]])[] {
  if (rel.kind === 'project') return rel.columns.map(({ id, expr }) => [id, columnsIn(expr)]);
  if (rel.kind !== 'set-operation') return [];
  const sides = [rel.left, rel.right].map(columnsOf);
  return rel.columns.map(({ id }, at) => [id, sides.map((side) => side[at]!.id)]);
}

function decidingIn(rel: Rel): readonly ColumnId[] {
  switch (rel.kind) {
    case 'filter':
      return columnsIn(rel.predicate);
    case 'join':
      return rel.on === null ? [] : columnsIn(rel.on);
    case 'project':
      return rel.columns.flatMap(({ expr }) => inConditions(expr));
    case 'aggregate':
      return [
        ...rel.keys.flatMap(({ expr }) => columnsIn(expr)),
        ...rel.measures.flatMap(({ call: { fn, args, distinct, filter } }) => [
          ...(filter === null ? [] : columnsIn(filter)),
          ...args.flatMap(distinct || !ADDS_UP.has(fn) ? columnsIn : inConditions),
        ]),
      ];
    case 'window':
      return rel.columns.flatMap(({ call: { args, partitionBy, orderBy } }) =>
        [...args, ...partitionBy, ...orderBy.map(({ expr }) => expr)].flatMap(columnsIn),
      );
    case 'set-operation':
      return rel.op === 'union' && rel.all
        ? []
        : [rel.left, rel.right].flatMap((side) => columnsOf(side).map(({ id }) => id));
    default:
      return [];
  }
}

/** Of these a row's part is what its argument is, or a product of arguments. */
const ADDS_UP: ReadonlySet<string> = new Set(['sum', 'avg', 'count', ...MOMENT_RULES]);

function inConditions(expr: Expr): readonly ColumnId[] {
  const conditions = conditionsOf([expr], null, new Map()).flatMap(({ holds, fails }) => [holds, fails]);
  const steps = exprsWithin(expr).filter((part) => part.kind === 'call' && STEPS.has(part.fn));
  return [...conditions, ...steps].flatMap(columnsIn);
}

/** Conditions under other names (polynomial.ts). */
const STEPS: ReadonlySet<string> = new Set(['abs', 'sign', 'least', 'greatest', 'nullif']);
