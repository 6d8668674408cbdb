/**
 * Goal: the log names nobody in what is signed; who may know is told who it was; what is erased is nowhere left.
 * Method: real files, searched byte by byte for the name before (control) and after.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  appendEntry,
  canonicalJson,
  closeEntry,
  ERASED,
  eraseOpenings,
  openStore,
  personCommitment,
  readEntries,
  readEntryBytes,
  type Store,
  searchEntries,
} from '../../catalog/index.ts';
import { entry } from './memory-store.ts';

const WHO = { org: 'acme', sub: 'zhangsan-1987', role: 'developer' };
const OTHER = { org: 'acme', sub: 'lisi-2', role: 'developer' };
let dir: string;
let path: string;
let store: Store;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-people-'));
  path = join(dir, 'sluice.db');
  store = openStore({ path, now: () => new Date() });
  const officer = { org: 'office', sub: 'carol', role: 'security' };
  for (const made of [
    { who: WHO },
    { who: OTHER },
    { who: WHO },
    { who: officer, about: { org: WHO.org, sub: WHO.sub } },
  ]) {
    await store.commit((tx) => appendEntry(tx, entry(made)));
  }
  await store.indexed();
});
afterEach(() => {
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

const all = () => store.read((db) => readEntries(db, 0, 99));
const found = (person: string) => store.read((db) => searchEntries(db, { person })).entries.map(({ index }) => index);
/** Files of the home that hold the name, as text or as the index writes it. */
const filesWithName = () =>
  readdirSync(dir).filter((name) => {
    const bytes = readFileSync(join(dir, name));
    return [WHO.sub, Buffer.from(WHO.sub).toString('hex')].some((text) => bytes.includes(text));
  });

it('keeps names beside the entries, whose bytes hold salted commitments', () => {
  const bytes = store.read((db) => readEntryBytes(db, 0, 99));
  expect(bytes.some((one) => one.includes(WHO.sub) || one.includes('"salt"'))).toBe(false);
  const entries = all();
  expect(entries.map(({ who, about }) => [who?.sub, about?.sub])).toEqual([
    [WHO.sub, undefined],
    [OTHER.sub, undefined],
    [WHO.sub, undefined],
    ['carol', WHO.sub],
  ]);
  expect(new Set(entries.map(({ who }) => who?.person)).size, 'the same person, another commitment').toBe(4);
  for (const [i, one] of entries.entries()) {
    expect(canonicalJson(closeEntry(one))).toBe(bytes[i]?.toString());
    const { person, salt = '' } = one.who!;
    expect(personCommitment(Buffer.from(salt, 'base64url'), one.who!)).toBe(person);
  }
  expect(found(WHO.sub)).toEqual([2, 0]);
});

it('does not believe a name that its commitment does not fit', () => {
  store.close();
  const client = new Database(path);
  client.exec(
    `UPDATE audit_openings SET sub = 'framed' WHERE idx = 0; UPDATE audit_openings SET org = 'x' WHERE idx = 2`,
  );
  client.close();
  store = openStore({ path, now: () => new Date() });
  expect(all().map(({ who }) => who?.sub)).toEqual([ERASED, OTHER.sub, ERASED, 'carol']);
});

it('leaves nothing of a name that is erased, and everything else', async () => {
  const before = store.read((db) => readEntryBytes(db, 0, 99));
  expect(filesWithName(), 'control').not.toEqual([]);
  expect(await store.commit((tx) => eraseOpenings(tx, WHO))).toBe(3);
  await store.purge();
  expect(filesWithName(), 'before anybody searches').toEqual([]);
  await store.indexed();
  expect(all().map(({ who, about }) => [who?.sub, about?.sub])).toEqual([
    [ERASED, undefined],
    [OTHER.sub, undefined],
    [ERASED, undefined],
    ['carol', ERASED],
  ]);
  expect([found(WHO.sub), found(OTHER.sub), found(ERASED)]).toEqual([[], [1], []]);
  expect(store.read((db) => readEntryBytes(db, 0, 99))).toEqual(before);
  expect(filesWithName()).toEqual([]);
});

it('leaves nothing either where the process ended right after the erasure', async () => {
  await store.commit((tx) => eraseOpenings(tx, WHO));
  store.close();
  expect(filesWithName(), 'control: the index was not emptied').not.toEqual([]);
  store = openStore({ path, now: () => new Date() });
  await store.indexed();
  expect([found(WHO.sub), found(OTHER.sub)]).toEqual([[], [1]]);
  expect(filesWithName()).toEqual([]);
});

it('is made anew while entries come and searches wait', async () => {
  const more = Array.from({ length: 2_000 }, () => store.commit((tx) => appendEntry(tx, entry({ who: OTHER }))));
  await Promise.all(more.slice(0, 1_000));
  const waiting = store.indexed();
  await store.commit((tx) => eraseOpenings(tx, WHO));
  await store.purge();
  await Promise.all([...more, waiting]);
  await store.indexed();
  expect(store.read((db) => searchEntries(db, { person: OTHER.sub }, { limit: 1_000 })).entries).toHaveLength(1_000);
  expect(found(WHO.sub)).toEqual([]);
});
