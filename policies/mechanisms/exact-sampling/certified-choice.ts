import { assert } from '../../errors.ts';
import { type Bounds, divideUp } from './certified-exp.ts';
import { refine, type Uniform } from './lazy-comparison.ts';
import { type RandomSource, SAFE_BITS } from './random-source.ts';

/** Weights of the choices 0, 1, 2 … in a common unit, as far as they are listed; those not listed weigh at most `beyond` together. */
export interface CertifiedWeights {
  readonly weights: readonly Bounds[];
  readonly beyond: bigint;
}

/** Where the choices lie in [0, 1): choice i surely from `from[i]` until `until[i]`, both in units of 2^−bits. */
interface Shares {
  readonly from: readonly bigint[];
  readonly until: readonly bigint[];
}

const GUIDE_BITS = 10;
const GUIDE_UNIT = 2 ** (SAFE_BITS - GUIDE_BITS);
const AMBIGUOUS = -1;

/**
 * Chooses i with probability w_i / Σw exactly, where weights are real numbers of which closer bounds can be had.
 *
 * A uniform u of [0, 1) picks the choice whose interval holds it. 53 bits of u decide, unless they lie where the bounds of
 * two choices overlap: then more bits are drawn and the bounds narrowed until it is clear. So the answer is that of the
 * real numbers, and closer bounds only make it come sooner. Time does not depend on the choice but for the search from the
 * guide's entry, and for the overlap that is met once in about 2^43 draws.
 */
export class CertifiedChoice {
  readonly #weigh: (bits: number) => CertifiedWeights;
  readonly #from: Float64Array;
  readonly #until: Float64Array;
  readonly #guide: Uint32Array;

  /**
   * `weigh(bits)`: bounds that are close relative to a total of 2^bits units. `tableBits`: how far the table is worked out; fewer than
   * 53 change nothing but how often more is needed.
   */
  constructor(weigh: (bits: number) => CertifiedWeights, tableBits = SAFE_BITS) {
    assert(tableBits <= SAFE_BITS, 'the table holds safe integers');
    this.#weigh = weigh;
    const { from, until } = sharesOf(weigh(tableBits), tableBits);
    const unit = 2 ** (SAFE_BITS - tableBits);
    this.#from = Float64Array.from(from, (share) => Number(share) * unit);
    this.#until = Float64Array.from(until, (share) => Number(share) * unit);
    this.#guide = guideOf(this.#until);
  }

  choose(source: RandomSource): number {
    const drawn = source.safeWord();
    const choice = this.#look(drawn);
    return choice === AMBIGUOUS ? this.#settle(source, { bits: SAFE_BITS, drawn: BigInt(drawn) }) : choice;
  }

  #look(drawn: number): number {
    let choice = this.#guide[Math.floor(drawn / GUIDE_UNIT)]!;
    while (choice < this.#until.length && drawn >= this.#until[choice]!) choice += 1;
    return choice < this.#from.length && drawn >= this.#from[choice]! ? choice : AMBIGUOUS;
  }

  #settle(source: RandomSource, begun: Uniform): number {
    for (let u = begun; ; u = refine(source, u)) {
      const { from, until } = sharesOf(this.#weigh(u.bits), u.bits);
      const choice = from.findIndex((share, i) => u.drawn >= share && u.drawn < until[i]!);
      if (choice >= 0) return choice;
    }
  }
}

function sharesOf({ weights, beyond }: CertifiedWeights, bits: number): Shares {
  const total = weights.reduce((sum, { low, high }) => ({ low: sum.low + low, high: sum.high + high }), {
    low: 0n,
    high: beyond,
  });
  assert(total.low > 0n, 'something can be chosen');
  const from: bigint[] = [0n];
  const until: bigint[] = [];
  let before: Bounds = { low: 0n, high: 0n };
  for (const { low, high } of weights) {
    before = { low: before.low + low, high: before.high + high };
    until.push((before.low << BigInt(bits)) / total.high);
    from.push(divideUp(before.high << BigInt(bits), total.low));
  }
  from.pop();
  if (beyond === 0n) until[until.length - 1] = 1n << BigInt(bits); // the last of a finite list ends at 1
  return { from, until };
}

/** Per value of the leading bits, the first choice that may still hold such a u. */
function guideOf(until: Float64Array): Uint32Array {
  const guide = new Uint32Array(2 ** GUIDE_BITS);
  let choice = 0;
  for (let entry = 0; entry < guide.length; entry += 1) {
    while (choice < until.length && until[choice]! <= entry * GUIDE_UNIT) choice += 1;
    guide[entry] = choice;
  }
  return guide;
}
