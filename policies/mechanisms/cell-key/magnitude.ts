import { assert } from '../../errors.ts';
import { type Exact, plus, times, ZERO } from '../suppression/exact.ts';
import type { CellKey } from './cell-noise.ts';
import { ceiling } from './fixed-point.ts';
import { type Flex, noiseScale } from './flex.ts';
import { RANGE, RANGE_BITS } from './perturbation-table.ts';

/** A sum over units, in whole units of the column's last decimal. */
export interface Magnitude {
  readonly total: bigint;
  /**
   * Absolute values of the largest contributions, largest first, at most three; fewer where fewer units contribute. A
   * unit's contribution is the sum over its own rows, sign and all, before the absolute value.
   */
  readonly largest: readonly bigint[];
}

export const CONTRIBUTORS = 3;
/** Least noise on the largest contribution, as a part of m(x)·x. */
export const TOP_FLOOR: Exact = { top: 1n, bottom: 2n };

/**
 * A sum with its noise: total + s·⌈Σ_j a_j·m(x_j)·x_j⌉ over the three largest contributions, one direction s = ±1 for
 * all, a_1 uniform on [½, 1), a_2 and a_3 on [0, 1), all from the cell key.
 *
 * Guarantee: the noise is at least ½·m(x1)·x1 and at least one unit of the last decimal; at most Σ m(x_j)·x_j + 1; exact on
 * integers. The result has the sign of the total, and a total of 0 stays 0. For contributions of one sign the mean over
 * keys is the total (from 2 units of the last decimal on). Limits: hides how much the largest contributors have, not whether one contributes; PROOF.md, Sums.
 * Source: Giessing, Tent (UNECE 2019); the common direction is that of Evans, Zayatz, Slanta (J. Official Statistics 1998).
 */
export function perturbSum({ total, largest }: Magnitude, key: CellKey, flex: Flex): bigint {
  assert(largest.length <= CONTRIBUTORS && isDescending(largest), 'contributions come largest first');
  if (total === 0n) return 0n;
  assert(largest.length > 0, 'a total that is not 0 has a contributor');
  const [direction, ...draws] = key.words;
  const noise = ceiling(
    largest.reduce((sum, x, j) => plus(sum, times(amplitude(draws[j]!, j), noiseScale(x, flex))), ZERO),
  );
  const size = total < 0n ? -total : total;
  // WHY outwards where it would cross: cut off at 0, a small total would leave without the least noise it is promised.
  const outwards = noise >= size || direction >> BigInt(RANGE_BITS - 1) === 1n;
  const released = outwards ? size + noise : size - noise;
  return total < 0n ? -released : released;
}

/** a_j of the j-th largest contribution: uniform on [½, 1) for the largest, on [0, 1) for the others. */
function amplitude(draw: bigint, rank: number): Exact {
  const part: Exact = { top: draw, bottom: RANGE };
  return rank === 0 ? plus(TOP_FLOOR, times(TOP_FLOOR, part)) : part;
}

function isDescending(values: readonly bigint[]): boolean {
  return values.every((value, j) => value >= (values[j + 1] ?? 0n));
}
