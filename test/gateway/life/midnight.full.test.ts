/**
 * Goal: a plan ends with its last day in Asia/Shanghai, also for what was admitted on it: nothing leaves after midnight.
 * Method: a real gateway whose wall clock the test holds; the release clock's tick carries it over midnight. Control: the same question with
 * a tick on the same day is answered.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readyPlan } from './authorise.ts';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from './people.ts';
import { ask, must, publish, type RunningGateway, startGateway } from './running-gateway.ts';

/** Ten seconds before midnight in Shanghai, and ten after. */
const LAST_DAY = '2026-12-01';
const BEFORE = new Date(`${LAST_DAY}T15:59:50Z`);
const AFTER = new Date(`${LAST_DAY}T16:00:10Z`);

let running: RunningGateway;
let developer: string;
let isOverMidnight = false;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: BEFORE });
  running = await startGateway(undefined, () => {
    if (isOverMidnight) vi.setSystemTime(AFTER);
    return Promise.resolve();
  });
  const published = await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV });
  ({ developer } = published);
  const plan = { id: 'ending', title: 't', purpose: 'p', class: 'governance' };
  const tables = [{ resource: 'people', columns: ['id', 'dept', 'pay'] }];
  const terms = { tables, validFrom: '2020-01-01', validUntil: LAST_DAY };
  await must(running.request(developer, 'POST', '/v1/plans', { ...plan, ...terms }));
  for (const reviewer of [published.provider, published.bureau])
    await must(running.request(reviewer, 'POST', '/v1/plans/ending/decisions', { verdict: 'approve' }));
  await readyPlan(running, 'ending');
}, 60_000);
afterAll(async () => {
  vi.useRealTimers();
  await running.destroy();
});

const SQL = 'SELECT dept, count(*) AS people FROM people GROUP BY dept';

it('lets an answer out on the last day, and none that is ready after it', { timeout: 60_000 }, async () => {
  const control = await ask(running, developer, 'ending', SQL);
  expect([control.body.state, (control.body.result?.rows.length ?? 0) > 0]).toEqual(['finished', true]);
  isOverMidnight = true;
  const late = await ask(running, developer, 'ending', 'SELECT dept, sum(pay) AS pay FROM people GROUP BY dept');
  expect(late.body).toMatchObject({ code: 'PLAN_STATE', job: expect.any(String) });
  expect(late.body.result ?? null).toBeNull();
  const next = await ask(running, developer, 'ending', SQL);
  expect(next.body.code, 'and nothing begins').toBe('PLAN_STATE');
});
