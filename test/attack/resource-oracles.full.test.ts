import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttackedGateway, openAttacked } from './attacked-gateway.ts';
import { WORK } from './catalogue-work.ts';

/**
 * Goal: whether a query ends, in what time and at what cost tells nothing about a person (attack list A 4, A 23).
 * Method: queries that are cheap unless the target has the secret run in both worlds over a real gateway.
 * Invariants: same status and code; answers, refusals and failures leave on the tick of the release clock, and tell no other time.
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

/** A release clock whose hand the test moves. */
class HeldClock {
  #waiting: (() => void)[] = [];
  #reached = Promise.withResolvers<void>();

  readonly tick = (): Promise<void> =>
    new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#reached.resolve();
    });

  /** Once a job waits for its tick: its work is done. */
  reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** How many jobs went on. */
  strike(): number {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#reached = Promise.withResolvers<void>();
    for (const go of waiting) go();
    return waiting.length;
  }
}

const textOf = async (gateway: AttackedGateway, path: string) => (await gateway.get(path)).body.toString();

/** All moments that a text names, but for those from before the work began. */
function momentsIn(text: string): readonly number[] {
  const before = [...text.matchAll(/"(?:createdAt|startedAt)":"([^"]*)"/g)].map(([, stamp]) => stamp);
  const stamps = text.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
  return stamps.filter((stamp) => !before.includes(stamp)).map((stamp) => Date.parse(stamp));
}

const ENDINGS: readonly string[] = ['outcome', 'refusal'];

async function outcomesOf(gateway: AttackedGateway): Promise<readonly { readonly at: string }[]> {
  const log = JSON.parse(await textOf(gateway, '/v1/audit/entries?limit=200'));
  return (log as { items: { kind: string; at: string }[] }).items.filter(({ kind }) => ENDINGS.includes(kind));
}

/** The last job and its events. */
async function lastJob(gateway: AttackedGateway): Promise<string> {
  const { items } = JSON.parse(await textOf(gateway, '/v1/jobs?limit=1')) as { items: { id: string }[] };
  const self = `/v1/jobs/${items[0]!.id}`;
  return `${await textOf(gateway, self)}${await textOf(gateway, `${self}/events`)}`;
}

/** WHY a clock of the test's: what a job tells must be of the tick, however long the machine takes for everything else. */
describe('A23 what a job tells about its time', () => {
  const clock = new HeldClock();
  let held: AttackedGateway;
  beforeAll(async () => {
    held = await openAttacked('secret', 0, clock.tick);
  }, 60_000);
  afterAll(async () => {
    clock.strike();
    await held.running.destroy();
  });

  it.each([
    ['an answer', 'SELECT dept, count(*), avg(salary) FROM p GROUP BY dept', {}],
    ['a refusal', 'SELECT id FROM p', {}],
    ['a failure', `SELECT count(*) FROM p ${'JOIN pub ON true '.repeat(5)}`, { deadlineMs: 1 }],
  ] as const)('%s leaves on the tick, not before, and names no other moment', async (_what, sql, options) => {
    const before = await outcomesOf(held);
    let isTold = false;
    const answer = held.ask(sql, options).finally(() => {
      isTold = true;
    });
    await clock.reached();
    expect(await outcomesOf(held)).toHaveLength(before.length);
    expect(isTold, 'the work is done, and nobody is told').toBe(false);
    const struckAt = Date.now();
    expect(clock.strike()).toBe(1);
    await answer;
    const told = await lastJob(held);
    expect(momentsIn(told).filter((moment) => moment < struckAt)).toEqual([]);
    expect(Date.parse(/"finishedAt":"([^"]*)"/.exec(told)![1]!)).toBeGreaterThanOrEqual(struckAt);
    const outcomes = await outcomesOf(held);
    expect(outcomes).toHaveLength(before.length + 1);
    expect(Math.max(...outcomes.map(({ at }) => Date.parse(at)))).toBeGreaterThanOrEqual(struckAt);
  });

  it('control: a clock that never holds lets out the moment of the work', async () => {
    const open = await openAttacked('secret', 0, () => Promise.resolve());
    await open.ask('SELECT dept, count(*) FROM p GROUP BY dept');
    const struckAt = Date.now() + 1;
    expect(momentsIn(await lastJob(open)).some((moment) => moment < struckAt)).toBe(true);
    await open.running.destroy();
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
