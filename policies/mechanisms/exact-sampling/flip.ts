import { assert } from '../../errors.ts';
import { compare, type Exact, ZERO } from '../suppression/exact.ts';
import { expMinus } from './certified-exp.ts';
import { type RandomSource, SAFE_BITS } from './random-source.ts';

/** True with probability `chance` exactly; 0 ≤ chance ≤ 1. */
export function flip(source: RandomSource, chance: Exact): boolean {
  assert(compare(chance, ZERO) >= 0 && chance.top <= chance.bottom, 'a chance is between 0 and 1');
  return source.below(chance.bottom) < chance.top;
}

/** True with probability e^−x exactly; x ≥ 0. */
export function flipExpMinus(source: RandomSource, x: Exact): boolean {
  return isBelowExpMinus(source, x, { bits: SAFE_BITS, drawn: BigInt(source.safeWord()) });
}

/** The first bits of a uniform real number u of [0, 1): u · 2^bits is between `drawn` and `drawn + 1`. */
export interface Uniform {
  readonly bits: number;
  readonly drawn: bigint;
}

/** As many bits again, drawn from the source. */
export function refine(source: RandomSource, { bits, drawn }: Uniform): Uniform {
  return { bits: 2 * bits, drawn: (drawn << BigInt(bits)) | source.bits(bits) };
}

/**
 * Whether u < e^−x, for a u whose first bits are known and whose others are drawn when they matter: as many as it takes to
 * tell, which is one time in 2^bits more than there are.
 */
export function isBelowExpMinus(source: RandomSource, x: Exact, begun: Uniform): boolean {
  for (let u = begun; ; u = refine(source, u)) {
    const { low, high } = expMinus(x, u.bits);
    if (u.drawn < low) return true;
    if (u.drawn >= high) return false;
  }
}
