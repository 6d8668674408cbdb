import type { Exact } from '../suppression/exact.ts';
import { expMinus } from './certified-exp.ts';
import type { RandomSource } from './random-source.ts';

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
 * tell. So it is true with probability e^−x exactly.
 */
export function isBelowExpMinus(source: RandomSource, x: Exact, begun: Uniform): boolean {
  for (let u = begun; ; u = refine(source, u)) {
    const { low, high } = expMinus(x, u.bits);
    if (u.drawn < low) return true;
    if (u.drawn >= high) return false;
  }
}
