import type { PolicyProfile } from '../levels.ts';
import { type Exact, magnitude, ZERO } from '../mechanisms/suppression/exact.ts';
import { type Grouping, linkGroupings } from '../mechanisms/suppression/linked-groupings.ts';
import { type Protection, suppressSecondary } from '../mechanisms/suppression/secondary.ts';
import type { CellLayout } from '../sql/rewrite/cell-layout.ts';
import type { ShownGroup } from './cells.ts';
import { groupingOf, type WholeBoundary } from './linked-groupings.ts';
import type { LinkedStatistic, LinkedTerms } from './linked-statistics.ts';

/** Of one search for complements; beyond, an exchange of whole chains is taken. */
const STEPS_MAX = 500;
/** To set up this many cells takes as long as a step of a search. */
const CELLS_PER_STEP = 10;
/** Each pass hides at least one cell more; hardly ever is there a third. */
const PASSES_MAX = 8;

/** What each group of each boundary shows, while protection takes away from it. */
export type ShownGroups = readonly (readonly ShownGroup[])[];

/**
 * Hides, where groupings of one answer add up to each other, what hidden cells could be computed from.
 *
 * Guarantee: that of `suppressSecondary`, for each statistic by itself: a hidden count stays open over `unitsMin`, a hidden
 * sum by `pPercentMin` of itself and by one usual contribution both ways. Nothing is shown that was hidden.
 * Neighbouring: none; this is not differential privacy. Cost: none.
 * Limits: numbers of distinct values are taken as if no value stood in two groups: there subtraction tells most. What ties
 * different statistics together is not looked at.
 */
export function hideComplements(
  boundaries: readonly WholeBoundary[],
  linked: readonly LinkedStatistic[],
  shown: ShownGroups,
  { profile, budget }: Bounds,
): ShownGroups {
  let now = hideUncounted(boundaries, linked, shown);
  const settled = new Map<LinkedStatistic, number>();
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    const open = linked.filter((statistic) => settled.get(statistic) !== shownCells(statistic, now));
    if (open.length === 0) return now;
    for (const statistic of open) {
      // WHY half: others come, and another pass; what the first hides usually serves them too.
      const share = { left: Math.floor(budget.left / 2) };
      budget.left -= share.left;
      now = protectStatistic(boundaries, statistic, now, { profile, budget: share });
      budget.left += share.left;
      settled.set(statistic, shownCells(statistic, now));
      now = hideUncounted(boundaries, linked, now);
    }
  }
  return hideLinked(linked, now);
}

export interface Bounds {
  readonly profile: PolicyProfile;
  /** Steps that are left for the answer, counted down. When there are none, whole statistics are hidden. */
  readonly budget: { left: number };
}

/** Shows nothing of what is linked. */
export function hideLinked(linked: readonly LinkedStatistic[], shown: ShownGroups): ShownGroups {
  return linked.flat().reduce((now, member) => hideIn(now, member, () => true), shown);
}

function hideIn(
  shown: ShownGroups,
  { boundary, terms }: LinkedTerms,
  isChosen: (position: number) => boolean,
): ShownGroups {
  const without = (group: ShownGroup): ShownGroup => {
    return { ...group, terms: group.terms.map((value, term) => (terms.includes(term) ? null : value)) };
  };
  const hidden = shown[boundary]!.map((group, position) => (isChosen(position) ? without(group) : group));
  return shown.with(boundary, hidden);
}

function shownIn({ boundary, terms }: LinkedTerms, shown: ShownGroups): number {
  return shown[boundary]!.filter((group) => terms.some((term) => group.terms[term] !== null)).length;
}

function shownCells(statistic: LinkedStatistic, shown: ShownGroups): number {
  return statistic.reduce((sum, member) => sum + shownIn(member, shown), 0);
}

/**
 * Hides all of a group whose number of rows or units is hidden. WHY: any value beside it says that there are `unitsMin`
 * units at least, and complementary suppression reckons with readers who do not know that.
 */
function hideUncounted(
  boundaries: readonly WholeBoundary[],
  linked: readonly LinkedStatistic[],
  shown: ShownGroups,
): ShownGroups {
  const isLinked = new Set(linked.flat().map(({ boundary }) => boundary));
  return shown.map((groups, boundary) => {
    if (!isLinked.has(boundary)) return groups;
    const counting = countingTerms(boundaries[boundary]!.groups.protection.layout);
    const isUncounted = ({ terms }: ShownGroup) => counting.some((term) => terms[term] === null);
    return groups.map((group) => (isUncounted(group) ? { ...group, terms: group.terms.map(() => null) } : group));
  });
}

/** Terms that say how many rows or units the whole group has. The first check is its number of rows. */
function countingTerms({ terms, units }: CellLayout): readonly number[] {
  const counts = ({ check, set, functional }: CellLayout['terms'][number]) =>
    check === 0 || (set === 0 && units.some(({ text }) => functional === `distinct ${text}`));
  return [...terms.keys()].filter((term) => counts(terms[term]!));
}

function protectStatistic(
  boundaries: readonly WholeBoundary[],
  statistic: LinkedStatistic,
  shown: ShownGroups,
  { profile, budget }: Bounds,
): ShownGroups {
  const members = statistic.map((member): Member => {
    const grouping = groupingOf(boundaries[member.boundary]!, shown[member.boundary]!, member);
    return { member, grouping, shown: shownIn(member, shown) };
  });
  if (members.every(({ grouping }) => grouping?.cells.every(({ hidden }) => !hidden) ?? false)) return shown;
  const kept = tractable(members, profile.cellsMax);
  const dropped = members.filter((one) => !kept.includes(one));
  const rest = dropped.reduce((now, { member }) => hideIn(now, member, () => true), shown);
  if (kept.length < 2) return rest;
  const groupings = kept.map(({ grouping }) => grouping!);
  budget.left -= Math.ceil(groupings.reduce((sum, { cells }) => sum + cells.length, 0) / CELLS_PER_STEP);
  if (budget.left < 0 || !isOneTotal(groupings))
    return kept.reduce((now, { member }) => hideIn(now, member, () => true), rest);
  const { layout } = boundaries[kept[0]!.member.boundary]!.groups.protection;
  const protection = protectionOf(layout, kept[0]!.member.terms[0]!, groupings, profile);
  const { additional } = suppressSecondary(groupings, protection, { stepsMax: STEPS_MAX, budget });
  return kept.reduce((now, { member }, at) => hideIn(now, member, (cell) => additional[at]!.has(cell)), rest);
}

interface Member {
  readonly member: LinkedTerms;
  /** null: its cells are not all known. */
  readonly grouping: Grouping | null;
  readonly shown: number;
}

/**
 * The groupings that can be looked at together. Where one stands in the way, it is hidden whole or all others are, whichever
 * shows less: a grouping by itself adds up to nothing else.
 */
function tractable(members: readonly Member[], cellsMax: number): readonly Member[] {
  let kept = members;
  for (let obstacle = obstacleIn(kept, cellsMax); obstacle !== null; obstacle = obstacleIn(kept, cellsMax)) {
    const others = kept.filter((one) => one !== obstacle);
    kept = obstacle.shown > others.reduce((sum, one) => sum + one.shown, 0) ? [obstacle] : others;
  }
  return kept;
}

/** A grouping that is not known whole, one too large, or one of a ring, which has no bounds that could be proved. */
function obstacleIn(members: readonly Member[], cellsMax: number): Member | null {
  if (members.length < 2) return null;
  const unknown = members.find(({ grouping }) => grouping === null);
  if (unknown !== undefined) return unknown;
  const sizeOf = ({ grouping }: Member) => grouping!.cells.length;
  const size = members.reduce((sum, member) => sum + sizeOf(member), 0);
  if (size > cellsMax) return members.reduce((most, one) => (sizeOf(one) > sizeOf(most) ? one : most));
  if (linkGroupings(members.map(({ grouping }) => grouping!)) !== null) return null;
  return members.reduce((fewest, one) => (one.shown < fewest.shown ? one : fewest));
}

/** Whether the groupings are of equally many rows. WHY: with wrong sums nothing would be proved. */
function isOneTotal(groupings: readonly Grouping[]): boolean {
  const totals = groupings.map(({ cells }) => cells.reduce((sum, { weight }) => sum + weight, 0));
  return new Set(totals).size === 1;
}

function protectionOf(
  { terms, checks, units, unitsMin }: CellLayout,
  term: number,
  groupings: readonly Grouping[],
  profile: PolicyProfile,
): Protection {
  const { kind, bounds } = checks[terms[term]!.check]!;
  const isSum = kind === 'sum';
  if (!isSum && units.every(({ oneRow }) => oneRow)) return { kind: 'count', width: unitsMin };
  const atLeast = isSum ? usualContribution(groupings[0]!) : { top: BigInt(unitsMin), bottom: 1n };
  // What is bounded by classes of units was proved to be never negative.
  return { kind: 'sum', share: profile.pPercentMin, atLeast, signed: isSum && bounds.includes(null) };
}

/** The mean magnitude of a row, rounded up to the last digit of the values. */
function usualContribution({ cells }: Grouping): Exact {
  const total = cells.reduce((sum, { value }) => sumOf(sum, magnitude(value)), ZERO);
  const rows = cells.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
  return rows === 0n ? ZERO : { top: (total.top + rows - 1n) / rows, bottom: total.bottom };
}

/** WHY not `plus`: bottoms are powers of ten or of two, and their product would grow with every summand. */
function sumOf(a: Exact, b: Exact): Exact {
  const [fine, coarse] = a.bottom >= b.bottom ? [a, b] : [b, a];
  return { top: fine.top + (coarse.top * fine.bottom) / coarse.bottom, bottom: fine.bottom };
}
