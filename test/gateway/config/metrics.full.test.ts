/**
 * Goal: an operator sees jobs, denials, budgets, queue, workers and commits, and nothing of what they are about.
 * Method: a real gateway under a meter provider that writes down what it is given; an answer, a refusal and a freeze.
 */
import { metrics } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TELEMETRY_ATTRIBUTES } from '../../../gateway/telemetry.ts';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from '../life/people.ts';
import { ask, publish, type RunningGateway, startGateway } from '../life/running-gateway.ts';
import { recordingMeter } from './recording-meter.ts';

const meter = recordingMeter();
let running: RunningGateway;
let developer: string;

beforeAll(async () => {
  expect(metrics.setGlobalMeterProvider(meter.provider)).toBe(true);
  running = await startGateway();
  developer = (await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }, { plan: 'people-plan' })).developer;
});
afterAll(async () => {
  await running.destroy();
  metrics.disable();
});

const attributesOf = (name: string) =>
  meter.recorded.filter((one) => one.name === name).map(({ attributes }) => attributes);
const sum = (name: string) => meter.recorded.reduce((total, one) => total + (one.name === name ? one.value : 0), 0);
const gauges = () =>
  Object.fromEntries(
    meter.collect().map(({ name, value, attributes }) => [[name, ...Object.values(attributes)].join(' '), value]),
  );

test('jobs, refusals by code, waits and batches are counted', async () => {
  await ask(running, developer, 'people-plan', 'SELECT count(*) FROM people');
  await ask(running, developer, 'people-plan', 'SELECT id FROM people');
  await running.request(developer, 'GET', '/v1/freezes');
  expect(attributesOf('sluice.jobs')).toEqual([
    { 'sluice.state': 'finished' },
    { 'sluice.state': 'refused', 'sluice.code': 'POLICY_IDENTIFIER_USE' },
  ]);
  expect(attributesOf('sluice.refusals')).toContainEqual({ 'sluice.code': 'POLICY_ACCESS_DENIED' });
  expect(attributesOf('sluice.sandbox.wait')).toHaveLength(1);
  expect(sum('sluice.store.batch')).toBeGreaterThan(5);
});

test('gauges tell workers, queue and budgets by kind', async () => {
  await expect.poll(() => gauges()['sluice.sandbox.workers busy'], { timeout: 10_000 }).toBe(0);
  const now = gauges();
  expect(now['sluice.sandbox.workers idle']).toBeGreaterThanOrEqual(1);
  expect(now).toMatchObject({ 'sluice.sandbox.queue': 0 });
  const { store } = running.gateway.deps;
  await store.commit(({ client }) =>
    client.exec(`INSERT INTO ledger_accounts (account, spent, reserved, "limit")
      VALUES ('plan:canary-1:jobs', 50, 45, 100), ('plan:canary-2:jobs', 80, 40, 100), ('plan:canary-3:jobs', 1, 0, NULL), ('privacy:canary-4', 9, 0, 10)`),
  );
  expect(gauges()).toMatchObject({
    'sluice.budget.remaining jobs': 0,
    'sluice.budget.remaining privacy': 0.1,
    'sluice.budget.accounts open jobs': 0,
    'sluice.budget.accounts low jobs': 1,
    'sluice.budget.accounts exhausted jobs': 1,
  });
});

test('workers that end are counted by reason', async () => {
  const officer = await running.token('security', 'carol', 'security-office');
  const order = { scope: 'developer', target: 'linkong-data/alice', reason: 'drill' };
  await running.request(officer, 'POST', '/v1/freezes', order);
  expect(attributesOf('sluice.sandbox.ended')).toContainEqual({ 'sluice.reason': 'expelled' });
});

test('no measurement names a person, organisation, plan, table, column or query', () => {
  const all = [...meter.recorded, ...meter.collect()];
  expect(all.length).toBeGreaterThan(20);
  for (const { value, attributes } of all) {
    expect(Number.isFinite(value)).toBe(true);
    for (const name of Object.keys(attributes)) expect(TELEMETRY_ATTRIBUTES).toContain(name);
    expect(Object.keys(attributes)).not.toContain('sluice.job');
  }
  expect(JSON.stringify(all)).not.toMatch(/people|alice|linkong|census|canary|dept|SELECT/);
});

test('after the gateway has closed, nobody is asked any more', async () => {
  await running.stop();
  expect(meter.collect()).toEqual([]);
});
