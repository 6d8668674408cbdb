import { beforeEach, describe, expect, it } from 'vitest';
import { isGrantable, putOrganisation } from '../../../catalog/index.ts';
import { BUREAU, caller, DEVELOPER, type Harness, openHarness, PROVIDER, RIVAL, SECURITY } from './harness.ts';
import { declaration, listTable } from './sample-catalogue.ts';

/** The list of authorised operation, demands, and catalogues that come in: each refusal beside what is permitted. */

const SECOND = { ...BUREAU, sub: 'bureau-2' };
const OTHER_PROVIDER = caller('provider', 'gas-office');

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
  await h.request(PROVIDER, '/v1/resources', { json: declaration('water') });
  await listTable(h, 'water');
});
const grantable = () => h.store.read((db) => isGrantable(db, 'water'));

describe('the list of authorised operation', () => {
  const propose = (change: object, who = BUREAU) =>
    h.request(who, '/v1/authorized-list/batches', { json: { comment: 'first', ...change } });
  const sign = (who: typeof BUREAU, verdict = 'approve', batch = 1) =>
    h.request(who, `/v1/authorized-list/batches/${batch}/signatures`, { json: { verdict } });

  it('takes a table once a second person of the bureau and its provider signed, and keeps its history', async () => {
    expect((await propose({ add: ['water'] })).status).toBe(201);
    expect((await sign(BUREAU)).status).toBe(403);
    expect((await sign(OTHER_PROVIDER)).status).toBe(403);
    expect((await sign(SECOND)).status).toBe(200);
    expect(grantable()).toBe(false);
    expect((await sign(PROVIDER)).status).toBe(200);
    expect(grantable()).toBe(true);
    expect((await propose({ add: ['water'] })).status).toBe(422);
    await propose({ remove: ['water'] });
    expect(grantable()).toBe(true);
    for (const who of [SECOND, PROVIDER]) await sign(who, 'approve', 2);
    expect(grantable()).toBe(false);
    const list = (await (await h.request(DEVELOPER, '/v1/authorized-list')).json()) as { items: []; batches: [] };
    expect([list.items.length, list.batches.length]).toEqual([0, 2]);
  });

  it('leaves out what a provider refuses, and what is not in the catalogue', async () => {
    await propose({ add: ['water'] });
    await sign(SECOND);
    await sign(PROVIDER, 'refuse');
    expect(grantable()).toBe(false);
    expect((await sign(SECOND)).status).toBe(409);
    await h.request(PROVIDER, '/v1/resources', { json: declaration('draft_table') });
    expect((await propose({ add: ['draft_table'] })).status).toBe(422);
    expect((await propose({ add: ['water'] }, PROVIDER)).status).toBe(403);
  });

  it('holds nothing of a table that is withdrawn, or whose entry is a draft again', async () => {
    await propose({ add: ['water'] });
    for (const who of [SECOND, PROVIDER]) await sign(who);
    await h.request(PROVIDER, '/v1/resources/water/revisions', {
      json: { ...declaration('water'), conditions: 'other' },
    });
    expect(grantable()).toBe(false);
  });
});

describe('demands', () => {
  const DEMAND = { provider: PROVIDER.org, title: 'water by month', need: 'SECRET-PLAN of acme', class: 'industry' };
  const file = async () =>
    (await (await h.request(DEVELOPER, '/v1/demands', { json: DEMAND })).json()) as { id: string };

  it('go from the developer to a draft of the provider’s, and are answered once', async () => {
    const { id } = await file();
    const answer = (who: typeof BUREAU, verdict: string) =>
      h.request(who, `/v1/demands/${id}/answer`, { json: { verdict } });
    const draft = (resource: string) => h.request(PROVIDER, `/v1/demands/${id}/proposal`, { json: { resource } });
    expect((await draft('water')).status).toBe(409);
    expect((await answer(DEVELOPER, 'accept')).status).toBe(403);
    expect(await (await answer(PROVIDER, 'accept')).json()).toMatchObject({ verdict: 'accept', isLate: false });
    expect((await answer(PROVIDER, 'decline')).status).toBe(409);
    expect((await draft('absent')).status).toBe(404);
    expect(await (await draft('water')).json()).toMatchObject({ resource: 'water', answerDue: '2026-03-13' });
  });

  it('tell nothing to others: not by id, not in lists, not in the log that others read', async () => {
    const { id } = await file();
    const words = async (who: typeof BUREAU, name: string) =>
      (await (await h.request(who, `/v1/demands/${name}`)).text()).replaceAll(name, 'ID');
    for (const who of [RIVAL, OTHER_PROVIDER]) {
      expect(await words(who, id)).toBe(await words(who, 'demand-none'));
      expect(await (await h.request(who, '/v1/demands')).json()).toEqual({ items: [], next: null });
    }
    for (const who of [DEVELOPER, PROVIDER, BUREAU, SECURITY]) expect(await words(who, id)).toContain('SECRET-PLAN');
    const log = await (await h.request(SECURITY, '/v1/audit/entries')).text();
    expect(log).toContain(id);
    expect(log).not.toContain('SECRET-PLAN');
  });

  it('are addressed to a provider', async () => {
    expect((await h.request(DEVELOPER, '/v1/demands', { json: { ...DEMAND, provider: 'nobody' } })).status).toBe(409);
    expect((await h.request(PROVIDER, '/v1/demands', { json: DEMAND })).status).toBe(403);
  });
});

describe('a catalogue that comes in as DCAT-3', () => {
  const send = (document: unknown, who = OTHER_PROVIDER) => h.request(who, '/v1/catalogue-imports', { json: document });
  const exported = async () => {
    const response = await h.request(BUREAU, '/v1/resources/water', { headers: { Accept: 'application/ld+json' } });
    return JSON.parse((await response.text()).replaceAll('"water"', '"water2"')) as Record<string, unknown>;
  };

  it('gives back what went out, as a draft of who sent it', async () => {
    expect(await (await send(await exported())).json()).toEqual({
      items: [{ id: 'water2', outcome: 'draft', code: null, problem: null }],
    });
    const read = async (who: typeof BUREAU, id: string) =>
      (await (await h.request(who, `/v1/resources/${id}`)).json()) as { schema: object };
    const [before, after] = [await read(BUREAU, 'water'), await read(OTHER_PROVIDER, 'water2')];
    expect(after).toMatchObject({ state: 'draft', provider: 'gas-office' });
    expect(after.schema).toEqual({ ...before.schema, table: 'water2' });
    expect((await h.request(DEVELOPER, '/v1/resources/water2')).status).toBe(404);
  });

  it('comes in by the media type and the shapes that JSON-LD has', async () => {
    const dataset = { ...(await exported()), '@type': ['dcat:Dataset', 'dcat:Resource'] };
    const headers = { 'content-type': 'application/ld+json' };
    const asSent = { method: 'POST', headers, body: JSON.stringify({ '@graph': [dataset] }) };
    expect(await (await h.request(OTHER_PROVIDER, '/v1/catalogue-imports', asSent)).json()).toMatchObject({
      items: [{ id: 'water2', outcome: 'draft' }],
    });
    const other = { ...asSent, headers: { 'content-type': 'text/turtle' } };
    expect((await h.request(OTHER_PROVIDER, '/v1/catalogue-imports', other)).status).toBe(415);
    expect((await h.request(BUREAU, '/v1/plans', asSent)).status).toBe(415);
    expect(await (await send({ '@graph': [{ '@type': 'skos:Concept' }] })).json()).toMatchObject({
      code: 'RESOURCE_INVALID',
    });
  });

  it('of somebody who knows no levels comes in strict, and incomplete', async () => {
    const foreign = {
      '@context': {},
      '@id': 'x',
      '@type': 'dcat:Catalog',
      'dcat:dataset': [
        {
          'dct:identifier': 'foreign',
          'dct:title': '外部',
          'dct:conformsTo': { 'csvw:column': [{ 'csvw:name': 'a' }] },
        },
        {
          'dct:identifier': 'Not A Name',
          'dct:title': 'x',
          'dct:conformsTo': { 'csvw:column': [{ 'csvw:name': 'a' }] },
        },
        { 'dct:title': 'no name' },
      ],
    };
    const { items } = (await (await send(foreign)).json()) as { items: { outcome: string }[] };
    expect(items.map(({ outcome }) => outcome)).toEqual(['draft', 'refused', 'refused']);
    const draft = await (await h.request(OTHER_PROVIDER, '/v1/resources/foreign')).json();
    expect(draft).toMatchObject({ schema: { columns: [{ level: 'general-4', role: 'sensitive' }] } });
    expect(await (await listTable(h, 'foreign')).json()).toMatchObject({
      code: 'ENTRY_INCOMPLETE',
      facts: { missing: ['frequency', 'conditions'] },
    });
  });

  it('is for providers', async () => {
    expect((await send(await exported(), DEVELOPER)).status).toBe(403);
    expect((await send({ '@context': {}, '@id': 'x', '@type': 'dcat:Nothing' })).status).toBe(422);
  });
});

it('an organisation that nobody knows is none to address', async () => {
  await h.store.commit((tx) => putOrganisation(tx, { id: 'x', title: { zh: '', en: '' }, kind: 'developer' }));
  const demand = { provider: 'x', title: 't', need: 'n', class: 'industry' };
  expect((await h.request(DEVELOPER, '/v1/demands', { json: demand })).status).toBe(409);
});
