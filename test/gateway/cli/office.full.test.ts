/**
 * Goal: the security office freezes, looks and thaws from the command line, and learns what it did; a provider and the bureau keep a
 * table's retention and settle what a scan refused.
 * Method: the commands against a real gateway behind a port; nothing else writes to it.
 */
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningGateway, startGateway } from '../life/running-gateway.ts';
import { runSluice } from './run-sluice.ts';

const ORGANISATIONS = {
  security: 'security-office',
  developer: 'dev-a',
  provider: 'water-works',
  bureau: 'data-bureau',
} as const;

let running: RunningGateway;
let server: ReturnType<typeof serve>;
const as: Record<string, Record<string, string>> = {};

beforeAll(async () => {
  running = await startGateway();
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: running.gateway.app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => resolve(info.port));
  });
  const people = [
    ['carol', 'security'],
    ['erin', 'security'],
    ['alice', 'developer'],
    ['bob', 'provider'],
    ['dan', 'bureau'],
  ] as const;
  for (const [sub, role] of people) {
    const token = await running.token(role, sub, ORGANISATIONS[role]);
    as[sub] = { SLUICE_URL: `http://127.0.0.1:${port}`, SLUICE_TOKEN: token };
  }
});
afterAll(async () => {
  server.close();
  await running.destroy();
});

test('freeze says who, since when, what died, how fast, and how it ends; two people end it', async () => {
  const frozen = await runSluice(['freeze', 'developer', 'dev-a/alice', '--reason', 'drill'], as['carol']);
  expect(frozen).toMatchObject({ code: 0, err: '' });
  expect(frozen.out).toMatch(
    /^frozen: developer dev-a\/alice, by security-office\/carol since \d{4}-.*Z\nstopped: jobs 0, workers 0; closed after \d+ ms\nto end it, two people: sluice thaw [0-9a-f-]{36}\n$/,
  );
  const id = /[0-9a-f-]{36}/.exec(frozen.out)?.[0] ?? '';
  const asked = await runSluice(['thaw', id], as['carol']);
  expect(asked).toMatchObject({ code: 0 });
  expect(asked.out).toMatch(/^still frozen: .*security-office\/carol asked to thaw it, another person has to agree/);
  const row = `${id} +developer +dev-a/alice +security-office/carol +\\S+Z +in force, security-office/carol asks to thaw +drill`;
  expect((await runSluice(['freezes', '--active'], as['erin'])).out).toMatch(new RegExp(row));
  const agreed = await runSluice(['thaw', id], as['erin']);
  expect(agreed.out).toMatch(/^thawed: developer dev-a\/alice, asked for by \S+carol, agreed to by \S+erin at /);
});

test('what is over is not listed as active; in JSON there is all of it', async () => {
  expect((await runSluice(['freezes', '--active'], as['erin'])).out).toBe('nothing is frozen\n');
  const past = await runSluice(['freezes', '--json'], as['erin']);
  expect(JSON.parse(past.out)).toMatchObject({ items: [{ target: 'dev-a/alice', thawedBy: 'security-office/erin' }] });
});

test('the platform needs no name, everything else one; there is nothing else to freeze', async () => {
  const missing = await runSluice(['freeze', 'plan', '--reason', 'x'], as['carol']);
  expect(missing).toMatchObject({ code: 2, out: '' });
  expect(missing.err).toContain('which plan?');
  const unknown = await runSluice(['freeze', 'weather', 'x', '--reason', 'x'], as['carol']);
  expect(unknown.err).toContain('accepted are platform');
  const chinese = { ...as['carol'], LANG: 'zh_CN.UTF-8' };
  const all = await runSluice(['freeze', 'platform', '--reason', '演练', '--json'], chinese);
  const { id, scope, target, reason } = JSON.parse(all.out) as Record<string, string>;
  expect({ scope, target, reason }).toEqual({ scope: 'platform', target: '*', reason: '演练' });
  for (const officer of ['erin', 'carol']) {
    const token = as[officer]?.['SLUICE_TOKEN'] ?? '';
    expect((await running.request(token, 'DELETE', `/v1/freezes/${id}`)).ok).toBe(true);
  }
});

test('whoever is not of the office is told no', async () => {
  const refused = await runSluice(['freeze', 'platform', '--reason', 'x'], as['alice']);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('[POLICY_ACCESS_DENIED]');
});

test('canaries: the value comes on stdin and is shown nowhere', async () => {
  const watched = await runSluice(['canary', 'watch', '--label', 'row 7', '--json'], as['carol'], 'a secret value\n');
  expect(watched).toMatchObject({ code: 0, err: '' });
  const { id } = JSON.parse(watched.out) as { id: string };
  const listed = await runSluice(['canary', 'list'], as['erin']);
  expect(listed.out).toMatch(new RegExp(`${id} +row 7 +freeze +security-office/carol`));
  expect(watched.out + listed.out).not.toContain('secret');
  expect((await runSluice(['canary', 'retire', id], as['erin'])).out).toBe('no longer watching for row 7\n');
  expect(await runSluice(['canary', 'watch', '--label', 'x'], as['carol'], '')).toMatchObject({ code: 2, out: '' });
});

test('a drill tells how fast it was noticed and closed', async () => {
  const drill = await runSluice(['drill'], as['carol']);
  expect(drill).toMatchObject({ code: 0, err: '' });
  expect(drill.out).toMatch(
    /^drill [0-9a-f]{12}: detected \d+ ms after the query came, closed \d+ ms later \(jobs 1, workers 1\)\ncleaned up\n$/,
  );
});

test('a provider sets how long versions stay, and disputes a scan; the bureau confirms', async () => {
  const [bob, dan] = [as['bob'] ?? {}, as['dan'] ?? {}];
  const title = { zh: '表', en: 'meters' };
  const columns = [{ name: 'serial', title, type: 'text', level: 'general-1', role: 'attribute' }];
  const declared = { title, frequency: 'yearly', conditions: 'none', schema: { table: 'meters', columns } };
  const token = bob['SLUICE_TOKEN'] ?? '';
  expect((await running.request(token, 'POST', '/v1/resources', declared)).status).toBe(201);

  const set = await runSluice(['retention', 'set', 'meters', '--versions', '3', '--days', '30'], bob);
  expect(set).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse((await runSluice(['retention', 'show', 'meters'], dan)).out)).toEqual({
    versionsMax: 3,
    daysMax: 30,
  });
  expect((await runSluice(['retention', 'set', 'meters', '--versions', 'few'], bob)).err).toContain('whole number');

  const serials = Array.from({ length: 200 }, (_, n) => `138${String(10_000_000 + n * 7_919)}`);
  const csv = `serial\n${serials.join('\n')}\n`;
  const upload = () => running.request(token, 'PUT', '/v1/resources/meters/data', csv, { 'content-type': 'text/csv' });
  expect((await upload()).status).toBe(422);
  const listed = await runSluice(['scan', 'list', 'meters'], bob);
  expect(JSON.parse(listed.out)).toMatchObject({ items: [{ kind: 'mobile', share: 1, state: 'blocked' }] });
  expect((await runSluice(['scan', 'dispute', 'meters', 'serial', 'mobile', 'meter numbers'], bob)).code).toBe(0);
  const early = await runSluice(['scan', 'confirm', 'meters', 'serial', 'mobile', 'ok'], bob);
  expect([early.code, early.err]).toEqual([1, expect.stringContaining('POLICY_ACCESS_DENIED')]);
  const confirmed = await runSluice(['scan', 'confirm', 'meters', 'serial', 'mobile', 'seen'], dan);
  expect(JSON.parse(confirmed.out)).toMatchObject({ state: 'confirmed', decidedBy: 'data-bureau/dan' });
  expect((await upload()).status).toBe(201);
});
