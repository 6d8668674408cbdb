import { beforeEach, describe, expect, it } from 'vitest';
import { getPlan, searchEntries, suspendingTables } from '../../../catalog/index.ts';
import { BUREAU, caller, DEVELOPER, type Harness, openHarness, PROVIDER, SECURITY } from './harness.ts';
import { declaration, listTable, PLAN } from './sample-catalogue.ts';

/**
 * Goal: nothing is listed before three people let it through, and nothing runs over an entry that is not what reviewers judged.
 * Method: the real app on a store in memory; each refusal beside the same request that is permitted.
 */

const SECOND = { ...SECURITY, sub: 'security-2' };

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
  await h.request(PROVIDER, '/v1/resources', { json: declaration('water') });
});

const gate = (which: string, who = SECURITY, verdict = 'approve') =>
  h.request(who, `/v1/resources/water/gates/${which}`, { json: { verdict } });
const list = () => h.request(BUREAU, '/v1/resources/water/listing', { method: 'POST' });
const code = async (response: Promise<Response>) => {
  const answer = await response;
  return [answer.status, ((await answer.json()) as { code?: string }).code];
};
const revise = (change: object, who = PROVIDER) =>
  h.request(who, '/v1/resources/water/revisions', { json: { ...declaration('water'), ...change } });
const withLevel = (level: string) => {
  const { schema } = declaration('water');
  const columns = schema.columns.map((one) => (one.name === 'm3_used' ? { ...one, level } : one));
  return { schema: { ...schema, columns } };
};
const suspended = () => h.store.read((db) => suspendingTables(db, getPlan(db, 'S1')));

describe('gates before a listing', () => {
  it('each keep the entry out; it is listed once three people let it through', async () => {
    const passed = { secrecy: SECURITY, security: SECOND, 'personal-information': BUREAU };
    for (const [name, who] of Object.entries(passed)) {
      expect(await code(list())).toEqual([409, 'GATE_CLOSED']);
      expect((await gate(name, who)).status).toBe(200);
    }
    expect((await list()).status).toBe(200);
  });

  it.each([
    ['one person for two gates', 'security', SECURITY, 403],
    ['the bureau for secrecy', 'security', BUREAU, 403],
    ['the security office for personal information', 'personal-information', SECOND, 403],
    ['a developer', 'security', DEVELOPER, 404],
    ['the provider itself', 'security', PROVIDER, 403],
    ['a second verdict on the same gate', 'secrecy', SECOND, 409],
    ['a gate that there is not', 'politeness', SECOND, 404],
  ])('refuse %s', async (_what, name, who, status) => {
    await gate('secrecy');
    expect((await gate(name, who)).status).toBe(status);
  });

  it('that somebody refused take another version of the entry', async () => {
    await gate('secrecy', SECURITY, 'refuse');
    await gate('security', SECOND);
    await gate('personal-information', BUREAU);
    expect(await code(list())).toEqual([409, 'GATE_CLOSED']);
    await revise({ title: { zh: '另', en: 'other title' } });
    expect(await code(list())).toEqual([409, 'GATE_CLOSED']);
    await revise({ conditions: '不含涉密单位' });
    expect((await listTable(h, 'water')).status).toBe(200);
  });

  it('keep out an entry that lacks a field, whatever was decided', async () => {
    await revise({ conditions: ' ' });
    const listed = await listTable(h, 'water');
    expect([listed.status, await listed.json()]).toMatchObject([
      422,
      { code: 'ENTRY_INCOMPLETE', facts: { missing: ['conditions'] } },
    ]);
  });
});

describe('another version of an entry', () => {
  beforeEach(async () => {
    await listTable(h, 'water');
    await h.request(DEVELOPER, '/v1/plans', { json: PLAN });
    for (const who of [BUREAU, PROVIDER]) {
      await h.request(who, '/v1/plans/S1/decisions', { json: { verdict: 'approve' } });
    }
  });
  const review = (who: typeof BUREAU, verdict = 'approve') =>
    h.request(who, '/v1/plans/S1/reviews', { json: { verdict } });

  it('in other words goes on being listed', async () => {
    expect(await (await revise({ title: { zh: '新', en: 'new title' } })).json()).toMatchObject({ state: 'listed' });
    expect(suspended()).toEqual([]);
    expect((await review(BUREAU)).status).toBe(409);
  });

  it('of a lower level is a draft without data, says so in the log, and suspends plans', async () => {
    expect(suspended()).toEqual([]);
    const revised = await revise(withLevel('general-1'));
    expect(await revised.json()).toMatchObject({ state: 'draft', currentVersion: null });
    expect(suspended()).toEqual(['water']);
    const [entry] = h.store.read((db) => searchEntries(db, {}).entries.map((one) => one.entry));
    expect(entry?.note).toMatch(/less protected: schema\.columns\.m3_used\.level; suspends 1 plans: S1$/);
    const listed = (await (await h.request(BUREAU, '/v1/resources/water/revisions')).json()) as { items: object[] };
    expect(listed.items).toMatchObject([
      { revision: 2, basis: 2, changes: [{ before: '"general-2"', after: '"general-1"', isWeaker: true }] },
      { revision: 1, basis: 1, changes: [] },
    ]);
  });

  it('is judged again by all, and a change that is taken back is a change', async () => {
    await revise(withLevel('general-3'));
    await revise({});
    await listTable(h, 'water');
    expect(suspended()).toEqual(['water']);
    expect((await review(DEVELOPER)).status).toBe(403);
    expect((await review(caller('provider', 'gas-office'))).status).toBe(404);
    expect((await review(BUREAU)).status).toBe(200);
    expect((await review(BUREAU)).status).toBe(409);
    expect(suspended()).toEqual(['water']);
    expect(await (await review(PROVIDER)).json()).toMatchObject({ suspendedBy: [] });
  });

  it('keeps a plan suspended that one reviewer refuses', async () => {
    await revise(withLevel('general-3'));
    await listTable(h, 'water');
    await review(BUREAU);
    await review(PROVIDER, 'refuse');
    expect(suspended()).toEqual(['water']);
  });

  it('is of its own provider and its own table, and nothing where it says the same', async () => {
    expect((await revise({}, caller('provider', 'gas-office'))).status).toBe(403);
    expect((await revise({ schema: declaration('gas').schema })).status).toBe(422);
    const before = h.store.read((db) => searchEntries(db, {}).entries.length);
    expect((await revise({})).status).toBe(200);
    expect(h.store.read((db) => searchEntries(db, {}).entries.length)).toBe(before);
  });

  it('is signed by the log', async () => {
    const read = await h.request(SECURITY, '/v1/resources/water/revisions/1');
    const signed = (await read.json()) as { sha256: string; entry: { note: string }; receipt: string };
    expect(signed.entry.note).toContain(signed.sha256);
    expect(signed.receipt).toContain('c2sp.org/tlog-proof');
    expect((await h.request(DEVELOPER, '/v1/resources/water/revisions/1')).status).toBe(403);
  });
});

describe('a table that is offered again', () => {
  it('at a lower level, after a withdrawal, shows as less protected', async () => {
    await h.request(PROVIDER, '/v1/resources', { json: { ...declaration('gas'), ...rename('gas', 'general-3') } });
    await h.request(PROVIDER, '/v1/resources/gas', { method: 'DELETE' });
    await h.request(PROVIDER, '/v1/resources', { json: { ...declaration('gas2'), ...rename('gas2', 'general-1') } });
    const { items } = (await (await h.request(BUREAU, '/v1/resources/gas2/revisions')).json()) as {
      items: { changes: { path: string; isWeaker: boolean }[] }[];
    };
    expect(items[0]?.changes.filter(({ isWeaker }) => isWeaker)).toMatchObject([
      { path: 'schema.columns.m3_used.level' },
    ]);
  });
  const rename = (table: string, level: string) => ({ schema: { ...withLevel(level).schema, table } });
});

describe('terms', () => {
  it('leave out plans of other classes, at the submission', async () => {
    await revise({ terms: { classes: ['welfare'], service: 'analysis' } });
    await listTable(h, 'water');
    expect(await code(h.request(DEVELOPER, '/v1/plans', { json: PLAN }))).toEqual([422, 'PLAN_INVALID']);
    expect((await h.request(DEVELOPER, '/v1/plans', { json: { ...PLAN, class: 'welfare' } })).status).toBe(201);
  });
});
