/** Two sides of a comparison, timed so that a slow minute of the machine meets both. */

export const PAIRS = 3;

/** One run: elapsed, and CPU of this process. */
export interface Took {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Medians of either, in turns, each first in every second pair: a slow minute of the machine meets both. */
export async function pairedTimes(
  a: () => Promise<unknown>,
  b: () => Promise<unknown>,
): Promise<readonly [Took, Took]> {
  const times: readonly [Took[], Took[]] = [[], []];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const side of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      times[side].push(await timed(side === 0 ? a : b));
    }
  }
  return [medianOf(times[0]), medianOf(times[1])];
}

/** Elapsed, and CPU of this process: other load on the machine does not count in the latter. */
async function timed(work: () => Promise<unknown>): Promise<Took> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
}

function medianOf(all: readonly Took[]): Took {
  return { ms: median(all.map(({ ms }) => ms)), cpuMs: median(all.map(({ cpuMs }) => cpuMs)) };
}

export function geomean(ratios: readonly (number | undefined)[]): number {
  const logs = ratios.flatMap((ratio) => (ratio === undefined ? [] : [Math.log(ratio)]));
  return rounded(Math.exp(logs.reduce((sum, one) => sum + one, 0) / logs.length), 3);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
