import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttackedGateway, openAttacked } from './attacked-gateway.ts';
import { WORK } from './catalogue-work.ts';

/**
 * Goal: whether a query ends, in what time and at what cost tells nothing about a person (attack list A 4, A 23).
 * Method: queries that are cheap unless the target has the secret run in both worlds over a real gateway.
 * Invariants: same status and code; what a job tells about time is a tick of the release clock.
 * Control: the work itself differs by more than ten times between the worlds, measured by the job's own deadline.
 */

let secret: AttackedGateway;
let ordinary: AttackedGateway;
beforeAll(async () => {
  secret = await openAttacked('secret');
  ordinary = await openAttacked('ordinary');
}, 60_000);
afterAll(async () => {
  await secret.running.destroy();
  await ordinary.running.destroy();
});

const DEADLINE_MS = 1_500;
const COMPILE_MS_MAX = 40;
const COMMIT_MS_MAX = 40;

describe('A23 work that depends on one person', () => {
  it.each(WORK.map(([name, sql]) => [name, sql] as const))('%s', async (_name, sql) => {
    const [slow, quick] = [
      await secret.ask(sql, { deadlineMs: DEADLINE_MS }),
      await ordinary.ask(sql, { deadlineMs: DEADLINE_MS }),
    ];
    expect({ status: slow.status, code: slow.code }).toEqual({ status: quick.status, code: quick.code });
  });
});

describe('A4 what a job costs', () => {
  it('is the same in both worlds, whatever became of it', async () => {
    const budgets = await Promise.all([secret, ordinary].map((gateway) => gateway.get('/v1/budgets')));
    expect(budgets[0]!.body.toString()).toBe(budgets[1]!.body.toString());
  });
});

/** The clock is worth nothing when the job then says to the millisecond when it ended. */
describe('A23 what a job tells about its time', () => {
  const isTick = (ms: number): boolean => {
    // A job exists from its intent on, a compilation after its arrival, from which the clock counts.
    let tick = 25;
    // On a busy machine its outcome waits for the commit after the tick.
    while (tick < ms - COMMIT_MS_MAX) tick *= 1.5;
    return tick - ms <= COMPILE_MS_MAX;
  };

  it('is a tick in the job, in its events and in the log', async () => {
    const lasted: number[] = [];
    for (const _ of Array(6)) {
      await secret.ask('SELECT dept, count(*), avg(salary), var_pop(salary) FROM p GROUP BY dept');
      const { body } = await secret.get('/v1/jobs?limit=1');
      const [job] = (JSON.parse(body.toString()) as { items: { createdAt: string; finishedAt: string }[] }).items;
      lasted.push(Date.parse(job!.finishedAt) - Date.parse(job!.createdAt));
    }
    expect(lasted.filter((ms) => !isTick(ms))).toEqual([]);
  });

  it('tells developers no exact times in the log', async () => {
    const { body } = await secret.get('/v1/audit/entries?limit=20');
    const { items } = JSON.parse(body.toString()) as { items: { kind: string; job: string; at: string }[] };
    const of = (kind: string) =>
      new Map(items.filter((item) => item.kind === kind).map(({ job, at }) => [job, Date.parse(at)]));
    const [intents, outcomes] = [of('intent'), of('outcome')];
    const lasted = [...outcomes].flatMap(([job, at]) => (intents.has(job) ? [at - intents.get(job)!] : []));
    expect(lasted.length).toBeGreaterThan(0);
    expect(lasted.filter((ms) => !isTick(ms))).toEqual([]);
  });
});

describe('explain', () => {
  it('says the same in both worlds, how many rows a person has included', async () => {
    const sql = 'SELECT dept, count(*) FROM p GROUP BY dept';
    const explained = await Promise.all(
      [secret, ordinary].map(({ running, developer }) =>
        running.request(developer, 'POST', '/v1/explain', { plan: 'attacked', sql }),
      ),
    );
    const [a, b] = await Promise.all(explained.map((response) => response.text()));
    const timeless = (text: string) => text.replaceAll(/"plan":"[0-9a-f]{64}"/g, '');
    expect(timeless(a!)).toBe(timeless(b!));
    // The most rows of any one person are that person's: an exact figure of one visitor of a clinic.
    expect(a).not.toContain('"rowsPerUnitMax":{"person"');
  });
});
