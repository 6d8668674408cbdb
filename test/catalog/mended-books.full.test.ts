/**
 * Goal: after a start no privacy account holds less than the log says was begun, though each intent is read once in the life of a home.
 * Method: random intents in the log, starts in between, and a ledger or books that somebody edited; against a sum over the whole log.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appendEntry, balance, mendPrivacyBooks, openStore, type Store } from '../../catalog/index.ts';
import { DEFAULT_PROFILE, privacyAccounts } from '../../policies/index.ts';
import { seed } from './memory-store.ts';

const BUDGETS = DEFAULT_PROFILE.privacyBudgets;
const RHO = 0.001;
let dir: string;
let path: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-mended-'));
  path = join(dir, 'sluice.db');
  const store = open();
  await store.commit(seed);
  store.close();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function open(): Store {
  const integrity = { key: Buffer.alloc(32, 7), onTampered: () => undefined, onTakenIn: () => undefined };
  return openStore({ path, now: () => new Date(), integrity });
}

/** As someone with the file in hand. */
function edit(sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

/** Logs so many intents; the kinds of accounts that a start then raised, and what the resource's own holds. */
async function started(intents: number) {
  const store = open();
  for (let one = 0; one < intents; one += 1) {
    await store.commit((tx) => {
      const who = { sub: `u${one % 3}`, org: 'dev', role: 'developer' };
      const budget = { charges: [{ resource: 'power', unit: 'uscc', rho: RHO, delta: 0 }] };
      appendEntry(tx, { v: 1, kind: 'intent', at: tx.now(), job: `j${one}`, who, plan: 'p1', mode: 'dp', budget });
      appendEntry(tx, { v: 1, kind: 'intent', at: tx.now(), job: `r${one}`, who, plan: 'p1', mode: 'rows' });
    });
  }
  const raised = await store.commit((tx) => mendPrivacyBooks(tx, BUDGETS));
  const nobody = { sub: '', org: '', plan: { id: '', rhoMax: null } };
  const account = privacyAccounts({ resource: 'power', unit: 'uscc' }, nobody, BUDGETS).find(
    ({ kind }) => kind === 'resource',
  )!;
  const { spent } = store.read((db) => balance(db, account));
  store.close();
  return { raised: [...new Set(raised)].sort(), asked: Math.round(spent / RHO) };
}

it('raises what is missing, from the log and from what earlier starts have read of it', async () => {
  expect(await started(5)).toEqual({ raised: ['analyst', 'organisation', 'plan', 'resource'], asked: 5 });
  expect(await started(0)).toEqual({ raised: [], asked: 5 });
  expect((await started(4)).asked).toBe(9);
  edit('UPDATE ledger_accounts SET spent = 0');
  expect((await started(2)).asked).toBe(11);
});

it('reads no entry twice', async () => {
  await started(6);
  edit("UPDATE audit_entries SET bytes = CAST('{}' AS BLOB)"); // the log's own check would stop the start
  edit('UPDATE ledger_accounts SET spent = 0');
  expect((await started(1)).asked).toBe(7);
});

it('reads the whole log again where the books are not as they were written', async () => {
  await started(6);
  edit(`UPDATE privacy_books SET accounts = '[]'; UPDATE ledger_accounts SET spent = 0`);
  expect((await started(1)).asked).toBe(7);
  edit('DELETE FROM privacy_books; UPDATE ledger_accounts SET spent = 0');
  expect((await started(0)).asked).toBe(7);
});
