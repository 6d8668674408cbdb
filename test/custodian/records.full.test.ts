/**
 * Goal: what a custodian opened and spent it still knows after a stop, whatever was done to its file meanwhile.
 * Method: a custodian answers and is ended; its file is edited, or put back; another one starts on the same directory.
 * Invariants: a changed row stops all opening, and the log has it; what the log says was spent is spent; an earlier file does not start.
 */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { balance, custodyAccounts, readEntries } from '#catalog';
import { others } from './attack.ts';
import { type Ground, plantGround } from './ground.ts';

let ground: Ground;
afterEach(() => ground.close());

async function again(): Promise<Ground> {
  ground = await plantGround({ at: ground.dir });
  return ground;
}
const paid = (count: number) => ground.request([others(count)]);
const [whole, ofPlan] = custodyAccounts({ dataset: 'wages' }, 'person_id', 'plan-1');
const spent = (account: typeof whole | typeof ofPlan) => ground.parts.store.read((db) => balance(db, account).spent);
const integrity = () =>
  ground.parts.store
    .read((db) => readEntries(db, 0, 1_000))
    .filter(({ kind, decision }) => kind === 'integrity' && decision === 'deny');

it('goes on where it was (control)', async () => {
  ground = await plantGround();
  const first = await ground.ask(paid(50));
  const before = spent(whole);
  await ground.leave();
  await again();
  expect(await ground.ask(paid(50))).toEqual(first);
  expect(spent(whole)).toBe(before);
  expect(integrity()).toEqual([]);
});

it.each([
  ['an account', 'UPDATE ledger_accounts SET spent = 0'],
  ['a set of rows', "UPDATE custody_sets SET bits = x'00'"],
  ['a package', "UPDATE custody_packages SET signer = 'x'"],
  ['an opening', 'DELETE FROM custody_openings'],
  ['a reservation', 'DELETE FROM ledger_reservations'],
  ['all seals', 'DELETE FROM row_seals; UPDATE catalogue_seal SET mac = NULL'],
])('opens nothing after an edit of %s, and its log says why', async (_, edit) => {
  ground = await plantGround();
  await ground.ask(paid(50));
  await ground.leave();
  ground.edit(edit);
  await again();
  expect((await ground.ask(paid(90))).why).toBe('records');
  expect(integrity().length).toBeGreaterThan(0);
  expect(ground.refusals()).toContain('records');
});

it('holds its budget against its log: what was spent is spent, also where ledger and seals say otherwise', async () => {
  ground = await plantGround();
  await ground.ask(paid(50));
  const before = [spent(whole), spent(ofPlan)];
  expect(before[0]).toBeGreaterThan(0);
  await ground.leave();
  ground.edit('UPDATE ledger_accounts SET spent = 0');
  rmSync(join(ground.dir, 'keys', 'records.key')); // as somebody who can seal anew what they wrote
  ground.edit('DELETE FROM row_seals; UPDATE catalogue_seal SET mac = NULL');
  await again();
  expect([spent(whole), spent(ofPlan)]).toEqual(before);
  expect(
    integrity()
      .map(({ note }) => note)
      .join(),
  ).toContain('held less than the log says was spent');
});

it('does not start on an earlier copy of its file', async () => {
  ground = await plantGround();
  await ground.leave();
  const [file, copy] = ['custodian.db', 'earlier.db'].map((name) => join(ground.dir, name)) as [string, string];
  copyFileSync(file, copy);
  await again();
  await ground.ask(paid(50));
  await ground.leave();
  for (const rest of ['-wal', '-shm']) rmSync(`${file}${rest}`, { force: true });
  copyFileSync(copy, file);
  await expect(again()).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  // Control: with what is kept beside the keys set back too, nothing is seen from inside.
  rmSync(join(ground.dir, 'keys', 'log-head.json'));
  await again();
  expect((await ground.ask(paid(49))).why).toBe(null);
});
