import type { PolicyProfile } from '../levels.ts';
import { hideComplements, hideLinked, type ShownGroups } from './complements.ts';
import { ConditionedWork, hideAllConditioned, hideConditioned, isConditioned } from './conditioned.ts';
import { type GuardedAnswer, type GuardMemory, guardAnswer } from './guarded.ts';
import type { WholeBoundary } from './linked-groupings.ts';
import type { LinkedStatistic } from './linked-statistics.ts';

/** Each round that is not the last hides at least one cell more; usually the guard hides nothing, or once. */
const ROUNDS_MAX = 6;
/** Of searches for complements in one answer: 2 to 3 s. */
const STEPS_TOTAL = 60_000;

/**
 * What an answer shows such that all hold: no hidden cell follows from other groupings of the answer, nor from other conditions
 * in its group, and no shown set is near one that left before. WHY in turn: a cell that the guard hides must not be computable
 * from the rest, and a cell hidden for that reason leaves sums of the others that the guard has not seen. Each only hides, so it
 * ends: with all that adds up hidden at the latest.
 */
export function settleAnswer(
  answer: string,
  boundaries: readonly WholeBoundary[],
  linked: readonly LinkedStatistic[],
  memory: GuardMemory,
  profile: PolicyProfile,
): GuardedAnswer {
  const guarded = (shown: ShownGroups) => guardAnswer(answer, showing(boundaries, shown), memory, profile);
  let shown: ShownGroups = boundaries.map(({ groups }) => groups.shown);
  const isCombined = boundaries.some(({ groups }) => isConditioned(groups.protection.layout));
  if (linked.length === 0 && !isCombined) return guarded(shown);
  const [budget, work] = [{ left: STEPS_TOTAL }, new ConditionedWork()];
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const offered = hideComplements(boundaries, linked, shown, { profile, budget });
    const judged = guarded(offered);
    // WHY after the guard: what it hides alike, whether sets are equal or near, then hides nothing else.
    shown = hideConditioned(boundaries, judged.boundaries, work);
    if (numbersIn(shown) === numbersIn(offered)) return judged;
    memory.forget(judged.entry);
  }
  return guarded(hideAllConditioned(boundaries, hideLinked(linked, shown)));
}

function showing(boundaries: readonly WholeBoundary[], shown: ShownGroups): readonly WholeBoundary[] {
  return boundaries.map((boundary, at) => ({ ...boundary, groups: { ...boundary.groups, shown: shown[at]! } }));
}

/** How many numbers leave. Both only hide: as many are the same. */
function numbersIn(shown: ShownGroups): number {
  return shown.flat().reduce((sum, { terms }) => sum + terms.filter((value) => value !== null).length, 0);
}
