import { assert } from '../errors.ts';
import { compare, type Exact, times, ZERO } from '../mechanisms/suppression/exact.ts';

/**
 * Conversions of zero-concentrated differential privacy (ρ-zCDP). Whatever is rounded is rounded so that what is promised
 * holds: a cost up, a budget down. What comes from a mechanism's parameters is exact.
 *
 * Source: Bun and Steinke, Concentrated Differential Privacy (TCC 2016), 1.4–1.6 for Gaussian, pure and composition; Canonne,
 * Kamath and Steinke, The Discrete Gaussian for Differential Privacy (NeurIPS 2020), Corollary 13 for (ε, δ). Proof: PROOF.md.
 */

/** The ledger counts ρ in units of 1e-9. */
export const RHO_UNITS = 1_000_000_000n;

/** A cost in the ledger's units, rounded up. Units are whole: sums of them are exact. */
export function rhoUnits(rho: Exact): bigint {
  assert(rho.top >= 0n && rho.bottom > 0n, 'a cost is not negative');
  return (rho.top * RHO_UNITS + rho.bottom - 1n) / rho.bottom;
}

/**
 * Cost of Gaussian noise (discrete or not) of variance `variance` per coordinate on a vector whose Euclidean distance between
 * neighbours is at most √`sensitivitySquared`: ρ = Δ²/2σ², exactly.
 */
export function gaussianRho(sensitivitySquared: bigint, variance: Exact): Exact {
  assert(sensitivitySquared >= 0n && variance.top > 0n, 'a sensitivity is not negative, a variance positive');
  return { top: sensitivitySquared * variance.bottom, bottom: 2n * variance.top };
}

/** The least variance with which Gaussian noise costs at most `rho`: σ² = Δ²/2ρ, exactly. Noise is drawn at `gridVariance` of it. */
export function gaussianVariance(sensitivitySquared: bigint, rho: Exact): Exact {
  assert(sensitivitySquared > 0n && rho.top > 0n, 'a sensitivity and a budget are positive');
  return { top: sensitivitySquared * rho.bottom, bottom: 2n * rho.top };
}

/** Cost of a mechanism that is ε-differentially private: ε²/2. With (ε, δ) it is the same, δ-approximately: δ is charged apart. */
export function pureRho(epsilon: Exact): Exact {
  assert(compare(epsilon, ZERO) >= 0, 'ε is not negative');
  return times({ top: 1n, bottom: 2n }, times(epsilon, epsilon));
}

/**
 * The least δ known for which ρ-zCDP gives (`epsilon`, δ)-differential privacy, rounded up. `rho` ≥ 0, `epsilon` ≥ 0.
 */
export function deltaOf(rho: number, epsilon: number): number {
  assert(rho >= 0 && epsilon >= 0, 'ρ and ε are not negative');
  if (rho === 0) return 0;
  const order = bestOrder(
    () => rho,
    () => epsilon,
  );
  const parts = [order * (1 + order) * rho, -order * epsilon, -(1 + order) * logRatio(order), -Math.log(order)];
  // WHY not 0: what underflows is small, not nothing.
  return Math.min(1, Math.max(Number.MIN_VALUE, raise(Math.exp(sum(parts) + slack(parts)))));
}

/** The least ε known for which ρ-zCDP gives (ε, `delta`)-differential privacy, rounded up. `rho` ≥ 0, 0 < `delta` < 1. */
export function epsilonOf(rho: number, delta: number): number {
  assert(rho >= 0 && delta > 0 && delta < 1, 'ρ is not negative, δ between 0 and 1');
  if (rho === 0) return 0;
  const parts = (order: number) => [(1 + order) * rho, ...tailParts(order, delta)];
  const order = bestOrder(
    () => rho,
    (x) => sum(parts(x)),
  );
  return Math.max(0, sum(parts(order)) + slack(parts(order)));
}

/** The largest ρ known that gives (`epsilon`, `delta`)-differential privacy, rounded down. `epsilon` > 0, 0 < `delta` < 1. */
export function rhoOf(epsilon: number, delta: number): number {
  assert(epsilon > 0 && delta > 0 && delta < 1, 'ε is positive, δ between 0 and 1');
  const parts = (order: number) => [epsilon, ...tailParts(order, delta).map((part) => -part)];
  const order = bestOrder(
    (x) => sum(parts(x)) / (1 + x),
    () => epsilon,
  );
  return Math.max(0, lower((sum(parts(order)) - slack(parts(order))) / (1 + order)));
}

/** log(1 + 1/x) = −log(1 − 1/α) at α = 1 + x. */
function logRatio(x: number): number {
  return Math.log1p(1 / x);
}

/** (log(1/δ) + α·log(1 − 1/α) − log(α − 1)) / (α − 1): what ε has beyond αρ. */
function tailParts(x: number, delta: number): readonly number[] {
  return [-Math.log(delta) / x, -((1 + x) / x) * logRatio(x), -Math.log(x) / x];
}

const LOG2_ORDER_MAX = 60;
const BISECTIONS = 100;

/**
 * The best α − 1, by bisection on log α: the bound is stationary where (2α − 1)ρ + log(1 − 1/α) = ε, whichever of the three is
 * sought, and that difference changes its sign once. WHY no proof of convergence is needed: the bound holds at every α.
 */
function bestOrder(rho: (x: number) => number, epsilon: (x: number) => number): number {
  let [low, high] = [-LOG2_ORDER_MAX, LOG2_ORDER_MAX];
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    const x = 2 ** middle;
    if ((2 * x + 1) * rho(x) - logRatio(x) < epsilon(x)) low = middle;
    else high = middle;
  }
  return 2 ** low;
}

/** Far above what rounding does to a sum of these (a few 2^-53 of each), far below what anyone notices. */
const ROUNDING = 2 ** -44;

function slack(parts: readonly number[]): number {
  return ROUNDING * sum(parts.map((part) => Math.abs(part)));
}

function raise(value: number): number {
  return value * (1 + ROUNDING);
}

function lower(value: number): number {
  return value * (1 - ROUNDING);
}

function sum(parts: readonly number[]): number {
  return parts.reduce((total, part) => total + part, 0);
}
