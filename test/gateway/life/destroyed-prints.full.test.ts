/**
 * Goal: prints of a version (what each value's rows add up to) go with it: they live inside its sealed segments, so that destroying these leaves none.
 * Method: a real gateway, an answer, destruction; every file of the home and of the run directory is read for the name that tables of
 * prints have. Controls: the decrypted segment has that name in plain; what a later version shares lives on with it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

const named = (name: string) => ({ name, title: { zh: name, en: name }, level: 'general-2' });
const SCHEMA = {
  table: 'staff',
  level: 'general-2',
  columns: [
    { ...named('pid'), type: 'text', role: 'identifier', unit: 'person', nullable: false },
    { ...named('dept'), type: 'text', role: 'dimension', values: ['a', 'b'] },
    { ...named('pay'), type: 'integer', role: 'measure', bounds: { min: 0, max: 9000 } },
  ],
};
const csv = (from: number, to: number): string =>
  `pid,dept,pay\n${Array.from({ length: to - from }, (_, i) => `P${from + i},${i % 2 === 0 ? 'a' : 'b'},${1000 + i}`).join('\n')}\n`;
const SQL = 'SELECT dept, count(*) AS n, sum(pay) AS s FROM staff GROUP BY dept ORDER BY dept';
const PRINT_NAME = Buffer.from('_print_dept');

let running: RunningGateway;
let who: Awaited<ReturnType<typeof publish>>;
beforeEach(async () => {
  running = await startGateway();
  who = await publish(running, { schema: SCHEMA, csv: csv(0, 400) });
});
afterEach(() => running.destroy());

/** Files at rest and in memory that hold the name in plain. */
const plainPrints = (): readonly string[] =>
  [running.home, running.config.runDir].flatMap((dir) =>
    readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      return entry.isFile() && !path.endsWith('.lock') && readFileSync(path).includes(PRINT_NAME) ? [path] : [];
    }),
  );
const atRest = () => plainPrints().filter((path) => path.startsWith(running.home));
const send = (method: string, path: string, body?: string) =>
  running.request(who.provider, method, `/v1/resources/staff/${path}`, body, { 'content-type': 'text/csv' });
const versions = () => readdirSync(join(running.home, 'vault', 'versions'));

async function printedPlain(version: number): Promise<readonly boolean[]> {
  const attached = await running.gateway.vault.attach('staff', version);
  const plain = attached.files.map((file) => readFileSync(file).includes(PRINT_NAME));
  await attached.release();
  return plain;
}

it('no print is left of a destroyed version, at rest or in memory', { timeout: 120_000 }, async () => {
  expect(await printedPlain(1), 'control: the segment, decrypted').toEqual([true]);
  const answer = await ask(running, who.developer, 'p1', SQL);
  expect(answer.body.state).toBe('finished');
  expect(atRest(), 'while it lives: sealed').toEqual([]);
  const answered = await send('DELETE', 'versions/1');
  expect([answered.status, await answered.json()]).toMatchObject([
    200,
    { certificate: { version: 1, scan: { found: 0 } } },
  ]);
  expect(versions()).toEqual([]);
  await expect.poll(plainPrints, { timeout: 20_000 }).toEqual([]);
  await expect(running.gateway.vault.attach('staff', 1)).rejects.toThrow();
});

it('prints of a version that was appended to live on in the one that grew from it, and go with it', {
  timeout: 120_000,
}, async () => {
  expect((await send('POST', 'data?mode=append&base=1', csv(400, 500))).status).toBe(201);
  const before = (await ask(running, who.developer, 'p1', SQL)).body;
  expect((await send('DELETE', 'versions/1')).status).toBe(200);
  expect(await printedPlain(2)).toEqual([true, true]);
  const after = (await ask(running, who.developer, 'p1', SQL)).body;
  expect(before.state).toBe('finished');
  expect(after.result?.rows).toEqual(before.result?.rows);
  expect((await send('DELETE', 'versions/2')).status).toBe(200);
  expect(versions()).toEqual([]);
  await expect.poll(plainPrints, { timeout: 20_000 }).toEqual([]);
});
