/**
 * `npm run -s fuzz -- [--queries N] [--seed N] [--from N] [--json]`: random SQL against compiler, engine and protector. Failures are
 * printed shrunk, as they are found, and progress on stderr; the last line is JSON. Exit code 1 where there is a failure. An interrupt (Ctrl-C)
 * ends it after the query at hand, with the report of those that were asked; `--from` goes on behind them, or repeats one.
 */

import { parseArgs } from 'node:util';
import { outputOf } from '../attack/canary-scan.ts';
import { canariesIn } from './canary-city.ts';
import { type Counts, type Failure, type FuzzReport, fuzz } from './fuzz.ts';

const { values: options } = parseArgs({
  options: {
    queries: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '20261127' },
    from: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});
const [queries, seed, from] = [Number(options.queries), Number(options.seed), Number(options.from)];
if (!Number.isSafeInteger(queries) || queries < 1) throw new Error('--queries is a whole number from 1');
if (!Number.isSafeInteger(seed)) throw new Error('--seed is a whole number');
if (!Number.isSafeInteger(from) || from < 0) throw new Error('--from is a whole number from 0');

const stopped = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort());

const PROGRESS_MS = 10_000;
let told = performance.now();
function progressed(done: number, { canary, crash, mismatch }: Counts): void {
  if (performance.now() - told < PROGRESS_MS) return;
  told = performance.now();
  console.error(`${done} of ${queries}: ${canary} leaks, ${crash} crashes, ${mismatch} mismatches`);
}

let report: FuzzReport | null = null;
let planted = 0;
const output = await outputOf(async () => {
  const failed = (failure: Failure) => {
    const line = JSON.stringify(failure);
    planted += canariesIn(line).length; // counted as a failure already
    console.log(line);
  };
  report = await fuzz({ queries, seed, from, failed, progressed, signal: stopped.signal });
});
const { acceptance, neverAnswered, refusals, ...figures } = report!;
if (!options.json) console.log(JSON.stringify({ acceptance, neverAnswered, refusals }, null, 2));
else console.log(JSON.stringify({ acceptance, neverAnswered, refusals }));
const canary_leaks = figures.canary_leaks + Math.max(0, canariesIn(output).length - planted);
console.log(JSON.stringify({ ...figures, canary_leaks }));
process.exitCode = canary_leaks + figures.crashes + figures.mismatches > 0 ? 1 : 0;
