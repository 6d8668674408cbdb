/**
 * `npm run -s test:fault -- [--runs 200] [--seed N] [--only TEXT] [--lanes N] [--record FILE] [--json]`: a real gateway under load to which
 * something happens, started again and held against what its clients know. The last line is the summary. Exit code 1 where anything was
 * lost. With `--record` each run is kept in a file, and the same command goes on where it was interrupted. With `--files`, instead: every
 * file of a home is damaged in every way, one at a time.
 */

import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { runFaults } from './campaign.ts';
import { damagesOf, openDamageGround } from './damaged-files.ts';
import { killAll } from './faulty-gateway.ts';
import { openRecord } from './record.ts';
import { removePattern } from './setting.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string', default: '' },
    lanes: { type: 'string', default: '1' },
    record: { type: 'string' },
    files: { type: 'boolean', default: false },
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
const startedMs = performance.now();
const minutes = () => Math.round((performance.now() - startedMs) / 6_000) / 10;
const summary = options.files ? await damageFiles() : await campaign();
console.log(JSON.stringify({ ...summary, commit, minutes: minutes() }, null, options.json ? undefined : 2));
process.exitCode = summary.ok ? 0 : 1;

async function campaign() {
  const record = openRecord(options.record, { runs, seed, only, commit });
  return await runFaults({
    ...{ runs, seed, only, lanes: Number(options.lanes), done: record.done },
    report(figure, index) {
      record.keep(index, figure);
      const { run, happened, stopped, found } = figure;
      const verdict = Object.keys(found).length === 0 ? 'held' : `FAILED ${JSON.stringify(found)}`;
      const notes = [happened ? '' : 'did not happen', stopped ? 'ended by itself' : ''].filter(Boolean).join(', ');
      console.log(options.json ? JSON.stringify(figure) : `${verdict}  ${run}  ${notes}`);
    },
  });
}

async function damageFiles() {
  const ground = await openDamageGround(seed);
  try {
    const all = damagesOf(ground.files).filter(({ file, damage }) => `${file}: ${damage}`.includes(only));
    const problems: string[] = [];
    for (const damaged of all) {
      const figure = await ground.try(damaged);
      const { file, damage, refusal } = figure;
      problems.push(...figure.problems.map((problem) => `${file}: ${damage}: ${problem}`));
      const verdict = figure.problems.length === 0 ? 'held' : `FAILED ${figure.problems.join('; ')}`;
      console.log(options.json ? JSON.stringify(figure) : `${verdict}  ${file}: ${damage}  ${refusal ?? 'started'}`);
    }
    return { ok: problems.length === 0, seed, tries: all.length, problems };
  } finally {
    killAll();
    await ground.remove();
    await removePattern();
  }
}
