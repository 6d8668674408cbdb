import type { ColumnId, Expr, Join, Place, Rel } from '../plan.ts';
import { columnsIn, conjunctsOf } from '../plan-walk.ts';
import { sameExpr } from '../same-expression.ts';
import { BOOLEAN } from '../sql-type.ts';
import { and, call } from './build.ts';

/**
 * The inner joins of one FROM as a set: `FROM a, b JOIN c ON … WHERE …` in any order is the same rows. WHY a set: joins
 * are judged two by two, and whether `part, supplier, lineitem` is admitted must not hang on who is named first.
 */
export interface JoinSet {
  readonly parts: readonly JoinPart[];
  readonly conditions: readonly Expr[];
}
export interface JoinPart {
  readonly rel: Rel;
  readonly at: Place;
}

/** Takes inner and cross joins apart; other relations stay whole. */
export function joinSetOf(rel: Rel, at: Place, where: readonly Expr[]): JoinSet {
  if (!isInner(rel)) return { parts: [{ rel, at }], conditions: where };
  const left = joinSetOf(rel.left, at, []);
  const right = joinSetOf(rel.right, rel.at, []);
  const own = rel.on === null ? [] : conjunctsOf(rel.on);
  return {
    parts: [...left.parts, ...right.parts],
    conditions: [...left.conditions, ...right.conditions, ...[...own, ...where].flatMap(factored)],
  };
}

export function isInner(rel: Rel): rel is Join & { readonly join: 'inner' | 'cross' } {
  return rel.kind === 'join' && (rel.join === 'inner' || rel.join === 'cross');
}

/** `(a AND b) OR (a AND c)` is `a AND (b OR c)`: what joins may stand in every branch. */
function factored(condition: Expr): readonly Expr[] {
  if (condition.kind !== 'call' || condition.fn !== 'or') return [condition];
  const branches = condition.args.map(conjunctsOf);
  const [first, ...others] = branches;
  const shared = first!.filter((one) => others.every((branch) => branch.some((other) => sameExpr(one, other))));
  if (shared.length === 0) return [condition];
  const rests = branches.map((branch) => branch.filter((one) => !shared.some((other) => sameExpr(one, other))));
  if (rests.some((rest) => rest.length === 0)) return shared;
  return [...shared, { ...call('or', rests.map(and), BOOLEAN), at: condition.at }];
}

/** Whether every column of a condition is among `ids`. */
export function readsOnly(condition: Expr, ids: ReadonlySet<ColumnId>): boolean {
  return columnsIn(condition).every((id) => ids.has(id));
}

/** Where a part can be joined on next; `admits` says whether a join of what stands and a part is one that is admitted. */
export function inJoinOrder<P>(
  parts: readonly P[],
  admits: (standing: readonly P[], next: P) => boolean,
): readonly P[] {
  const ordered = parts.slice(0, 1);
  let waiting = parts.slice(1);
  while (waiting.length > 0) {
    const next = waiting.find((part) => admits(ordered, part)) ?? waiting[0]!;
    ordered.push(next);
    waiting = waiting.filter((part) => part !== next);
  }
  return ordered;
}
