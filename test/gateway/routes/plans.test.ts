import { beforeEach, describe, expect, it } from 'vitest';
import { putOrganisation, reserve } from '../../../catalog/index.ts';
import { BUREAU, caller, DEVELOPER, type Harness, openHarness, PROVIDER, RIVAL, SECURITY } from './harness.ts';
import { declaration, listTable, PLAN } from './sample-catalogue.ts';

const OPERATOR = caller('operator', 'operator-co');
const OTHER_PROVIDER = caller('provider', 'gas-office');

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
  await h.request(PROVIDER, '/v1/resources', { json: declaration('water') });
  await listTable(h, 'water');
});

const submit = (plan: object = PLAN, who = DEVELOPER) => h.request(who, '/v1/plans', { json: plan });
const decide = (who: typeof BUREAU, verdict: string, id = 'S1') =>
  h.request(who, `/v1/plans/${id}/decisions`, { json: { verdict, comment: '' } });
const read = async (who = DEVELOPER) => (await (await h.request(who, '/v1/plans/S1')).json()) as { state: string };

describe('a plan', () => {
  it('is in force when the bureau and every provider involved approved', async () => {
    const submitted = await submit();
    expect(submitted.status).toBe(201);
    expect(await submitted.json()).toMatchObject({
      id: 'S1',
      org: 'acme',
      author: DEVELOPER.sub,
      state: 'submitted',
      unitsMin: null,
    });
    expect(await (await decide(BUREAU, 'approve')).json()).toMatchObject({ state: 'submitted' });
    expect(await (await decide(PROVIDER, 'approve')).json()).toMatchObject({ state: 'approved', decisions: [{}, {}] });
    const log = (await (await h.request(SECURITY, '/v1/audit/entries?plan=S1')).json()) as { items: object[] };
    expect(log.items).toMatchObject([
      { note: 'approve by provider; approved' },
      { note: 'approve by bureau; submitted' },
      { note: 'submitted', purpose: PLAN.purpose },
    ]);
  });

  it('is not decided by its own author, a stranger, or twice by one reviewer', async () => {
    await submit();
    expect((await decide(DEVELOPER, 'approve')).status).toBe(403);
    expect((await decide(OTHER_PROVIDER, 'approve')).status).toBe(404);
    expect((await decide(BUREAU, 'approve')).status).toBe(200);
    expect((await decide(BUREAU, 'approve')).status).toBe(409);
  });

  it('of another looks like one that is absent', async () => {
    await submit();
    const words = async (id: string) => (await (await h.request(RIVAL, `/v1/plans/${id}`)).text()).replaceAll(id, 'ID');
    expect(await words('S1')).toBe(await words('S9'));
    expect(await (await h.request(RIVAL, '/v1/plans')).json()).toEqual({ items: [], next: null });
  });

  it('is written by an operator for the developer it serves', async () => {
    expect((await submit({ ...PLAN, org: 'acme' }, RIVAL)).status).toBe(403);
    await h.store.commit((tx) =>
      putOrganisation(tx, { id: 'acme', title: { zh: '甲', en: 'acme' }, kind: 'developer' }),
    );
    expect(await (await submit({ ...PLAN, org: 'acme' }, OPERATOR)).json()).toMatchObject({
      org: 'acme',
      author: OPERATOR.sub,
    });
  });

  it.each([
    [{ tables: [{ resource: 'water', columns: ['nothing'] }] }, 422],
    [{ tables: [{ resource: 'absent', columns: ['uscc'] }] }, 422],
    [{ validFrom: '2026-02-30' }, 400],
    [{ validUntil: '2025-12-31' }, 422],
    [{ unitsMin: 0 }, 400],
    [{ class: 'secret' }, 400],
    [{ title: 'a\nb' }, 400],
  ])('with %j is refused', async (change, status) => {
    expect((await submit({ ...PLAN, ...change })).status).toBe(status);
  });

  it('is revoked for good', async () => {
    await submit();
    const revoke = (who: typeof BUREAU) => h.request(who, '/v1/plans/S1', { method: 'DELETE' });
    expect((await revoke(DEVELOPER)).status).toBe(403);
    expect(await (await revoke(PROVIDER)).json()).toMatchObject({ state: 'revoked' });
    expect((await revoke(BUREAU)).status).toBe(409);
    expect(await read()).toMatchObject({ state: 'revoked', revocation: { org: PROVIDER.org, by: PROVIDER.sub } });
  });
});

describe('GET /v1/budgets', () => {
  it('tells what a plan may, has held and has left', async () => {
    await submit({ ...PLAN, jobsMax: 10 });
    await h.store.commit((tx) =>
      reserve(tx, { kind: 'jobs', account: 'plan:S1:jobs', job: 'job_1', amount: 3, limit: 10 }),
    );
    expect(await (await h.request(DEVELOPER, '/v1/budgets')).json()).toEqual({
      items: [{ account: 'plan:S1:jobs', plan: 'S1', unit: 'jobs', limit: 10, spent: 0, reserved: 3, remaining: 7 }],
      next: null,
      privacy: [],
    });
    expect(await (await h.request(RIVAL, '/v1/budgets')).json()).toMatchObject({ items: [] });
  });
});
