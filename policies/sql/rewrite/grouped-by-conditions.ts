import type { AggregateCall, Expr, NamedAggregate, NamedExpr, Rel } from '../plan.ts';
import { sameExpr } from '../same-expression.ts';
import { BOOLEAN, HUGEINT, INTEGER } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  call,
  cast,
  choose,
  equals,
  group,
  type IdSource,
  literal,
  named,
  namedAggregate,
  ref,
} from './build.ts';
import { Collected } from './collected.ts';
import { withFlags } from './flags.ts';

/**
 * `group(rel, keys, measures)` with each of the conditions under its measures computed once a row.
 *
 * Where few conditions are behind several measures, rows are grouped by the conditions as well, and measures made of those groups: an
 * unconditional sum serves all measures of one argument, and a row is added to as many sums as there are arguments. WHY as numbers: the
 * engine addresses groups of small numbers directly, and truth values not. Else they are columns below the grouping.
 *
 * @param conditions of whole sets of rows: never looked into
 */
export function groupedByConditions(
  rel: Rel,
  keys: readonly NamedExpr[],
  measures: readonly NamedAggregate[],
  conditions: readonly Expr[],
  ids: IdSource,
): Rel {
  const conditional = measures.flatMap(({ call: { filter } }) => filter ?? []);
  const facts = factsIn(conditional, conditions);
  const isWorthIt = conditional.length >= MEASURES_MIN && facts.length <= FACTS_MAX;
  if (isWorthIt && measures.every(({ call: made }) => addsUp(made)))
    return groupedByFacts(rel, keys, measures, facts, ids);
  const flagged = withFlags(rel, conditions, measures, ids);
  return group(flagged.rel, keys, flagged.measures);
}

const MEASURES_MIN = 2;
/** Each may double the groups. */
const FACTS_MAX = 3;

/** What sums of parts are again. */
const addsUp = ({ fn, distinct }: AggregateCall): boolean => !distinct && PARTS_ADD_UP.has(fn);
const PARTS_ADD_UP: ReadonlySet<string> = new Set(['count_star', 'count', 'sum', 'sum_abs']);

/** Holds, or does not: false and NULL are one. */
type Fact = Expr;

function factsIn(filters: readonly Expr[], conditions: readonly Expr[]): readonly Fact[] {
  const facts: Expr[] = [];
  for (const fact of filters.flatMap((filter) => factsOf(filter, conditions)))
    if (!facts.some((known) => sameExpr(known, fact))) facts.push(fact);
  return facts;
}

function factsOf(expr: Expr, conditions: readonly Expr[]): readonly Fact[] {
  if (conditions.some((one) => sameExpr(one, expr))) return [expr];
  const parts = conjuncts(expr) ?? denied(expr);
  return parts === null ? [expr] : parts.flatMap((part) => factsOf(part, conditions));
}

const conjuncts = (expr: Expr): readonly Expr[] | null =>
  expr.kind === 'call' && expr.fn === 'and' ? expr.args : null;

/** The X of `isNotTrue(X)`. */
function denied(expr: Expr): readonly Expr[] | null {
  if (expr.kind !== 'case' || expr.whens.length !== 1) return null;
  const { when, then } = expr.whens[0]!;
  const isDenial = then.kind === 'literal' && then.value === false;
  return isDenial && expr.otherwise.kind === 'literal' && expr.otherwise.value === true ? [when] : null;
}

function groupedByFacts(
  rel: Rel,
  keys: readonly NamedExpr[],
  measures: readonly NamedAggregate[],
  facts: readonly Fact[],
  ids: IdSource,
): Rel {
  const flags = facts.map((fact) => ({ fact, key: named(ids.next(), 'flag', choose(fact, ONE, ZERO)) }));
  const holds = (expr: Expr): Expr => {
    const flag = flags.find(({ fact }) => sameExpr(fact, expr));
    if (flag !== undefined) return equals(ref(flag.key.id, INTEGER), ONE);
    const parts = conjuncts(expr);
    return parts === null ? choose(holds(denied(expr)![0]!), FALSE, TRUE) : and(parts.map(holds));
  };
  const inner = new Collected(ids);
  const parts = measures.map(({ call: made }) => inner.add({ ...made, filter: null }));
  const sums = measures.map(({ name, call: { fn, filter, type } }, at) =>
    namedAggregate(ids.next(), name, {
      ...aggregateCall(fn === 'sum_abs' ? fn : 'sum', { args: [parts[at]!], type: isCount(fn) ? HUGEINT : type }),
      filter: filter === null ? null : holds(filter),
    }),
  );
  const below = group(rel, [...keys, ...flags.map(({ key }) => key)], inner.measures);
  const passed = keys.map(({ id, name, expr }) => named(id, name, ref(id, expr.type)));
  const columns = measures.map(({ id, name, call: { fn } }, at) => {
    const sum = ref(sums[at]!.id, sums[at]!.call.type);
    return named(id, name, isCount(fn) ? cast(call('coalesce', [sum, literal('0', HUGEINT)], HUGEINT), INTEGER) : sum);
  });
  return { kind: 'project', input: group(below, passed, sums), columns: [...passed, ...columns] };
}

const isCount = (fn: string): boolean => fn.startsWith('count');
const [ONE, ZERO] = [literal('1', INTEGER), literal('0', INTEGER)];
const [TRUE, FALSE] = [literal(true, BOOLEAN), literal(false, BOOLEAN)];
