/**
 * Goal: whatever moment the gateway dies at, the books hold all that was released and never more than the budget.
 * Method: a process makes private releases in eight lanes until SIGKILL after a random number of steps, again and again on one home, until the
 * budget is used up; after each, what a start does about jobs that were cut off. Invariants: spent + reserved ≤ limit; spent ≥ what is
 * in the register and what was said to be released; every intent that was durable is charged once; nothing is left reserved.
 * Control: books that are written after the release lack some.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  balance,
  entryCount,
  listPrivacyReleases,
  openStore,
  readEntries,
  type Store,
  unfinishedJobs,
} from '../../../catalog/index.ts';
import { recordAborted } from '../../../gateway/pipeline/record.ts';
import { DEFAULT_PROFILE, privacyAccounts } from '../../../policies/index.ts';
import { seed } from '../../catalog/memory-store.ts';

const KILLS = 12;
const RHO = 0.0001;
const RELEASES_MAX = 400;
const LIMIT = RHO * RELEASES_MAX;

let dir: string;
const open = (): Store => openStore({ path: join(dir, 'sluice.db'), now: () => new Date() });
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-books-'));
  const store = open();
  await store.commit(seed);
  store.close();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Said {
  readonly intents: Set<string>;
  readonly releases: Set<string>;
  refused: number;
}

/** @param isEnough told all that it has said, says when it is killed */
async function untilKilled(round: number, said: Said, isEnough: (output: string) => boolean): Promise<void> {
  const writer = join(import.meta.dirname, 'spending-writer.ts');
  const child = spawn(process.execPath, [writer, join(dir, 'sluice.db'), String(round), String(RHO), String(LIMIT)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  // WHY by what it has said: a busy machine says little in a time.
  while (!isEnough(output)) await once(child.stdout, 'data');
  await sleep(randomInt(3));
  child.kill('SIGKILL');
  await once(child, 'close');
  for (const line of output.split('\n').slice(0, -1)) {
    const [what, job = ''] = line.split(' ');
    if (what === 'I') said.intents.add(job);
    if (what === 'R') said.releases.add(job);
    if (what === 'X') said.refused += 1;
  }
}

function booksOf(store: Store) {
  const { budgets, account } = resourceAccount();
  return store.read((db) => {
    const entries = readEntries(db, 0, entryCount(db));
    const registered = [];
    for (let after: number | undefined; ; ) {
      const page = listPrivacyReleases(db, { after, limit: 500 });
      registered.push(...page);
      if (page.length < 500) break;
      after = page.at(-1)?.seq;
    }
    return {
      ...balance(db, account),
      budgets,
      intents: entries.filter(({ kind }) => kind === 'intent').map(({ job }) => job),
      registered: registered.map(({ job }) => job),
    };
  });
}

function resourceAccount() {
  const budgets = { ...DEFAULT_PROFILE.privacyBudgets, resourceRho: LIMIT };
  const nobody = { sub: '', org: '', plan: { id: '', rhoMax: null } };
  const accounts = privacyAccounts({ resource: 'power', unit: 'uscc' }, nobody, budgets);
  return { budgets, account: accounts.find(({ kind }) => kind === 'resource')! };
}

it('is never below what was released and never above the budget, after kill -9 at any moment', async () => {
  const said: Said = { intents: new Set(), releases: new Set(), refused: 0 };
  let cutOff = 0;
  let lateBooksLack = 0;
  for (let round = 0; round <= KILLS; round += 1) {
    const lines = randomInt(2, 40);
    await untilKilled(round, said, (output) =>
      round < KILLS ? output.split('\n').length > lines : output.includes('X'),
    );
    const store = open();
    const unfinished = store.read(unfinishedJobs);
    cutOff += unfinished.length;
    for (const job of unfinished) await recordAborted(job, { store });
    const { spent, reserved, intents, registered } = booksOf(store);
    const units = (rho: number) => Math.round(rho / RHO);
    expect(reserved).toBe(0);
    expect(spent).toBeLessThanOrEqual(LIMIT);
    expect(units(spent)).toBe(intents.length);
    expect(new Set(intents).size).toBe(intents.length);
    for (const job of said.intents) expect(intents).toContain(job);
    for (const job of said.releases) expect(registered).toContain(job);
    expect(units(spent)).toBeGreaterThanOrEqual(registered.length);
    lateBooksLack = intents.length - registered.length;
    store.close();
  }
  console.log(`kill -9 × ${KILLS}: ${said.releases.size} releases told, ${cutOff} cut off, ${said.refused} refused`);
  expect(said.releases.size).toBeGreaterThan(RELEASES_MAX / 4);
  expect(said.refused).toBeGreaterThan(0);
  expect(cutOff).toBeGreaterThan(0);
  expect(lateBooksLack).toBe(cutOff);
}, 120_000);
