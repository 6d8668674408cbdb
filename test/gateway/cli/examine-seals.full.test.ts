/** Goal: `doctor` names the rows that someone else changed, and changes nothing itself. Method: a real home, edited in the file. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { insertFreeze, openStore, putOrganisation } from '../../../catalog/index.ts';
import { examineSeals } from '../../../gateway/cli/examine-seals.ts';
import { readConfig } from '../../../gateway/config.ts';
import { openHomeSecrets, openMasterKey } from '../../../gateway/keys/index.ts';

const MASTER = '11'.repeat(32);
let home: string;
const configOf = (key = MASTER) => readConfig({ SLUICE_HOME: home, SLUICE_MASTER_KEY: key });
const facts = async (key?: string) => (await examineSeals(configOf(key))).map(({ state, fact }) => [state, fact.en]);

function edit(sql: string): void {
  const db = new Database(join(home, 'sluice.db'));
  db.exec(sql);
  db.close();
}

async function seed(): Promise<void> {
  const { catalogue } = await openHomeSecrets(home, await openMasterKey(configOf()));
  const integrity = {
    key: catalogue,
    onTampered: () => undefined,
    onTakenIn: () => undefined,
  };
  const store = openStore({ path: join(home, 'sluice.db'), now: () => new Date(), integrity });
  await store.commit((tx) => {
    putOrganisation(tx, { id: 'grid', title: { zh: '电', en: 'grid' }, kind: 'provider' });
    insertFreeze(tx, { id: 'f1', scope: 'plan', target: 'p1', reason: '', frozenBy: 'office/carol' });
  });
  store.close();
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sluice-doctor-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('nothing where there is no home; well where there is one; an edited row by its name', async () => {
  expect(await facts()).toEqual([]);
  await seed();
  expect(await facts()).toEqual([['ok', 'every sealed row is as the gateway wrote it']]);
  edit(`UPDATE freezes SET target = 'p2' WHERE id = 'f1'`);
  expect(await facts()).toEqual([['failure', 'freezes ["f1"] is not as the gateway wrote it, and is not used']]);
  const [finding] = await examineSeals(configOf());
  expect(finding?.remedy?.en).toContain('restore it whole from a backup');
});

test('a row that is gone, and a home under another key', async () => {
  await seed();
  edit(`DELETE FROM freezes; DELETE FROM row_seals WHERE table_name = 'freezes'`);
  expect(await facts()).toEqual([['failure', expect.stringContaining('rows are missing')]]);
  expect(await facts('22'.repeat(32))).toEqual([['failure', 'cannot be checked: MASTER_KEY_WRONG']]);
});

test('it writes nothing: neither a seal nor a key', async () => {
  await seed();
  edit(`UPDATE organisations SET kind = 'bureau'`);
  const before = readFileSync(join(home, 'sluice.db'));
  await facts();
  expect(await examineSeals(readConfig({ SLUICE_HOME: home }))).toEqual([]);
  expect(readFileSync(join(home, 'sluice.db')).equals(before)).toBe(true);
  expect(readdirSync(join(home, 'keys'))).toEqual(['secrets.sealed']);
});
