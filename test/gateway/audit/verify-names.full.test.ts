/**
 * Goal: no name beside the log is changed, moved, added or taken away without being seen; erased on record is fine.
 * Control: the log as it was written.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appendEntry, eraseOpenings } from '../../../catalog/index.ts';
import { verifyNames } from '../../../gateway/audit/verify-names.ts';
import { entry } from '../../catalog/memory-store.ts';
import { type Home, newHome, openHome } from './home.ts';

let home: Home;
let copies = 0;
beforeAll(async () => {
  home = newHome();
  const store = openHome(home);
  for (let n = 0; n < 40; n += 1) {
    const who = { org: 'acme', sub: `person-${n % 4}`, role: 'developer' };
    await store.commit((tx) => appendEntry(tx, entry({ who, about: { org: 'acme', sub: 'somebody' } })));
  }
  store.close();
});
afterAll(() => home.remove());

function changed(sql: string) {
  copies += 1;
  const path = join(home.dir, `changed-${copies}.db`);
  copyFileSync(home.storePath, path);
  const client = new Database(path);
  client.pragma('ignore_check_constraints = ON');
  client.exec(sql);
  client.close();
  return verifyNames(path);
}

it('finds the names as they were written', () => {
  expect(changed('SELECT 1')).toEqual({ kept: 80, erased: 0 });
});

it.each([
  ['another account', "UPDATE audit_openings SET sub = 'x' WHERE idx = 7 AND part = 'who'", 'name-changed', 7],
  ['another organisation', "UPDATE audit_openings SET org = 'x' WHERE idx = 7 AND part = 'about'", 'name-changed', 7],
  ['another salt', "UPDATE audit_openings SET salt = zeroblob(16) WHERE idx = 9 AND part = 'who'", 'name-changed', 9],
  [
    'two swapped',
    "UPDATE audit_openings SET sub = CASE part WHEN 'who' THEN 'somebody' ELSE 'person-3' END WHERE idx = 3",
    'name-changed',
    3,
  ],
  ['one too many', "INSERT INTO audit_openings VALUES (99, 'who', 'a', 'b', zeroblob(16))", 'name-changed', 99],
  ['one before the first', "INSERT INTO audit_openings VALUES (-1, 'who', 'a', 'b', zeroblob(16))", 'name-changed', -1],
  ['one gone', "DELETE FROM audit_openings WHERE idx = 5 AND part = 'who'", 'name-missing', 5],
  ['all gone', 'DELETE FROM audit_openings', 'name-missing', 0],
  ['their table gone', 'DROP TABLE audit_openings', 'name-missing', 0],
])('sees %s', (_, sql, what, index) => {
  expect(changed(sql).problem).toEqual({ what, index });
});

it('takes a home of before there were names as it is', () => {
  const old = 'DROP TABLE audit_openings; UPDATE audit_entries SET bytes = CAST(\'{"v":1}\' AS BLOB)';
  expect(changed(old)).toEqual({ kept: 0, erased: 0 });
});

it('takes what the log says was erased as erased, and nothing more', async () => {
  const store = openHome(home);
  await store.commit((tx) => {
    const erased = eraseOpenings(tx, { org: 'acme', sub: 'person-1' });
    appendEntry(tx, { v: 1, kind: 'erasure', at: tx.now(), erased });
  });
  store.close();
  expect(changed('SELECT 1')).toEqual({ kept: 70, erased: 10 });
  expect(changed("DELETE FROM audit_openings WHERE idx = 4 AND part = 'who'").problem).toEqual({
    what: 'name-missing',
    index: 1,
  });
});
