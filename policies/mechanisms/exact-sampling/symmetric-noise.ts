import { assert } from '../../errors.ts';
import { type Exact, plus, times } from '../suppression/exact.ts';
import { CertifiedChoice, type CertifiedWeights } from './certified-choice.ts';
import { type Bounds, divideUp, expMinus, multiply } from './certified-exp.ts';
import { isBelowExpMinus } from './lazy-comparison.ts';
import { type RandomSource, SAFE_BITS } from './random-source.ts';

/** Noise on the whole numbers with P(x) ∝ e^−(quadratic·x² + linear·|x|); neither negative, one positive. */
export interface NoiseShape {
  readonly quadratic: Exact;
  readonly linear: Exact;
  /** Width of a strip, ≥ 1. Any gives the same noise; about 1/32 of the scale gives it quickly. */
  readonly width: bigint;
}

/** Bits beyond those asked for: a weight is a product of up to a few thousand rounded ones. */
const GUARD_BITS = 32;
/** Where strips end. WHY not at one unit: rounded up, a weight would stay at a few units for ever. */
const WEIGHT_MIN = 2n ** 16n;
/** Strips below this many lie in safe integers if their width does. */
const SAFE_WIDTH = 2n ** 40n;
const SAFE_STRIPS = 2 ** 12;
/** Up to here `expMinusNear` is within 2^−48 of e^−z, rounding of z included (PROOF.md, Quick comparison). */
const NEAR = 0.5;
const MARGIN = 2 ** -44;

/**
 * An exact sampler. Magnitudes are laid out in strips of equal width; a strip is chosen with the weight of its first
 * magnitude, an offset uniformly, and what lies there is kept with the ratio of the two weights.
 *
 * Guarantee: exactly the distribution of its shape, if the source is uniform (PROOF.md). Time: the number of tries is independent of the
 * value returned; what is left of a relation is the search of a table. Noise is drawn ahead of use all the same (`NoisePool`).
 * Source: rejection from a histogram, after Devroye, Non-Uniform Random Variate Generation (1986), II.3 and VIII; certified
 * comparisons in place of rounded ones.
 */
export class SymmetricNoise {
  readonly #shape: NoiseShape;
  readonly #strips: CertifiedChoice;
  readonly #width: number;
  readonly #quadratic: number;
  readonly #linear: number;

  constructor(shape: NoiseShape, tableBits: number = SAFE_BITS) {
    assert(shape.width >= 1n, 'a strip holds a magnitude');
    this.#shape = shape;
    this.#strips = new CertifiedChoice((bits) => stripWeights(shape, bits), tableBits);
    this.#width = Number(shape.width);
    this.#quadratic = Number(shape.quadratic.top) / Number(shape.quadratic.bottom);
    this.#linear = Number(shape.linear.top) / Number(shape.linear.bottom);
  }

  sample(source: RandomSource): bigint {
    for (;;) {
      const strip = this.#strips.choose(source);
      const offset = this.#shape.width < SAFE_WIDTH ? source.belowSafe(this.#width) : source.below(this.#shape.width);
      if (this.#width > 1 && !this.#keeps(source, strip, offset)) continue;
      const magnitude = this.#magnitude(strip, offset);
      const negative = source.word() % 2 === 1;
      if (negative && magnitude === 0n) continue; // or 0 would come twice
      return negative ? -magnitude : magnitude;
    }
  }

  #magnitude(strip: number, offset: number | bigint): bigint {
    if (typeof offset === 'number' && strip < SAFE_STRIPS) return BigInt(strip * this.#width + offset);
    return BigInt(strip) * this.#shape.width + BigInt(offset);
  }

  /** With probability e^−(φ(start + offset) − φ(start)): u < e^−z by doubles where they can tell, else exactly. */
  #keeps(source: RandomSource, strip: number, offset: number | bigint): boolean {
    const drawn = source.safeWord();
    const r = Number(offset);
    const z = this.#quadratic * (r * (2 * strip * this.#width + r)) + this.#linear * r;
    if (z <= NEAR) {
      const u = drawn / 2 ** SAFE_BITS;
      if (u < 1 - z - MARGIN) return true; // e^−z ≥ 1 − z, and most often that is enough
      const above = u - expMinusNear(z);
      if (above < -MARGIN) return true;
      if (above > MARGIN) return false;
    }
    return isBelowExpMinus(source, this.#rise(BigInt(strip), BigInt(offset)), {
      bits: SAFE_BITS,
      drawn: BigInt(drawn),
    });
  }

  #rise(strip: bigint, offset: bigint): Exact {
    const { quadratic, linear, width } = this.#shape;
    return plus(
      scale(quadratic, offset * (2n * strip * width + offset)), // (s + r)² − s²
      scale(linear, offset),
    );
  }
}

/** Σ (−z)^n/n! for n ≤ 14 by Horner's rule: what is left out is below 2^−55 for z ≤ 1/2. */
function expMinusNear(z: number): number {
  let value = 1;
  for (let n = 14; n > 0; n -= 1) value = 1 - (z / n) * value;
  return value;
}

/** The weights of the strips' first magnitudes, relative to that of 0, until they are as good as nothing. */
function stripWeights({ quadratic, linear, width }: NoiseShape, bits: number): CertifiedWeights {
  const work = bits + GUARD_BITS;
  const unit = BigInt(work);
  const square = scale(quadratic, width * width);
  let ratio = expMinus(plus(square, scale(linear, width)), work);
  const shrink = expMinus(scale(square, 2n), work);
  const one = 1n << unit;
  const weights: Bounds[] = [];
  let weight: Bounds = { low: one, high: one };
  for (; weight.high > WEIGHT_MIN; ratio = multiply(ratio, shrink, unit)) {
    weights.push(weight);
    weight = multiply(weight, ratio, unit);
  }
  assert(ratio.high < one, 'weights fall from strip to strip');
  return { weights, beyond: divideUp(weight.high << unit, one - ratio.high) };
}

function scale(a: Exact, factor: bigint): Exact {
  return times(a, { top: factor, bottom: 1n });
}
