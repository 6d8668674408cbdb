import { type Exact, exactLimit, magnitude, times } from './exact.ts';
import { gridFor } from './grid.ts';
import { HiddenPattern } from './hidden-pattern.ts';
import { type Grouping, linkGroupings } from './linked-groupings.ts';
import { marginSystem } from './margin-system.ts';
import { type Need, TargetGuard } from './target-guard.ts';

/** How uncertain a hidden value must stay. */
export type Protection =
  /** Counts: the values that readers cannot exclude span at least `width`; usually the threshold. */
  | { readonly kind: 'count'; readonly width: number }
  /**
   * Sums: readers cannot exclude the true value ± `share` of it, at least ± `atLeast` (a share of one declared
   * contribution, say: a share of zero would be nothing). `signed`: readers know that contributions may be negative.
   */
  | { readonly kind: 'sum'; readonly share: number; readonly atLeast: Exact; readonly signed: boolean };

export interface SecondaryOptions {
  /** Most steps of one search for complementary cells. Fewer steps protect as well and hide more. */
  readonly stepsMax?: number;
  /** Steps left, for several calls if need be: counted down. */
  readonly budget?: { left: number };
}

export interface SecondarySuppression {
  /** Per grouping, the positions of the shown cells that must be hidden too. */
  readonly additional: readonly ReadonlySet<number>[];
  /** How many hidden cells had all totals above them hidden, because no other complement was found. */
  readonly forced: number;
  /** Whether everything is hidden, because nothing less could be shown to suffice. */
  readonly everything: boolean;
}

const STEPS_MAX = 2000;
const STEPS_TOTAL = 2_000_000;

/**
 * Complementary suppression: which further cells of one additive statistic to hide, so that no hidden one can be worked
 * out from margins and from other groupings of the same answer.
 *
 * Guarantee: for every hidden cell that is not empty there are tables (see `FeasibleTable`) with the same shown cells, no negative cell,
 * whole numbers where the values are whole, in which it differs as far as `protection` asks. So it is not in the linear
 * span of what is shown, nor bounded closely. One more reader is considered: the only contributor of another hidden
 * cell, who knows that cell: it cannot tell a sum closer than to `share` of it, nor a count to one number.
 * Neighbouring: none; this is not differential privacy.
 * Cost: one best-first search per hidden cell, some more for each contributor in its way. Deterministic.
 * Limits: exact, additive statistics, one answer; see PROOF.md for those and for what the choice itself tells.
 * Source: Fischetti and Salazar (2001), the attacker's problem; Kelly, Golden and Assad (1992), cheapest moves.
 */
export function suppressSecondary(
  groupings: readonly Grouping[],
  protection: Protection,
  { stepsMax = STEPS_MAX, budget = { left: STEPS_TOTAL } }: SecondaryOptions = {},
): SecondarySuppression {
  if (!groupings.some(({ cells }) => cells.some(({ hidden }) => hidden))) return nothingHidden(groupings);
  const linked = linkGroupings(groupings);
  if (linked === null) return allHidden(groupings);
  const values = groupings.flatMap(({ cells }) => cells.map(({ value }) => value));
  const grid = gridFor([...values, smallestLevel(protection)]);
  const pattern = new HiddenPattern(marginSystem(linked, grid));
  const guard = new TargetGuard(pattern, protection.kind === 'sum' && protection.signed, {
    stepsMax,
    budget,
  });
  for (const target of guard.targets) {
    const { value } = pattern.system.cells[target]!.listed!.cell;
    if (!guard.protect(target, needOf(value, protection, grid.ceil))) return allHidden(groupings);
  }
  return { additional: additionalOf(groupings, pattern), forced: guard.forced, everything: false };
}

function smallestLevel(protection: Protection): Exact {
  return protection.kind === 'count' ? { top: BigInt(protection.width), bottom: 1n } : protection.atLeast;
}

/** At least one step: never the value itself. */
function needOf(value: Exact, protection: Protection, ceil: (value: Exact) => number): Need {
  if (protection.kind === 'count') {
    const width = Math.max(1, ceil({ top: BigInt(protection.width), bottom: 1n }));
    return { rise: 0, fall: 0, width, widthForOwners: 1 };
  }
  const share = ceil(times(exactLimit(protection.share), magnitude(value)));
  const level = Math.max(1, share, ceil(protection.atLeast));
  return { rise: level, fall: level, width: level, widthForOwners: level };
}

function additionalOf(groupings: readonly Grouping[], pattern: HiddenPattern): readonly ReadonlySet<number>[] {
  const additional = groupings.map(() => new Set<number>());
  for (const [number, { shown, listed }] of pattern.system.cells.entries()) {
    if (shown && pattern.isHidden(number)) additional[listed!.grouping]!.add(listed!.position);
  }
  return additional;
}

function nothingHidden(groupings: readonly Grouping[]): SecondarySuppression {
  return { additional: groupings.map(() => new Set<number>()), forced: 0, everything: false };
}

function allHidden(groupings: readonly Grouping[]): SecondarySuppression {
  const shown = ({ published, cells }: Grouping) =>
    published ? [...cells.keys()].filter((position) => !cells[position]!.hidden) : [];
  return { additional: groupings.map((grouping) => new Set(shown(grouping))), forced: 0, everything: true };
}
