import type { RandomSource } from '../../../../policies/mechanisms/exact-sampling/random-source.ts';
import { squareRoot } from '../../../../policies/mechanisms/exact-sampling/square-root.ts';
import type { Exact } from '../../../../policies/mechanisms/suppression/exact.ts';

/** Algorithms 1–3 of Canonne, Kamath and Steinke (2020), step by step: slow, with nothing but rational flips. */
export function referenceGaussian(source: RandomSource, variance: Exact): bigint {
  const t = squareRoot(variance) + 1n;
  for (;;) {
    const y = referenceLaplace(source, t);
    // (|y| − σ²/t)² / 2σ²
    const gap = (y < 0n ? -y : y) * t * variance.bottom - variance.top;
    const exponent = { top: gap * gap, bottom: 2n * variance.top * variance.bottom * t * t };
    if (referenceFlipExpMinus(source, exponent)) return y;
  }
}

/** Laplace of a whole scale. */
export function referenceLaplace(source: RandomSource, scale: bigint): bigint {
  for (;;) {
    const remainder = source.below(scale);
    if (!referenceFlipExpMinus(source, { top: remainder, bottom: scale })) continue;
    let quotient = 0n;
    while (referenceFlipExpMinus(source, { top: 1n, bottom: 1n })) quotient += 1n;
    const magnitude = remainder + scale * quotient;
    const negative = source.below(2n) === 1n;
    if (!(negative && magnitude === 0n)) return negative ? -magnitude : magnitude;
  }
}

function referenceFlipExpMinus(source: RandomSource, { top, bottom }: Exact): boolean {
  for (let whole = top / bottom; whole > 0n; whole -= 1n) {
    if (!flipUpToOne(source, { top: 1n, bottom: 1n })) return false;
  }
  return flipUpToOne(source, { top: top % bottom, bottom });
}

/** Counts flips of γ/1, γ/2, γ/3 … up to the first that fails: an odd number with probability e^−γ. */
function flipUpToOne(source: RandomSource, { top, bottom }: Exact): boolean {
  let k = 1n;
  while (flip(source, { top, bottom: bottom * k })) k += 1n;
  return k % 2n === 1n;
}

function flip(source: RandomSource, { top, bottom }: Exact): boolean {
  return source.below(bottom) < top;
}
