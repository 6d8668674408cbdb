import type { Aggregate, AggregateCall, Expr, NamedAggregate, Project, Rel } from '../plan.ts';
import { neverNull } from '../plan-facts.ts';
import { BOOLEAN, INTEGER } from '../sql-type.ts';
import { aggregateCall, call, choose, type IdSource, literal, named, namedAggregate, ref } from './build.ts';

/**
 * `max(CASE WHEN c THEN 1 ELSE 0 END)`, as BI tools ask whether anything is missing: whether rows that meet `c` are counted. WHY not as a maximum: of
 * values it is one unit's, of a flag the count says the same. What is hidden may be either, and stays NULL.
 */
export function flagMaxima(
  aggregate: Aggregate,
  ids: IdSource,
): { readonly aggregate: Aggregate; readonly above: (released: Rel) => Rel } | null {
  const flags = aggregate.measures.map(({ call: made }) => conditionOf(made));
  if (flags.every((flag) => flag === null)) return null;
  const made = aggregate.measures.map((measure, at) => withoutFlag(measure, flags[at]!, aggregate.input, ids));
  const columns = [
    ...aggregate.keys.map(({ id, name, expr }) => named(id, name, ref(id, expr.type))),
    ...aggregate.measures.map(({ id, name }, at) => named(id, name, made[at]!.value)),
  ];
  return {
    aggregate: { ...aggregate, measures: made.flatMap(({ measures }) => measures) },
    above: (input): Project => ({ kind: 'project', input, columns }),
  };
}

/** Under which a flag is 1. */
function conditionOf({ fn, args: [arg] }: AggregateCall): Expr | null {
  if (fn !== 'max' || arg?.kind !== 'case' || arg.whens.length !== 1) return null;
  const [{ when, then }] = arg.whens as [(typeof arg.whens)[number]];
  return isLiteral(then, '1') && isLiteral(arg.otherwise, '0') ? when : null;
}

const isLiteral = (expr: Expr, value: string): boolean =>
  expr.kind === 'literal' && expr.type.kind === 'integer' && expr.value === value;

function withoutFlag(measure: NamedAggregate, flag: Expr | null, input: Rel, ids: IdSource) {
  const { id, name, call: made } = measure;
  if (flag === null) return { measures: [measure], value: ref(id, made.type) };
  const zero = literal('0', INTEGER);
  if (isNeverMet(flag, input)) return { measures: [], value: zero };
  const filter = made.filter === null ? [] : [made.filter];
  const count = namedAggregate(ids.next(), name, {
    ...aggregateCall('count_if', { args: [flag], type: INTEGER, filter }),
    at: made.at,
  });
  const rows = ref(count.id, INTEGER);
  const isNone = choose(call('eq', [rows, zero], BOOLEAN), zero, literal(null, INTEGER));
  return { measures: [count], value: choose(call('gt', [rows, zero], BOOLEAN), literal('1', INTEGER), isNone) };
}

/** That a column is missing which never is. */
function isNeverMet(flag: Expr, input: Rel): boolean {
  return flag.kind === 'call' && flag.fn === 'is_null' && neverNull(input, flag.args[0]!);
}
