import { assert } from '../errors.ts';
import { gaussianKind, kindName, type NoiseKind, POOL_BATCH } from '../mechanisms/noise-pool/noise-pool.ts';
import { exactOfFraction, type Fraction } from '../sql/rewrite/fraction.ts';
import type { GroupSelection, PrivateLayout } from '../sql/rewrite/private-layout.ts';
import type { SealedLayout } from '../sql/rewrite/sealed-layout.ts';
import type { PrivacyNoise } from './private-groups.ts';
import { noiseOfTree } from './private-quantiles.ts';

/** Values that a selection of groups takes: all of these at once, a whole number of the pool's batches. */
const SELECTION_BATCH = 16 * POOL_BATCH;

/** So many for any number of candidates from 0 to 8,192; the next 8,192 beyond. */
export function selectionNoise(candidates: number): number {
  return SELECTION_BATCH * Math.max(1, Math.ceil(candidates / SELECTION_BATCH));
}

/**
 * The noise of a boundary, drawn before an engine is asked for its rows: all of it where groups are a public list; else that of the
 * selection. So neither when nor for how long anything is drawn depends on rows. Of selected groups the values' noise follows
 * once they are selected, in a number that is released. Proof: mechanisms/noise-pool/PROOF.md.
 */
export function noiseAhead(layout: PrivateLayout | SealedLayout, noise: PrivacyNoise): PrivacyNoise {
  const drawn = new Map<string, bigint[]>();
  const draw = (kind: NoiseKind, count: number) => {
    const before = drawn.get(kindName(kind)) ?? [];
    drawn.set(kindName(kind), before.concat(noise.take(kind, count)));
  };
  for (const [variance, count] of knownNeeds(layout)) draw(gaussianKind(exactOfFraction(variance)), count);
  const { selection } = layout;
  if (selection !== null) draw(noise.threshold(thresholdOf(selection)).noise, selectionNoise(0));
  return {
    threshold: (parameters) => noise.threshold(parameters),
    choose: (utilities, parameters) => noise.choose(utilities, parameters),
    take(kind, count) {
      const ahead = drawn.get(kindName(kind))?.splice(0, count) ?? [];
      return ahead.length === count ? ahead : [...ahead, ...noise.take(kind, count - ahead.length)];
    },
  };
}

/** Known before a row is read. */
function knownNeeds({
  groupsListed,
  terms,
  trees,
}: PrivateLayout | SealedLayout): readonly (readonly [Fraction, number])[] {
  if (groupsListed === null) return [];
  const own = terms.filter((term) => !('kind' in term && term.kind === 'opened'));
  const needs = [
    ...own.map(({ variance }) => [variance, groupsListed] as const),
    ...trees.map((tree) => [tree.variance, groupsListed * noiseOfTree(tree)] as const),
  ];
  return needs.filter(([variance]) => variance.top !== '0');
}

/** What a selection promises of one of its groups. */
export function thresholdOf({ groupsMax, unitsMin, variance, delta }: GroupSelection) {
  const { top, bottom } = exactOfFraction(delta);
  assert(groupsMax >= 1, 'a unit is in some group');
  return { variance: exactOfFraction(variance), delta: { top, bottom: bottom * BigInt(groupsMax) }, unitsMin };
}
