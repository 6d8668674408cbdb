import type { Expr } from '../plan.ts';
import { partsOf } from '../plan-walk.ts';
import { and, equals, isNotTrue } from './build.ts';

/** A point where the user's expression decides, as two predicates over rows. */
export interface Condition {
  readonly holds: Expr;
  readonly fails: Expr;
}

/** Tests that only ask whether a value is there. */
const NULL_TESTS: ReadonlySet<string> = new Set(['is_null', 'is_not_null']);

/**
 * The conditions that a summand depends on, each under those that lead to it. WHY: `sum(CASE WHEN c THEN 2 ELSE 1 END)`
 * has every unit as a contributor and yet tells exactly for how many `c` holds.
 */
export function conditionsOf(args: readonly Expr[], filter: Expr | null): readonly Condition[] {
  const path = filter === null ? [] : [filter];
  const own = filter === null ? [] : [under([], filter)];
  return [...own, ...args.flatMap((arg) => conditionsWithin(arg, path))];
}

function conditionsWithin(expr: Expr, path: readonly Expr[]): readonly Condition[] {
  if (expr.kind === 'call' && expr.type.kind === 'boolean') return NULL_TESTS.has(expr.fn) ? [] : [under(path, expr)];
  if (expr.kind === 'call' && expr.fn === 'nullif') {
    const [a, b] = expr.args;
    return [under(path, equals(a!, b!)), ...expr.args.flatMap((arg) => conditionsWithin(arg, path))];
  }
  if (expr.kind !== 'case') return partsOf(expr).flatMap((part) => conditionsWithin(part, path));
  const found: Condition[] = [];
  let reached = path;
  for (const { when, then } of expr.whens) {
    if (!(when.kind === 'call' && NULL_TESTS.has(when.fn))) found.push(under(reached, when));
    found.push(...conditionsWithin(then, [...reached, when]));
    reached = [...reached, isNotTrue(when)];
  }
  return [...found, ...conditionsWithin(expr.otherwise, reached)];
}

function under(path: readonly Expr[], condition: Expr): Condition {
  return { holds: and([...path, condition]), fails: and([...path, isNotTrue(condition)]) };
}
