import type { ColumnId, Expr } from '../plan.ts';
import { partsOf } from '../plan-walk.ts';
import { and, equals, isNotTrue } from './build.ts';

/** A point where the user's expression decides, as two predicates over rows. */
export interface Condition {
  readonly holds: Expr;
  readonly fails: Expr;
}
/** What computed columns of a relation depend on: the conditions inside the expressions that made them. */
export type KnownConditions = ReadonlyMap<ColumnId, readonly Condition[]>;

/**
 * The conditions that a summand depends on, each under those that lead to it. WHY: `sum(CASE WHEN c THEN 2 ELSE 1 END)`
 * has every unit as a contributor and yet tells exactly for how many `c` holds.
 */
export function conditionsOf(args: readonly Expr[], filter: Expr | null, known: KnownConditions): readonly Condition[] {
  const path = filter === null ? [] : [filter];
  const own = filter === null || isStoredNullTest(filter) ? [] : [under([], filter)];
  return [...own, ...args.flatMap((arg) => conditionsWithin(arg, path, known))];
}

/** Whether a stored value is missing is the provider's doing, not a condition of the user. */
function isStoredNullTest(expr: Expr): boolean {
  if (expr.kind !== 'call') return false;
  if (expr.fn === 'and') return expr.args.every(isStoredNullTest);
  return (expr.fn === 'is_null' || expr.fn === 'is_not_null') && expr.args[0]!.kind === 'column';
}

function conditionsWithin(expr: Expr, path: readonly Expr[], known: KnownConditions): readonly Condition[] {
  if (expr.kind === 'column') return (known.get(expr.id) ?? []).map((condition) => beneath(path, condition));
  if (expr.kind === 'case') return conditionsOfCase(expr, path, known);
  if (expr.kind === 'call' && expr.type.kind === 'boolean') {
    const carried = partsOf(expr).flatMap((part) => carriedInto(part, path, known));
    return isStoredNullTest(expr) ? carried : [under(path, expr), ...carried];
  }
  const below = partsOf(expr).flatMap((part) => conditionsWithin(part, path, known));
  const [a, b] = partsOf(expr);
  return expr.kind === 'call' && expr.fn === 'nullif' ? [under(path, equals(a!, b!)), ...below] : below;
}

function conditionsOfCase(
  expr: Extract<Expr, { kind: 'case' }>,
  path: readonly Expr[],
  known: KnownConditions,
): readonly Condition[] {
  const found: Condition[] = [];
  let reached = path;
  for (const { when, then } of expr.whens) {
    if (!isStoredNullTest(when)) found.push(under(reached, when));
    for (const part of partsOf(when)) found.push(...carriedInto(part, reached, known));
    found.push(...conditionsWithin(then, [...reached, when], known));
    reached = [...reached, isNotTrue(when)];
  }
  return [...found, ...conditionsWithin(expr.otherwise, reached, known)];
}

/** Of a condition's own parts only what earlier expressions decided counts: the condition as a whole is checked. */
function carriedInto(expr: Expr, path: readonly Expr[], known: KnownConditions): readonly Condition[] {
  if (expr.kind === 'column') return conditionsWithin(expr, path, known);
  return partsOf(expr).flatMap((part) => carriedInto(part, path, known));
}

function under(path: readonly Expr[], condition: Expr): Condition {
  return { holds: and([...path, condition]), fails: and([...path, isNotTrue(condition)]) };
}

function beneath(path: readonly Expr[], { holds, fails }: Condition): Condition {
  return { holds: and([...path, holds]), fails: and([...path, fails]) };
}
