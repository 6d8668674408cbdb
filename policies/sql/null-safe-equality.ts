import type { Expr } from './plan.ts';
import { call } from './resolve-operators.ts';
import { sameExpr } from './same-expression.ts';
import { BOOLEAN } from './sql-type.ts';

/**
 * A condition that rows have to meet, where BI tools write `a = b OR (a IS NULL AND b IS NULL)`: `a IS NOT DISTINCT FROM b`. It is
 * unknown for no rows of which the other is true, so that the same rows stay. Identifiers keep their words: NULL names nobody.
 */
export function withNullSafeKeys(condition: Expr): Expr {
  if (condition.kind !== 'call') return condition;
  if (condition.fn === 'and') return { ...condition, args: condition.args.map(withNullSafeKeys) };
  const [first, second, ...more] = condition.fn === 'or' ? condition.args : [];
  if (first === undefined || second === undefined || more.length > 0) return condition;
  const sides = equalOrBothNull(first, second) ?? equalOrBothNull(second, first);
  return sides === null ? condition : call('not_distinct', sides, BOOLEAN, condition.at);
}

function equalOrBothNull(equal: Expr, missing: Expr): readonly Expr[] | null {
  if (equal.kind !== 'call' || equal.fn !== 'eq' || missing.kind !== 'call' || missing.fn !== 'and') return null;
  if (equal.args.some(({ type }) => type.kind === 'token') || missing.args.length !== 2) return null;
  const tested = missing.args.flatMap((test) => (test.kind === 'call' && test.fn === 'is_null' ? test.args : []));
  const isBoth = equal.args.every((side) => tested.some((one) => sameExpr(side, one)));
  return tested.length === 2 && isBoth ? equal.args : null;
}
