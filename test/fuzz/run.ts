/**
 * `npm run -s fuzz -- [--queries N] [--seed N] [--json]`: random SQL against compiler, engine and protector. Failures are
 * printed shrunk, as they are found; the last line is JSON. Exit code 1 where there is one.
 */

import { parseArgs } from 'node:util';
import { outputOf } from '../attack/canary-scan.ts';
import { canariesIn } from './canary-city.ts';
import { type FuzzReport, fuzz } from './fuzz.ts';

const { values: options } = parseArgs({
  options: {
    queries: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '20261127' },
    json: { type: 'boolean', default: false },
  },
});
const [queries, seed] = [Number(options.queries), Number(options.seed)];
if (!Number.isSafeInteger(queries) || queries < 1) throw new Error('--queries is a whole number from 1');
if (!Number.isSafeInteger(seed)) throw new Error('--seed is a whole number');

const failures: string[] = [];
let report: FuzzReport | null = null;
const output = await outputOf(async () => {
  report = await fuzz({ queries, seed, failed: (failure) => failures.push(JSON.stringify(failure)) });
});
for (const line of failures) console.log(line);
const { acceptance, refusals, ...figures } = report!;
if (!options.json) console.log(JSON.stringify({ acceptance, refusals }, null, 2));
else console.log(JSON.stringify({ acceptance, refusals }));
const canary_leaks = figures.canary_leaks + canariesIn(output).length;
console.log(JSON.stringify({ ...figures, canary_leaks }));
process.exitCode = canary_leaks + figures.crashes + figures.mismatches > 0 ? 1 : 0;
