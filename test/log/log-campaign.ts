import { verifyHome, verifyTiles } from '../../gateway/audit/index.ts';
import type { Tally } from './alteration.ts';
import { crashEverywhere } from './crashes.ts';
import { alterNames } from './name-alterations.ts';
import { alterReceipts } from './receipt-alterations.ts';
import { alterRows } from './row-alterations.ts';
import { makeSampleLog, type SampleLog } from './sample-log.ts';
import { alterTiles } from './tile-alterations.ts';
import { c2spVectors, rfc6962Vectors } from './vectors.ts';

export interface LogFigure {
  readonly part: string;
  readonly changes: number;
  readonly undetected: number;
  readonly setBack: number;
  readonly seconds: number;
}

export interface LogSummary {
  readonly ok: boolean;
  readonly changes: number;
  /** By the offline check, or, of a log that was set back to what it once was, against a checkpoint kept since. */
  readonly undetected: number;
  /** Of those detected: seen against a kept checkpoint only. */
  readonly setBack: number;
  /** Detected, with an entry named that was not the one. */
  readonly misplaced: number;
  readonly vectors: number;
  readonly vectorsFailed: readonly string[];
  readonly crashes: number;
  readonly crashFailures: readonly string[];
  /** The first few, in words. */
  readonly examples: readonly string[];
}

/** Bytes between two that are changed in a tiny run; all of them in a whole one. */
const TINY_STEP = 211;
const EXAMPLES_MAX = 10;

export async function runLogCampaign(
  { tiny }: { readonly tiny: boolean },
  report: (figure: LogFigure) => void,
): Promise<LogSummary> {
  const step = tiny ? TINY_STEP : 1;
  const sample = await makeSampleLog([100, 200, 20]);
  const tallies: Tally[] = [];
  try {
    requireIntact(sample);
    for (const alter of [alterReceipts, alterTiles, alterRows, alterNames]) {
      const startedMs = performance.now();
      const found = alter(sample, step);
      const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
      for (const { part, changes, undetected, setBack } of found)
        report({ part, changes, undetected: undetected.length, setBack, seconds });
      tallies.push(...found);
    }
    requireIntact(sample);
  } finally {
    sample.remove();
  }
  const crashed = await crashEverywhere(tiny ? [1, 3, 260] : [1, 1, 2, 40, 210, 1, 3, 300, 1, 20, 1, 1], tiny ? 4 : 1);
  return summarise(tallies, crashed);
}

/** The control: nothing was done to it. */
function requireIntact({ storePath, tilesDir, key, known }: SampleLog): void {
  const isIntact =
    verifyHome(storePath, key.vkey, { known }).isIntact && verifyTiles(tilesDir, key.vkey, { known }).isIntact;
  if (!isIntact) throw new Error('control: the log that nobody touched is intact');
}

function summarise(
  tallies: readonly Tally[],
  { crashes, failures }: Awaited<ReturnType<typeof crashEverywhere>>,
): LogSummary {
  const vectors = [...rfc6962Vectors(), ...c2spVectors()];
  const vectorsFailed = vectors.filter(({ passes }) => !passes).map(({ name }) => name);
  const undetected = tallies.flatMap((tally) => tally.undetected);
  const misplaced = tallies.flatMap((tally) => tally.misplaced);
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  return {
    ok: [undetected, misplaced, vectorsFailed, failures].every(({ length }) => length === 0),
    changes: sum(({ changes }) => changes),
    undetected: undetected.length,
    setBack: sum(({ setBack }) => setBack),
    misplaced: misplaced.length,
    vectors: vectors.length,
    vectorsFailed,
    crashes,
    crashFailures: failures.slice(0, EXAMPLES_MAX),
    examples: [...undetected, ...misplaced].slice(0, EXAMPLES_MAX),
  };
}
