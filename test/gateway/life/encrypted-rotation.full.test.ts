/**
 * Goal: after the custodian's key has changed and the provider has encrypted anew, questions are answered as before, and nothing opens what was
 * encrypted for the former key.
 * Method: rotation as `sluice custodian rotate` does it, the same table encrypted for the new key, uploaded as the next version. Then, as
 * somebody with everything that was kept: the former ciphertext, the former package, the custodian's directory of now.
 * Control: before, the former package opens under the secret that was there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findCustodyPackage, readEntries } from '#catalog';
import { openCustodianHome } from '../../../gateway/custodian/custodian-home.ts';
import { custodianKeyOf } from '../../../gateway/custodian/custodian-key.ts';
import { rotateKey } from '../../../gateway/custodian/index.ts';
import { openCustodianPackage, thumbprintOf } from '../../../sandbox/homomorphic/index.ts';
import { SIGNER } from '../../sandbox/homomorphic/encrypting-fixture.ts';
import { type CustodyCity, encryptAgain } from './custody-city.ts';
import { encryptedCity, PAY_CSV, PEOPLE, paidSchema } from './encrypted-table.ts';

const SILENT = { noise: { take: (_: unknown, count: number) => Array.from({ length: count }, () => 0n) } };
let city: CustodyCity;
beforeAll(async () => {
  city = await encryptedCity({ instead: SILENT });
});
afterAll(() => city.destroy());

const QUESTION = 'SELECT sum(paid_amt) AS s FROM pay WHERE age >= ';
const answer = async (age: number) => (await city.ask(`${QUESTION}${age}`)).body;
const plain = (age: number) => Number(PEOPLE.reduce((sum, one) => sum + (one.age >= age ? one.paid : 0n), 0n)) / 100;
const secrets = () => readdirSync(join(city.dir, 'keys')).filter((name) => name.startsWith('secret-'));
const held = (version: string) =>
  city.custodian.store.read((db) => findCustodyPackage(db, { dataset: 'pay', version }));

it('rotates, is encrypted anew, and leaves nothing that opens what was before', { timeout: 240_000 }, async () => {
  expect((await answer(30)).result!.rows).toEqual([[plain(30)]]);
  const former = readFileSync(join(city.dir, 'pay-upload.csv.custodian'));
  const formerSecret = Buffer.from(readFileSync(join(city.dir, 'keys', 'secret-1.key'), 'latin1').trim(), 'hex');
  const signer = await thumbprintOf(SIGNER.publicKey);
  const opened = await openCustodianPackage(former, (await custodianKeyOf(formerSecret)).privateKey, signer);
  expect(opened, 'control').not.toBe(null);
  const { version } = opened!.manifest;

  await city.restartCustodian(async () => {
    const parts = await openCustodianHome({ dir: city.dir, fatal: () => undefined });
    await rotateKey(city.dir, parts);
    await parts.close();
  });
  // Until the provider has encrypted anew, the former key is there, and answers go on.
  expect(secrets()).toEqual(['secret-1.key', 'secret-2.key']);
  expect((await answer(31)).result!.rows).toEqual([[plain(31)]]);

  const key = city.custodian.keys[0]!;
  await encryptAgain(city, { schema: paidSchema({ scheme: 'ashe-v1', key: key.id, signer }), csv: PAY_CSV });
  expect((await answer(32)).result!.rows).toEqual([[plain(32)]]);

  expect(held(version)).toMatchObject({ header: null });
  expect(secrets()).toEqual(['secret-2.key']);
  expect(readdirSync(join(city.dir, 'packages'))).toHaveLength(1);
  for (const { privateKey } of city.custodian.keys.slice(0, 1))
    expect(await openCustodianPackage(former, privateKey, signer)).toBe(null);
  expect(await city.custodian.shelf.find('pay', version)).toBe(null);
  const notes = city.custodian.store.read((db) => readEntries(db, 0, 10_000)).map(({ note }) => note);
  expect(notes.some((note) => note?.includes(`data key of pay ${version}`) === true)).toBe(true);
  expect(notes.some((note) => note?.startsWith('key ') === true && note.endsWith('destroyed'))).toBe(true);
});

it('a package for the former key comes too late', async () => {
  const former = readFileSync(join(city.dir, 'pay-upload.csv.custodian'));
  const sent = await fetch(`${city.url}/v1/packages`, {
    method: 'POST',
    body: new Uint8Array(former),
    headers: { 'sluice-signer': await thumbprintOf(SIGNER.publicKey) },
  });
  expect(sent.status).toBe(403);
});
