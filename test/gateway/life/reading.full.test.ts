/**
 * Goal: what the security office reads of a person is what that person did, from the plans that the compiler writes.
 * Method: real jobs that step through one number, as who looks for somebody would. Control: before them nothing is raised.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PEOPLE, PEOPLE_CSV, PEOPLE_SCHEMA } from './people.ts';
import { ask, publish, type RunningGateway, startGateway } from './running-gateway.ts';

let running: RunningGateway;
let developer: string;
let officer: string;
/** The job that asked for everybody. */
let first: string;
beforeAll(async () => {
  running = await startGateway();
  developer = (await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }, { plan: 'people' })).developer;
  officer = await running.token('security', 'carol', 'security-office');
});
afterAll(() => running.destroy());

const jobOf = ({ body }: { readonly body: unknown }) => (body as { readonly id: string }).id;
async function read<T>(path: string): Promise<T> {
  return (await (await running.request(officer, 'GET', path)).json()) as T;
}
const raised = async () => {
  const { signals } = await read<{ signals: readonly { signal: string; isRaised: boolean; entries: number[] }[] }>(
    '/v1/audit/people/linkong-data/alice/signals',
  );
  return signals.filter(({ isRaised, signal }) => isRaised && signal !== 'off-hours').map(({ signal }) => signal);
};

it('sees lookups that go on step by step, the words of their plans, and what they cost the resource', async () => {
  first = jobOf(await ask(running, developer, 'people', 'SELECT count(*) FROM people'));
  expect(await raised(), 'control').toEqual([]);
  for (let n = 1; n <= 6; n += 1) {
    await ask(
      running,
      developer,
      'people',
      `SELECT dept, sum(pay) FROM people GROUP BY dept HAVING count(*) > ${n * 10}`,
    );
  }
  expect(await raised()).toEqual(['sequential-lookups']);
  const found = await read<{ items: readonly { kind: string }[] }>('/v1/audit/entries?text=pay%2050&kind=intent');
  expect(found.items).toHaveLength(1);
  expect(await read('/v1/audit/resources/people/exposure')).toMatchObject({
    released: 7,
    people: 1,
    queries: 7,
    jobs: [{ plan: 'people', unit: 'jobs', limit: null, spent: 7, reserved: 0, remaining: null }],
    privacy: [],
  });
});

it('tells those who watch over a table which answers the guard held back, and next to whose', async () => {
  const guarded = async () => {
    const exposure = await read<{ guardRefusals: readonly { job: string; why: string; near: string | null }[] }>(
      '/v1/audit/resources/people/exposure',
    );
    return exposure.guardRefusals.map(({ job, why, near }) => ({ job, why, near }));
  };
  const before = await guarded();
  const [fifth] = PEOPLE.map(({ pay }) => pay)
    .toSorted((a, b) => b - a)
    .slice(4);
  const close = await ask(running, developer, 'people', `SELECT count(pay) FROM people WHERE pay < ${fifth}`);
  expect(await guarded()).toEqual([{ job: jobOf(close), why: 'near', near: first }, ...before]);
  expect(JSON.stringify(close)).not.toContain('near');
});

it('counts what was refused of a table, and finds the attempt by table and column', async () => {
  const refused = await ask(running, developer, 'people', 'SELECT id FROM people');
  expect(refused.body.code, JSON.stringify(refused.body)).toBe('POLICY_IDENTIFIER_USE');
  expect(await read('/v1/audit/resources/people/exposure')).toMatchObject({ refused: { POLICY_IDENTIFIER_USE: 1 } });
  const found = await read<{ items: readonly { kind: string }[] }>(
    '/v1/audit/entries?resource=people&column=id&decision=deny',
  );
  expect(found.items.map(({ kind }) => kind)).toEqual(['refusal']);
});
