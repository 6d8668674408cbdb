/**
 * `npm run -s test:fault -- [--runs 200] [--seed N] [--only TEXT] [--json]`: a real gateway under load to which something happens,
 * started again and held against what its clients know. The last line is the summary. Exit code 1 where anything was lost.
 */

import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { runFaults } from './campaign.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string', default: '' },
  },
});
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
  encoding: 'utf8',
  cwd: import.meta.dirname,
}).trim();
const startedMs = performance.now();
const summary = await runFaults({
  runs: Number(options.runs),
  seed: Number(options.seed),
  only: options.only,
  report(figure) {
    const { run, happened, stopped, found } = figure;
    const verdict = Object.keys(found).length === 0 ? 'held' : `FAILED ${JSON.stringify(found)}`;
    const notes = [happened ? '' : 'did not happen', stopped ? 'ended by itself' : ''].filter(Boolean).join(', ');
    console.log(options.json ? JSON.stringify(figure) : `${verdict}  ${run}  ${notes}`);
  },
});
const minutes = Math.round((performance.now() - startedMs) / 6_000) / 10;
console.log(JSON.stringify({ ...summary, commit, minutes }, null, options.json ? undefined : 2));
process.exitCode = summary.ok ? 0 : 1;
