/**
 * `npm run -s test:fault -- [--runs 200] [--seed N] [--only TEXT] [--lanes N] [--record FILE] [--json]`: a real gateway under load to which
 * something happens, started again and held against what its clients know. The last line is the summary. Exit code 1 where anything was
 * lost. With `--record` each run is kept in a file, and the same command goes on where it was interrupted.
 */

import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { runFaults } from './campaign.ts';
import { killAll } from './faulty-gateway.ts';
import { openRecord } from './record.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string', default: '' },
    lanes: { type: 'string', default: '1' },
    record: { type: 'string' },
  },
});
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
  encoding: 'utf8',
  cwd: import.meta.dirname,
}).trim();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killAll();
    process.exit(1);
  });
}
const [runs, seed, { only }] = [Number(options.runs), Number(options.seed), options];
const record = openRecord(options.record, { runs, seed, only, commit });
const startedMs = performance.now();
const summary = await runFaults({
  ...{ runs, seed, only, lanes: Number(options.lanes), done: record.done },
  report(figure, index) {
    record.keep(index, figure);
    const { run, happened, stopped, found } = figure;
    const verdict = Object.keys(found).length === 0 ? 'held' : `FAILED ${JSON.stringify(found)}`;
    const notes = [happened ? '' : 'did not happen', stopped ? 'ended by itself' : ''].filter(Boolean).join(', ');
    console.log(options.json ? JSON.stringify(figure) : `${verdict}  ${run}  ${notes}`);
  },
});
const minutes = Math.round((performance.now() - startedMs) / 6_000) / 10;
console.log(JSON.stringify({ ...summary, commit, minutes }, null, options.json ? undefined : 2));
process.exitCode = summary.ok ? 0 : 1;
