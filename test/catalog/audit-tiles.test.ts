/**
 * Goal: a stretch that is read at once holds what its rows hold, and is none where a row is not as it should be.
 * Method: entries of random bytes, zeros among them, in tables that take anything; each of the ways in which a row can be wrong.
 */
import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLeafStretch } from '../../catalog/audit-tiles.ts';
import { leafHash } from '../../catalog/index.ts';

const [FROM, TO] = [256, 512];
let client: Database.Database;
const entries = Array.from({ length: 600 }, (_, i) => Buffer.concat([Buffer.from([0, 34, 0]), randomBytes(i % 300)]));
beforeEach(() => {
  client = new Database(':memory:');
  client.exec('CREATE TABLE audit_entries (idx, bytes); CREATE TABLE audit_leaves (idx, hash)');
  for (const [i, bytes] of entries.entries()) {
    client.prepare('INSERT INTO audit_entries VALUES (?, ?)').run(BigInt(i), bytes);
    client.prepare('INSERT INTO audit_leaves VALUES (?, ?)').run(BigInt(i), leafHash(bytes));
  }
});
afterEach(() => client.close());

const stretch = () => readLeafStretch({ client }, FROM, TO);

it('holds each entry behind a zero, and the leaves side by side', () => {
  const wanted = entries.slice(FROM, TO);
  expect(stretch()?.inputs).toEqual(wanted.map((bytes) => Buffer.concat([Buffer.alloc(1), bytes])));
  expect(stretch()?.leaves).toEqual(Buffer.concat(wanted.map(leafHash)));
});

it.each([
  ['an entry is gone', 'DELETE FROM audit_entries WHERE idx = 300'],
  ['a leaf is gone', 'DELETE FROM audit_leaves WHERE idx = 511'],
  ['all are gone', 'DELETE FROM audit_entries'],
  ['an entry is there twice', 'INSERT INTO audit_entries SELECT * FROM audit_entries WHERE idx = 256'],
  ['another took its place', 'UPDATE audit_entries SET idx = 301 WHERE idx = 300'],
  ['an index is no whole number', 'UPDATE audit_leaves SET idx = 300.5 WHERE idx = 300'],
  ['an entry is nothing', 'UPDATE audit_entries SET bytes = NULL WHERE idx = 300'],
  ['an entry is a text whose length is not its bytes', "UPDATE audit_entries SET bytes = '数闸' WHERE idx = 300"],
])('is none where %s', (_, change) => {
  client.exec(change);
  expect(stretch()).toBeNull();
});
