/**
 * Goal: a value that must never leave does not leave, whoever let it into an answer; who asked is frozen; nobody learns the value.
 * Method: a real gateway with a public table that holds a made-up secret. Controls: before the value is watched for it leaves; after the
 * canary is retired it leaves again; other answers leave all along.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remainingBudgets } from '../../../catalog/index.ts';
import { type Answer, ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

const SECRET = 'canary-7c0ffee1-鄂州';
const NUMBER = '81726354.5';
const NOTES = {
  schema: {
    table: 'notes',
    columns: [
      { name: 'n', title: { zh: '序号', en: 'n' }, type: 'integer', level: 'general-1', role: 'attribute' },
      { name: 'note', title: { zh: '备注', en: 'note' }, type: 'text', level: 'general-1', role: 'attribute' },
      { name: 'amount', title: { zh: '数额', en: 'amount' }, type: 'decimal', level: 'general-1', role: 'attribute' },
    ],
  },
  csv: `n,note,amount\n1,plain,10.00\n2,${SECRET},20.00\n3,other,${NUMBER}0\n`,
};
const WITH_SECRET = 'SELECT n, note FROM notes ORDER BY n';
const WITH_NUMBER = 'SELECT n, amount FROM notes ORDER BY n';
const WITHOUT = 'SELECT n, note FROM notes WHERE n <> 2 ORDER BY n';

let running: RunningGateway;
let developer: string;
let officers: readonly [string, string];

beforeAll(async () => {
  running = await startGateway();
  developer = (await publish(running, NOTES, { plan: 'notes' })).developer;
  const officer = (sub: string) => running.token('security', sub, 'security-office');
  officers = [await officer('carol'), await officer('dora')];
});
afterAll(() => running.destroy());

const notesOf = (answer: Answer) => answer.body.result?.rows.map((row) => row[1]);
const json = async (request: Promise<Response>) => (await (await request).json()) as Record<string, unknown>;

async function watchFor(value: string, onHit?: string): Promise<string> {
  const answer = await running.request(officers[0], 'POST', '/v1/canaries', {
    value,
    label: 'test',
    ...(onHit && { onHit }),
  });
  expect(answer.status).toBe(201);
  const canary = (await answer.json()) as Record<string, unknown>;
  expect(Object.keys(canary)).not.toContain('value');
  return String(canary['id']);
}
const retire = (id: string) => running.request(officers[0], 'DELETE', `/v1/canaries/${id}`);

async function activeFreezes(): Promise<readonly { id: string; target: string; frozenBy: string; reason: string }[]> {
  return (await json(running.request(officers[0], 'GET', '/v1/freezes?active=true')))['items'] as never;
}
async function thawAll(): Promise<void> {
  await expect.poll(async () => (await activeFreezes()).length).toBe(1);
  for (const { id } of await activeFreezes()) {
    for (const officer of officers) await running.request(officer, 'DELETE', `/v1/freezes/${id}`);
  }
}
async function entries(query: string): Promise<readonly Record<string, unknown>[]> {
  return (await json(running.request(officers[0], 'GET', `/v1/audit/entries?${query}`)))['items'] as never;
}

describe('a canary', () => {
  it('stops the release, freezes who asked, is charged and logged; a stored answer is stopped too', async () => {
    expect(notesOf(await ask(running, developer, 'notes', WITH_SECRET)), 'control').toContain(SECRET);
    const canary = await watchFor(SECRET);
    expect(notesOf(await ask(running, developer, 'notes', WITHOUT))).toEqual(['plain', 'other']);

    const hit = await ask(running, developer, 'notes', WITH_SECRET);
    expect(hit.body.code).toBe('POLICY_CANARY');
    expect(JSON.stringify(hit.body)).not.toContain(SECRET);
    expect((await ask(running, developer, 'notes', WITHOUT)).body.code).toBe('POLICY_FROZEN');
    await expect.poll(async () => (await activeFreezes()).length).toBe(1);
    expect(await activeFreezes()).toMatchObject([{ target: 'linkong-data/alice', frozenBy: 'security-office/carol' }]);

    const [outcome] = await entries('kind=outcome&limit=1');
    expect(outcome).toMatchObject({ decision: 'deny', code: 'POLICY_CANARY', plan: 'notes' });
    const risks = await entries('risk=canary');
    expect(risks.map(({ kind }) => kind).sort()).toEqual(['canary', 'outcome']);
    expect(risks.every(({ drill }) => drill === undefined)).toBe(true);
    const { spent } = (
      (await json(running.request(developer, 'GET', '/v1/budgets')))['items'] as { spent: number }[]
    )[0]!;
    expect(spent, 'two answers that left, and the one that did not').toBe(3);

    await thawAll();
    const signals = await json(running.request(officers[0], 'GET', '/v1/audit/people/linkong-data/alice/signals'));
    expect((signals['signals'] as unknown[])[0]).toMatchObject({ signal: 'canary', isRaised: true, grade: 'alarm' });
    await retire(canary);
    expect(notesOf(await ask(running, developer, 'notes', WITH_SECRET)), 'control').toContain(SECRET);
  });

  it('is met as a number in whatever spelling, and only reported where the office wants that', async () => {
    const canary = await watchFor('0081726354.50', 'report');
    expect((await ask(running, developer, 'notes', WITH_NUMBER)).body.code).toBe('POLICY_CANARY');
    expect((await ask(running, developer, 'notes', WITHOUT)).status).toBe(200);
    expect(await activeFreezes()).toEqual([]);
    await retire(canary);
    expect((await retire(canary)).status).toBe(404);
  });

  it('outlives a restart', async () => {
    await watchFor(SECRET);
    await running.stop();
    running = await startGateway(running.home);
    expect((await ask(running, developer, 'notes', WITH_SECRET)).body.code).toBe('POLICY_CANARY');
    await thawAll();
  });

  it('is for the security office', async () => {
    for (const [method, path] of [
      ['GET', '/v1/canaries'],
      ['POST', '/v1/drills'],
    ] as const)
      expect((await running.request(developer, method, path)).status).toBe(403);
  });
});

describe('a drill', () => {
  it('is detected and closed, is marked in the log, and leaves nothing in force', async () => {
    const answer = await running.request(officers[0], 'POST', '/v1/drills');
    const report = (await answer.json()) as { id: string; detectionMs: number; closureMs: number };
    expect(report).toMatchObject({ detected: true, leftBehind: 0, jobsStopped: 1, workersStopped: 1 });
    expect(report.detectionMs).toBeGreaterThan(0);
    expect(report.closureMs).toBeGreaterThanOrEqual(0);
    expect(await activeFreezes()).toEqual([]);
    const table = `drill_${report.id}`;
    expect(await json(running.request(officers[0], 'GET', `/v1/resources/${table}`))).toMatchObject({
      state: 'withdrawn',
      currentVersion: null,
    });
    const plan = await json(running.request(officers[0], 'GET', `/v1/plans/drill-${report.id}`));
    expect(plan['state']).toBe('revoked');
    const canaries = (await json(running.request(officers[0], 'GET', '/v1/canaries')))['items'] as {
      label: string;
      retiredAt: unknown;
    }[];
    expect(canaries.find(({ label }) => label === `drill ${report.id}`)?.retiredAt).not.toBeNull();

    for (const path of ['/v1/resources?limit=200', '/v1/plans?limit=200', '/v1/budgets?limit=200']) {
      const told = JSON.stringify(await json(running.request(officers[0], 'GET', path)));
      expect(told, path).not.toContain(report.id);
      expect(told, `control: ${path}`).toContain('notes');
    }
    const full = running.gateway.deps.store.read(remainingBudgets).filter(({ exhausted }) => exhausted > 0);
    expect(full, 'no account of a drill is told to operators as exhausted').toEqual([]);

    const all = await entries('limit=200');
    const ofDrill = all.filter((entry) => JSON.stringify(entry).includes(report.id));
    expect(ofDrill.length).toBeGreaterThan(15);
    expect(ofDrill.filter(({ drill }) => drill !== true)).toEqual([]);
    const marked = all.filter(({ drill }) => drill === true);
    expect(new Set(marked.map(({ kind }) => kind))).toEqual(
      new Set(['canary', 'destruction', 'resource', 'upload', 'plan', 'intent', 'outcome', 'freeze']),
    );
  });

  it('no token can speak for an organisation of the drill', async () => {
    const token = await running.token('developer', 'mallory', 'sluice-drill-developer');
    expect((await running.request(token, 'GET', '/v1/jobs')).status).toBe(401);
  });
});

it('the values stand nowhere in the home: not in the store, the log or the vault', async () => {
  await running.stop();
  const files = readdirSync(running.home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(running.home, name))
    .filter((path) => statSync(path).isFile());
  expect(files.some((path) => path.endsWith('sluice.db'))).toBe(true);
  const holding = (text: string) => files.filter((path) => readFileSync(path).includes(text));
  // What was released before the value was watched for is kept as a result; the drill's own value never was.
  expect(new Set(holding('canary-7c0ffee1').map((path) => path.replace(/^.*\/|-wal$/g, '')))).toEqual(
    new Set(['sluice.db']),
  );
  expect(holding('row 19')).toEqual([]);
  const stored = files.flatMap((path) => [
    ...readFileSync(path)
      .toString('latin1')
      .matchAll(/canary-[0-9a-f]{8}-[0-9a-f]{4}-/g),
  ]);
  expect(stored.map(([text]) => text)).toEqual([]);
});
