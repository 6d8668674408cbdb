import { type Exact, minus, plus, times } from '../suppression/exact.ts';
import { ceiling } from './fixed-point.ts';
import { type Flex, noiseScale } from './flex.ts';
import { CONTRIBUTORS } from './magnitude.ts';
import { type NoiseStep, type PerturbationTable, RANGE } from './perturbation-table.ts';

/** Both ends belong to it. */
export interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}

/** What anybody may know of a measure before a sum is released. */
export interface PublicBounds {
  /** Largest absolute value that one unit can contribute: declared bound × most rows of a unit; null where unknown. */
  readonly contributionMax: bigint | null;
  /** Whether the declared bounds are on one side of 0. */
  readonly oneSigned: boolean;
}

const COVERAGE_PERCENT = 95n;

/**
 * The true counts that a released count is compatible with: those whose central 95% of noise reaches it.
 *
 * A confidence interval, not a posterior: whatever the true count, its interval contains it in at least 95 of 100 keys,
 * without a prior over counts. A function of the released count and of the published table only.
 * Source: Neyman's construction; see PROOF.md, Intervals.
 */
export function countInterval(released: bigint, table: PerturbationTable): Interval {
  const reach = BigInt(table.parameters.D);
  const compatible: bigint[] = [];
  for (let count = released > reach ? released - reach : 0n; count <= released + reach; count += 1n) {
    if (distance(count, released) <= halfWidth(table.row(count))) compatible.push(count);
  }
  return { low: compatible[0] ?? released, high: compatible.at(-1) ?? released };
}

/**
 * Where the true total lies, for certain: the noise is at most three times the scale of the largest possible contribution
 * and, where all contributions have one sign, at most ps of the total, each plus the rounding to one unit.
 *
 * A function of the released sum, the published parameters and declared bounds only: nothing about the contributors shows
 * in its width. null where these bound nothing.
 */
export function sumInterval(
  released: bigint,
  flex: Flex,
  { contributionMax, oneSigned }: PublicBounds,
): Interval | null {
  if (released === 0n) return { low: 0n, high: 0n }; // only a total of 0 is released as 0
  const known = [
    ...(contributionMax === null ? [] : [fromScale(released, flex, contributionMax)]),
    ...(oneSigned ? [fromShare(released, flex)] : []),
  ];
  const low = known
    .map((one) => one.low)
    .sort(ascending)
    .at(-1);
  const high = known.map((one) => one.high).sort(ascending)[0];
  return low === undefined || high === undefined ? null : { low, high };
}

function fromScale(released: bigint, flex: Flex, contributionMax: bigint): Interval {
  const most = ceiling(times({ top: BigInt(CONTRIBUTORS), bottom: 1n }, noiseScale(contributionMax, flex)));
  return { low: released - most, high: released + most };
}

/** |total| is at least (|released| − 1)/(1 + ps) and at most (|released| + 1)/(1 − ps). */
function fromShare(released: bigint, { ps }: Flex): Interval {
  const one: Exact = { top: 1n, bottom: 1n };
  const size = released < 0n ? -released : released;
  const least = ceiling(quotient(size - 1n, plus(one, ps)));
  const most = quotient(size + 1n, minus(one, ps));
  const high = most.top / most.bottom;
  return released < 0n ? { low: -high, high: -least } : { low: least, high };
}

function quotient(top: bigint, { top: by, bottom }: Exact): Exact {
  return { top: top * bottom, bottom: by };
}

const halfWidths = new WeakMap<readonly NoiseStep[], bigint>();

/** The least c with P(|v| ≤ c) of at least 95%, in whole weights; kept as long as the row is. */
function halfWidth(row: readonly NoiseStep[]): bigint {
  const known = halfWidths.get(row);
  if (known !== undefined) return known;
  const sizes = row.map(({ noise }) => distance(noise, 0n)).sort(ascending);
  const within = (c: bigint): bigint =>
    row.reduce((sum, { noise, weight }) => (distance(noise, 0n) <= c ? sum + weight : sum), 0n);
  const width = sizes.find((c) => 100n * within(c) >= COVERAGE_PERCENT * RANGE)!; // the largest holds the whole range
  halfWidths.set(row, width);
  return width;
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}
