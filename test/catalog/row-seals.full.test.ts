/**
 * Goal: a row that decides who may ask what is not used once someone else has changed it, and the store says which.
 * Method: every column of every sealed table, edited in the file by another connection, with the store open and before it
 * opens; rows taken out, put in, and put back as they once were together with their seals. Controls: the untouched rows are
 * used; the same change by the gateway's own functions is no finding.
 */
import { createHmac } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { incidentsOf } from '../../catalog/authorization/incidents.ts';
import {
  findOrganisation,
  findPlan,
  findResource,
  openStore,
  revokePlan,
  type Store,
  type TamperedRow,
} from '../../catalog/index.ts';
import { SEALED_TABLES } from '../../catalog/sealed-tables.ts';
import { fillSealedTables, type SealedTable, USES, WHERE } from './sealed-tables.ts';

let dir: string;
let path: string;
let found: TamperedRow[];
let takenIn: number[];
const stores = new Set<Store>();

function open(key = 7): Store {
  const store = openStore({
    path,
    now: () => new Date(),
    integrity: {
      key: Buffer.alloc(32, key),
      onTampered: (row) => found.push(row),
      onTakenIn: (rows) => takenIn.push(rows),
    },
  });
  stores.add(store);
  return store;
}

function close(store: Store): void {
  if (stores.delete(store)) store.close();
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-seals-'));
  path = join(dir, 'sluice.db');
  [found, takenIn] = [[], []];
  const store = open();
  await store.commit(fillSealedTables);
  close(store);
});
afterEach(() => {
  for (const store of stores) close(store);
  rmSync(dir, { recursive: true, force: true });
});

/** As someone with the file in hand. */
function edit(sql: string): void {
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
}

function sealCount(): number {
  const db = new Database(path, { readonly: true });
  const count = db.prepare<[], number>('SELECT count(*) FROM row_seals').pluck().get() ?? 0;
  db.close();
  return count;
}

const tables = Object.keys(SEALED_TABLES) as SealedTable[];
const corrupt = expect.objectContaining({ code: 'CATALOGUE_CORRUPT' });

/** Another value for every column that is none of the row's key. */
function edits(table: SealedTable): readonly string[] {
  const db = new Database(path, { readonly: true });
  const columns = db.pragma(`table_info(${table})`) as { name: string; type: string; pk: number }[];
  db.close();
  return columns
    .filter(({ pk }) => pk === 0)
    .map(({ name, type }) => {
      const value =
        type !== 'TEXT' && type !== 'BLOB' ? `coalesce("${name}", 0) + 1` : `coalesce("${name}", '') || ' '`;
      return `PRAGMA ignore_check_constraints = ON; UPDATE ${table} SET "${name}" = ${value} WHERE ${WHERE[table]}`;
    });
}

describe.each(tables)('a row of %s', (table) => {
  it('is used as the gateway wrote it (control)', () => {
    const store = open();
    expect(() => USES[table](store)).not.toThrow();
    expect([found, takenIn]).toEqual([[], []]);
  });

  it('is not used with any column changed while the gateway runs', () => {
    const running = open();
    const kept = new Database(path);
    for (const sql of edits(table)) {
      const row = kept.prepare(`SELECT * FROM ${table} WHERE ${WHERE[table]}`).get() as Record<string, unknown>;
      edit(sql);
      expect(() => USES[table](running), sql).toThrow(corrupt);
      const names = Object.keys(row);
      const set = names.map((name) => `"${name}" = ?`).join(', ');
      kept.prepare(`UPDATE ${table} SET ${set} WHERE ${WHERE[table]}`).run(...Object.values(row));
      expect(() => USES[table](running), 'control').not.toThrow();
    }
    kept.close();
    expect(found).toMatchObject([{ table }]); // told once
  });

  it('is not used when it was changed before the gateway started', () => {
    for (const sql of edits(table).slice(0, 2)) {
      edit(sql);
      const restarted = open();
      expect(found, sql).toMatchObject([{ table }]);
      expect(() => USES[table](restarted), sql).toThrow(corrupt);
      close(restarted);
      found = [];
    }
  });

  it('taken out stops everything', async () => {
    const running = open();
    const version = running.catalogueVersion();
    edit(`DELETE FROM ${table} WHERE ${WHERE[table]}`);
    await running.commit(() => undefined);
    expect(running.catalogueVersion()).toBeGreaterThan(version);
    expect(found).toContainEqual(expect.objectContaining({ table }));
    edit(`DELETE FROM row_seals WHERE table_name = '${table}'`);
    await running.commit(() => undefined);
    expect(found).toContainEqual({ table: 'catalogue', key: '*' });
    expect(() => running.read((db) => findOrganisation(db, 'bureau'))).toThrow(corrupt);
  });
});

it('a plan put back as it once was, with the seal that it had, is not used', async () => {
  const before = join(dir, 'before.db');
  copyFileSync(path, before);
  const store = open();
  await store.commit((tx) => revokePlan(tx, 'p1', { org: 'bureau', by: 'bo', comment: '' }));
  expect(store.read((db) => findPlan(db, 'p1'))?.state).toBe('revoked');
  expect(found).toEqual([]); // a change of the gateway's own
  edit(`ATTACH '${before}' AS old;
    INSERT OR REPLACE INTO row_seals SELECT * FROM old.row_seals;
    UPDATE plans SET (state, revocation) = (SELECT state, revocation FROM old.plans WHERE id = 'p1') WHERE id = 'p1';`);
  await store.commit(() => undefined);
  expect(found).toEqual([{ table: 'catalogue', key: '*' }]);
  expect(() => store.read((db) => findPlan(db, 'p1'))).toThrow(corrupt);
  await store.commit((tx) => tx.client.exec(`UPDATE organisations SET title_en = 'x' WHERE id = 'dev'`));
  expect(() => store.read((db) => findPlan(db, 'p1')), 'no change of its own heals it').toThrow(corrupt);
});

/** Rows that forbid something, and a column by which they are looked for: changed, the row is another's, and nobody would meet it. */
const FORBIDDING: readonly (readonly [SealedTable, string])[] = [
  ['freezes', 'thawed_at'],
  ['operator_exits', 'operator'],
  ['operator_incidents', 'operator'],
  ['affiliations', 'org'],
  ['grant_revocations', 'grant_id'],
  ['consent_withdrawals', 'consent'],
  ['sync_envelopes', 'subject'],
  ['sync_mismatches', 'verdict'],
];

const READS: typeof USES = { ...USES, operator_incidents: (store) => store.read((db) => incidentsOf(db, 'op')) };

it.each(FORBIDDING)('a row of %s that was made another’s in %s is missed', (table, column) => {
  const running = open();
  expect(() => READS[table](running), 'control').not.toThrow();
  edit(`PRAGMA ignore_check_constraints = ON; UPDATE ${table} SET "${column}" = 'another' WHERE ${WHERE[table]}`);
  expect(() => READS[table](running)).toThrow(corrupt);
});

it('a home that was never sealed is taken in, and says so; one of another key is not used', () => {
  const seals = sealCount();
  edit('DELETE FROM row_seals; UPDATE catalogue_seal SET mac = NULL');
  const store = open();
  expect(takenIn).toEqual([seals]);
  for (const table of tables) expect(() => USES[table](store)).not.toThrow();
  close(store);
  close(open());
  expect(takenIn, 'once').toEqual([seals]);
  expect(found).toEqual([]);
  expect(() => USES.plans(open(8))).toThrow(corrupt);
});

describe('a home of an older version', () => {
  it('keeps its seals when a table gets a column, and the column is sealed once it is set', async () => {
    const client = new Database(path);
    const columns = client.pragma("table_info('resources')") as { name: string }[];
    const later = ['lineage', 'terms'];
    const before = columns.filter(({ name }) => !later.includes(name)).map(({ name }) => `"${name}"`);
    const row = client
      .prepare<[], unknown[]>(`SELECT ${before.join(', ')} FROM resources WHERE id = 'water'`)
      .raw()
      .get()!;
    const macOf = `SELECT mac FROM row_seals WHERE table_name = 'resources' AND row_key = '["water"]'`;
    const sealed = client.prepare<[], Buffer>(macOf).pluck().get()!;
    const old = createHmac('sha256', Buffer.alloc(32, 7))
      .update(JSON.stringify(['resources', ...row]))
      .digest();
    expect(sealed.equals(old)).toBe(true);
    client.exec("UPDATE resources SET lineage = 'power' WHERE id = 'water'");
    client.close();
    const store = open();
    expect(found).toContainEqual({ table: 'resources', key: '["water"]' });
    expect(() => store.read((db) => findResource(db, 'water'))).toThrow(
      expect.objectContaining({ code: 'CATALOGUE_CORRUPT' }),
    );
    close(store);
  });
});
