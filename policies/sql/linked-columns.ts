import type { JoinKey, TableLink } from '../authorization/plan-scope.ts';
import { type Flow, type FlowMemo, flowOf, type Sources, sourcesOf } from './decide/flow.ts';
import type { Expr, Join, Rel } from './plan.ts';
import { isOneRow } from './plan-facts.ts';
import { conjunctsOf, inputsOf } from './plan-walk.ts';

/**
 * By which columns a query brings rows of different tables together: each time the columns that meet, as `table.column`. Tables that are
 * put beside each other without any show as `table.*`.
 *
 * @param tables the tables that count; others, which a developer brought along, are left out.
 */
export function linkedColumns(plan: Rel, tables: ReadonlySet<string>): readonly TableLink[] {
  return linksWithin(plan, [], new Map())
    .map(({ columns, isEqual }) => ({ isEqual, columns: columns.filter((column) => tables.has(tableOf(column))) }))
    .filter(({ columns }) => isOfSeveral(columns));
}

/** @param above conditions that rows meet further up: `FROM a, b WHERE a.k = b.k` is a cross join and a filter. */
function linksWithin(rel: Rel, above: readonly Expr[], memo: FlowMemo): readonly TableLink[] {
  const conditions = [...above, ...conditionsOf(rel)];
  const own = rel.kind === 'join' ? linksOfJoin(rel, conditions, memo) : linksOf(rel, memo);
  return [...own, ...inputsOf(rel).flatMap((input) => linksWithin(input, conditions, memo))];
}

function conditionsOf(rel: Rel): readonly Expr[] {
  if (rel.kind === 'filter') return conjunctsOf(rel.predicate);
  return rel.kind === 'join' && rel.on !== null ? conjunctsOf(rel.on) : [];
}

function linksOfJoin(join: Join, conditions: readonly Expr[], memo: FlowMemo): readonly TableLink[] {
  const [left, right] = [flowOf(join.left, memo), flowOf(join.right, memo)];
  const columns = new Map([...left.columns, ...right.columns]);
  const links = conditionsOf(join).map((condition) => linkOf(condition, columns));
  const meets = (condition: Expr) => [left, right].every((side) => sourcesOf([condition], side.columns).size > 0);
  if (conditions.some(meets) || isOneRow(join.left) || isOneRow(join.right)) return links;
  const rows = [...named(left.rows), ...named(right.rows)].filter((name) => name.endsWith('.*'));
  return [...links, { columns: rows, isEqual: false }];
}

/** Keys of groups and partitions link too: a union of two tables, grouped, is a join of them. */
function linksOf(rel: Rel, memo: FlowMemo): readonly TableLink[] {
  switch (rel.kind) {
    case 'filter':
      return conditionsOf(rel).map((condition) => linkOf(condition, flowOf(rel.input, memo).columns));
    case 'aggregate':
      return rel.keys.map(({ expr }) => keyOf(sourcesOf([expr], flowOf(rel.input, memo).columns)));
    case 'window':
      return rel.columns.flatMap(({ call }) =>
        call.partitionBy.map((expr) => keyOf(sourcesOf([expr], flowOf(rel.input, memo).columns))),
      );
    case 'set-operation': {
      const { columns } = flowOf(rel, memo);
      return rel.op === 'union' ? [] : rel.columns.map(({ id }) => keyOf(columns.get(id) ?? new Map()));
    }
    default:
      return [];
  }
}

const EQUALITIES: ReadonlySet<string> = new Set(['eq', 'not_distinct']);

function linkOf(condition: Expr, columns: Flow['columns']): TableLink {
  const isEqual = condition.kind === 'call' && EQUALITIES.has(condition.fn);
  return { ...keyOf(sourcesOf([condition], columns)), isEqual };
}

const named = (sources: Sources): JoinKey => [...sources.keys()].sort();
const keyOf = (sources: Sources): TableLink => ({ columns: named(sources), isEqual: true });
const tableOf = (column: string): string => column.slice(0, column.lastIndexOf('.'));
const isOfSeveral = (columns: JoinKey): boolean => new Set(columns.map(tableOf)).size > 1;
