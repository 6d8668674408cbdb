import { randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  appendEntry,
  createJob,
  finishJob,
  openStore,
  registerReleases,
  reservePrivacy,
  settle,
  sha256Hex,
  startJob,
} from '../../../catalog/index.ts';
import { DEFAULT_PROFILE } from '../../../policies/index.ts';

/**
 * Private releases as fast as they go, each an intent and an outcome, until it is killed: the steps of record.ts without an engine
 * between them. Says on its standard output what is durable: `I job` and `R job`, or `X` where the budget is used up.
 */
const [path = '', round = '', takes = '', limit = ''] = process.argv.slice(2);
const store = openStore({ path, now: () => new Date() });
const budgets = { ...DEFAULT_PROFILE.privacyBudgets, resourceRho: Number(limit) };
const say = (text: string) => writeSync(1, `${text}\n`);
const rho = Number(takes);
const charge = { resource: 'power', unit: 'uscc', rho, delta: 1e-10 };
const use = { ...charge, statistic: 'n', groupsMax: 1, contributionMax: 1, sensitivity: 1, variance: 1 / (2 * rho) };

async function release(job: string, sub: string): Promise<void> {
  const who = { sub, org: sub, role: 'developer' };
  await store.commit((tx) => {
    createJob(tx, { id: job, idempotencyKey: null, requestSha256: '', sub, org: sub, plan: 'p', sql: '' });
    reservePrivacy(tx, job, [charge], { ...who, plan: { id: job, rhoMax: null } }, budgets);
    startJob(tx, job, appendEntry(tx, { v: 1, kind: 'intent', at: tx.now(), job, who }).index);
  });
  say(`I ${job}`);
  await sleep(2 + randomInt(10));
  const json = '{}';
  const result = { json, sha256: sha256Hex(json) };
  await store.commit((tx) => {
    settle(tx, job);
    const at = tx.now();
    const { index } = appendEntry(tx, { v: 1, kind: 'outcome', at, job, who, resultSha256: result.sha256 });
    finishJob(tx, job, { state: 'finished', mode: 'dp', result, outcomeIndex: index });
    registerReleases(tx, job, [{ ...use, mechanism: 'discrete-gaussian' }]);
  });
  say(`R ${job}`);
}

async function lane(name: string): Promise<void> {
  for (let n = 0; ; n += 1) {
    try {
      await release(`${round}-${name}-${n}`, `${round}-${name}-${Math.floor(n / 20)}`);
    } catch {
      say('X');
      await sleep(1);
    }
  }
}

say('begun');
await Promise.all(Array.from({ length: 8 }, (_, name) => lane(String(name))));
