import type { NoisePool } from '../../policies/mechanisms/noise-pool/noise-pool.ts';
import type { DpCase } from './cases.ts';
import type { Composition } from './compositions.ts';

/** How often each outcome was seen. */
export type Histogram = Map<number, number>;

/** Σ max(0, P(o) − e^ε·Q(o)) of what was seen: an estimate, too large on average, of the least δ for this ε. */
export function divergence(p: Histogram, q: Histogram, samples: number, epsilon: number): number {
  let total = 0;
  for (const [outcome, count] of p) total += Math.max(0, count - Math.exp(epsilon) * (q.get(outcome) ?? 0));
  return total / samples;
}

export function isPrivate(a: Histogram, b: Histogram, one: DpCase): boolean {
  const limit = one.testDelta + one.deltaTolerance;
  const of = (p: Histogram, q: Histogram) => divergence(p, q, one.samples, one.testEpsilon);
  return of(a, b) < limit && of(b, a) < limit;
}

/**
 * Whether two samples come from distributions closer than half the tolerance in squares, as collisions tell (Diakonikolas, Gouleakis, Peebles, Price,
 * arXiv:1611.03579).
 */
export function isClose(a: Histogram, b: Histogram, samples: number, tolerance: number): boolean {
  let squares = 0;
  for (const outcome of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(outcome) ?? 0, b.get(outcome) ?? 0];
    squares += (x - y) ** 2 - x - y;
  }
  return squares < (tolerance * samples) ** 2 / 2;
}

/** A majority of `votes`: null while both sides may still win. */
export class Ballot {
  readonly #needed: number;
  accepted = 0;
  rejected = 0;

  constructor(votes: number) {
    this.#needed = Math.floor(votes / 2) + 1;
  }

  cast(accept: boolean): void {
    if (accept) this.accepted += 1;
    else this.rejected += 1;
  }

  get verdict(): boolean | null {
    if (this.accepted >= this.#needed) return true;
    return this.rejected >= this.#needed ? false : null;
  }
}

/** A case under a design, with its votes so far. */
export interface Trial {
  readonly one: DpCase;
  readonly composition: Composition;
  readonly ballot: Ballot;
}

/** Releases drawn at once. */
const CHUNK = 2048;

/**
 * One vote of each trial. All have the same streams of noise and use the same values: each trial by itself is drawn as if alone, and noise is
 * drawn once.
 */
export function castVotes(trials: readonly Trial[], pool: NoisePool): void {
  const [first] = trials;
  if (first === undefined) return;
  const sides = [0, 1].map((side) => {
    const releases = trials.map(({ one, composition }) =>
      composition.release(side === 0 ? one.entries : one.neighbourEntries),
    );
    const seen = trials.map((): Histogram[] => []);
    for (let done = 0; done < first.one.samples; done += CHUNK) {
      const size = Math.min(CHUNK, first.one.samples - done);
      const noise = first.composition.streams.map(({ kind, count }) => pool.take(kind, size * count));
      for (const [trial, release] of releases.entries()) tally(seen[trial]!, release, noise, size, first.composition);
    }
    return seen;
  });
  for (const [trial, { one, ballot }] of trials.entries()) {
    const [a, b] = [sides[0]![trial]!, sides[1]![trial]!];
    ballot.cast(a.every((histogram, question) => isPrivate(histogram, b[question]!, one)));
  }
}

function tally(
  seen: Histogram[],
  release: (noise: readonly (readonly bigint[])[]) => readonly number[],
  noise: readonly (readonly bigint[])[],
  size: number,
  { streams }: Composition,
): void {
  for (let i = 0; i < size; i += 1) {
    const own = streams.map(({ count }, stream) => noise[stream]!.slice(i * count, (i + 1) * count));
    for (const [question, outcome] of release(own).entries()) {
      seen[question] ??= new Map();
      seen[question].set(outcome, (seen[question].get(outcome) ?? 0) + 1);
    }
  }
}

/** What cases must share to be drawn together. */
export function streamsKey({ samples }: DpCase, { streams }: Composition): string {
  const kinds = streams.map(({ kind: { family, parameter }, count }) =>
    [family, parameter.top, parameter.bottom, count].join(' '),
  );
  return `${samples} ${kinds.join(', ')}`;
}
