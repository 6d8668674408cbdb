/**
 * `npm run -s test:dp -- [--json] [--votes N] [--only TEXT] [--threads N]`: the language-neutral vectors for differential privacy and this project's own
 * checks, through its mechanisms and a cryptographic generator; beside them mutants, which must be found out, and campaigns of attackers, each with its control. The last line is a summary
 * as JSON; with `--json` it has every finding, too. Exit code 1 where anything is not as it must be.
 *
 * About 45 minutes of processor time with nine votes, 10 with `--votes 1`.
 */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Finding } from './finding.ts';
import { allTasks } from './tasks.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    votes: { type: 'string' },
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const votes = options.votes === undefined ? null : wholeNumber(options.votes);
const wanted = allTasks().flatMap(({ name }, task) => (name.includes(options.only) ? [task] : []));
const findings: Finding[] = [];

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${text} is no whole number from 1 on`);
  return value;
}

function report(finding: Finding): void {
  findings.push(finding);
  const { check, subject, name, holds, detail } = finding;
  const figures = Object.entries(detail).map(([key, value]) => `${key} ${Number(value.toPrecision(7))}`);
  if (!options.json) console.log(`${holds ? 'holds' : 'FAILS'}  ${check}  ${subject}: ${name}  ${figures.join(', ')}`);
}

/** One thread, which is given the next task whenever it is done with one. */
function work(queue: number[]): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { votes } });
  return new Promise((resolve, reject) => {
    const next = () => {
      const task = queue.shift();
      if (task === undefined) void worker.terminate().then(() => resolve());
      else worker.postMessage(task);
    };
    worker.on('error', reject);
    worker.on('message', (found: readonly Finding[]) => {
      for (const finding of found) report(finding);
      next();
    });
    next();
  });
}

const startedAt = performance.now();
const threads = Math.min(wholeNumber(options.threads), wanted.length);
await Promise.all(Array.from({ length: threads }, () => work(wanted)));

const mutants = findings.filter(({ check }) => check === 'mutant');
const campaigns = findings.filter(({ check }) => check === 'campaign');
const estimate = findings.find(({ check, detail }) => check === 'estimate' && detail['epsilon'] === 1)?.detail ?? null;
const summary = {
  suite: 'dp',
  checks: findings.length - mutants.length,
  holding: findings.filter(({ check, holds }) => check !== 'mutant' && holds).length,
  campaigns: campaigns.length,
  campaigns_within: campaigns.filter(({ holds }) => holds).length,
  mutants: mutants.length,
  mutants_killed: mutants.filter(({ holds }) => holds).length,
  failing: findings.filter(({ holds }) => !holds).map(({ check, subject, name }) => `${check} ${subject}: ${name}`),
  delta_estimate: estimate,
  votes: votes ?? 9,
  seconds: Math.round((performance.now() - startedAt) / 1000),
  ...(options.json ? { findings } : {}),
};
console.log(JSON.stringify(summary));
process.exitCode = summary.failing.length > 0 || findings.length === 0 ? 1 : 0;
