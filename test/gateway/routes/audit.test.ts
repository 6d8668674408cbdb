import { beforeEach, describe, expect, it } from 'vitest';
import { appendEntry } from '../../../catalog/index.ts';
import { BUREAU, caller, DEVELOPER, type Harness, NOW, openHarness, PROVIDER, RIVAL, SECURITY } from './harness.ts';
import { declaration } from './sample-catalogue.ts';

const RIVAL_PROVIDER = caller('provider', 'power-supply');
const CUSTODIAN = caller('custodian', 'keys');

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
  await h.request(PROVIDER, '/v1/resources', { json: declaration('water') });
  await h.request(DEVELOPER, '/v1/resources', { json: declaration('mine') });
  await h.request(RIVAL, '/v1/resources', { json: declaration('mine') });
});

interface Entries {
  readonly items: readonly { readonly index: number; readonly kind: string; readonly who: { readonly org: string } }[];
  readonly next: string | null;
}
const search = async (who = SECURITY, query = '') =>
  (await (await h.request(who, `/v1/audit/entries${query}`)).json()) as Entries;
const orgs = ({ items }: Entries) =>
  [...new Set(items.filter(({ kind }) => kind !== 'log-read').map(({ who }) => who.org))].sort();

describe('GET /v1/audit/entries', () => {
  it('shows officers all, others what concerns them', async () => {
    expect(orgs(await search(SECURITY))).toEqual(['acme', 'rival', 'water-group']);
    expect(orgs(await search(BUREAU))).toEqual(['acme', 'rival', 'water-group']);
    expect(orgs(await search(PROVIDER))).toEqual(['water-group']);
    expect(orgs(await search(DEVELOPER))).toEqual(['acme']);
    expect((await h.request(CUSTODIAN, '/v1/audit/entries')).status).toBe(403);
  });

  it('shows an account its own entries and not those of its organisation', async () => {
    const [colleague, operator] = [
      caller('developer', 'acme', 'developer-2'),
      caller('operator', 'acme', 'operator-1'),
    ];
    for (const who of [colleague, operator]) await h.request(who, '/v1/resources', { json: declaration('mine') });
    const people = async (who: typeof DEVELOPER, query = '') =>
      new Set((await search(who, query)).items.map((item) => (item.who as { sub?: string }).sub));
    for (const who of [DEVELOPER, colleague, operator]) {
      expect(await people(who)).toEqual(new Set([who.sub]));
      expect(await people(who, '?person=developer-1&org=acme')).toEqual(new Set([who.sub]));
    }
    const all = await people(SECURITY, '?org=acme');
    expect(all, 'control').toEqual(new Set(['developer-1', 'developer-2', 'operator-1']));
    const resources = (await search(PROVIDER)).items.flatMap(
      (item) => (item as { tables?: { resource: string }[] }).tables ?? [],
    );
    expect(new Set(resources.map(({ resource }) => resource))).toEqual(new Set(['water']));
  });

  it('is not widened by any filter of the caller’s own', async () => {
    expect(orgs(await search(DEVELOPER, '?org=rival'))).toEqual(['acme']);
    expect(orgs(await search(PROVIDER, '?org=rival'))).toEqual([]);
  });

  it('shows a provider its own tables of what others’ stand in too, and finds nothing by those', async () => {
    const both = ['water', 'power'].map((resource) => ({
      ...{ resource, version: 1, columns: [`${resource}_used`], level: 'general-2' as const },
    }));
    await h.request(RIVAL_PROVIDER, '/v1/resources', { json: declaration('power') });
    await h.store.commit((tx) =>
      appendEntry(tx, { v: 1, kind: 'intent', at: NOW.toISOString(), job: 'joined', who: DEVELOPER, tables: both }),
    );
    const tables = async (who: typeof SECURITY, query: string) =>
      ((await search(who, query)).items as readonly { tables?: readonly { resource: string }[] }[]).map((item) =>
        item.tables?.map(({ resource }) => resource),
      );
    expect(await tables(SECURITY, '?job=joined'), 'control').toEqual([['water', 'power']]);
    expect(await tables(PROVIDER, '?job=joined')).toEqual([['water']]);
    expect(await tables(RIVAL_PROVIDER, '?job=joined')).toEqual([['power']]);
    expect(await tables(PROVIDER, '?column=water_used')).toEqual([['water']]);
    for (const query of ['?resource=power', '?column=power_used', '?resource=power&column=power_used'])
      expect(await tables(PROVIDER, query), query).toEqual([]);
  });

  it('is itself logged with what was asked for; a person where it can be erased, or not at all', async () => {
    await search(BUREAU, '?person=somebody&text=somebody');
    await search(BUREAU, '?person=someone&org=acme&resource=water&decision=deny&from=2026-03-01T00:00:00Z');
    const { items } = await search(SECURITY, '?kind=log-read');
    expect(items).toMatchObject([
      {
        who: BUREAU,
        about: { org: 'acme', sub: 'someone' },
        note: 'search by person, resource water, decision deny, from 2026-03-01T00:00:00.000Z',
      },
      { who: BUREAU, note: 'search by person, text' },
    ]);
    expect(JSON.stringify(items)).not.toContain('somebody');
    expect(items[0]).not.toMatchObject({ note: expect.stringContaining('someone') });
  });

  it('pages by index', async () => {
    const first = await search(SECURITY, '?limit=2&kind=refusal');
    expect(first.items.map(({ index }) => index)).toEqual([2, 1]);
    expect(first.next).toBeNull();
    const page = await search(SECURITY, '?limit=1&kind=refusal');
    expect(
      (await search(SECURITY, `?limit=1&kind=refusal&after=${page.next}`)).items.map(({ index }) => index),
    ).toEqual([1]);
  });
});

describe('the tree', () => {
  it('is public: checkpoint, key, proofs and hashes', async () => {
    const checkpoint = await (await h.request(null, '/v1/audit/checkpoint')).text();
    expect(checkpoint.split('\n').slice(0, 2)).toEqual(['test.example/log', '3']);
    expect(await (await h.request(null, '/v1/audit/key')).text()).toMatch(/^test\.example\/log\+[0-9a-f]{8}\+\S+\n$/);
    expect((await h.request(null, '/v1/audit/proof?index=2')).status).toBe(200);
    expect((await h.request(null, '/v1/audit/proof?index=3')).status).toBe(404);
    expect(await (await h.request(null, '/v1/audit/consistency?from=1')).json()).toMatchObject({ from: 1, to: 3 });
    const tile = await h.request(null, '/v1/audit/tile/0/000.p/3');
    expect([tile.status, (await tile.arrayBuffer()).byteLength]).toEqual([200, 96]);
    expect(tile.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await h.request(null, '/v1/audit/checkpoint')).headers.get('cache-control')).toBe('no-store');
    expect((await h.request(null, '/v1/audit/tile/0/000.p%2F3')).status).toBe(200);
  });

  it.each([
    '0/000',
    '0/000.p/4',
    '0/000.p/03',
    '0/000.p/0',
    '0/x000/000',
    '1/000',
    '64/000',
    '0/1',
    '0/000.p/3/',
    'x/000',
  ])('has no tile %s', async (name) => {
    await h.request(null, '/v1/audit/checkpoint');
    expect((await h.request(null, `/v1/audit/tile/${name}`)).status).toBe(404);
  });

  it('gives entries to officers only, and logs it', async () => {
    await h.request(null, '/v1/audit/checkpoint');
    const get = (who: typeof SECURITY | null) => h.request(who, '/v1/audit/tile/entries/000.p/3');
    expect((await get(null)).status).toBe(401);
    expect((await get(DEVELOPER)).status).toBe(403);
    const tile = await get(SECURITY);
    expect(tile.status).toBe(200);
    expect((await search(SECURITY, '?kind=log-read')).items[0]).toMatchObject({
      who: SECURITY,
      note: 'entries tile 0',
    });
  });
});

describe('DELETE /v1/audit/people/{org}/{sub}', () => {
  const erase = (who: typeof SECURITY, person: string) =>
    h.request(who, `/v1/audit/people/${person}`, { method: 'DELETE' });

  it('takes a name out of the log for good, and says so there without the name', async () => {
    const { org, sub } = DEVELOPER;
    const before = await search(SECURITY, `?person=${sub}&org=${org}`);
    expect(before.items.length, 'control').toBeGreaterThan(0);
    const answer = await erase(SECURITY, `${org}/${sub}`);
    const searched = 1; // the entry that tells of the search names the person too
    const erased = before.items.length + searched;
    expect([answer.status, await answer.json()]).toEqual([200, { erased }]);
    expect((await search(SECURITY, `?person=${sub}&org=${org}`)).items).toEqual([]);
    const [item] = (await search(SECURITY, '?kind=erasure')).items;
    expect(item).toMatchObject({ who: SECURITY, erased });
    expect(JSON.stringify(item)).not.toContain(sub);
    const [first] = (await search(SECURITY, `?org=${org}`)).items;
    expect(first?.who).toMatchObject({ org, sub: '-' });
    expect(first?.who).not.toHaveProperty('salt');
  });

  it('is the security office’s, and not for its own people', async () => {
    for (const who of [BUREAU, PROVIDER, DEVELOPER]) expect((await erase(who, 'acme/developer-1')).status).toBe(403);
    expect((await erase(SECURITY, `${SECURITY.org}/${SECURITY.sub}`)).status).toBe(403);
  });
});
