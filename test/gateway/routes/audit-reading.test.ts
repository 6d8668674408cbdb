import { beforeEach, expect, it } from 'vitest';
import { appendEntry, keepQueryPlan, sha256Hex } from '../../../catalog/index.ts';
import { BUREAU, DEVELOPER, type Harness, NOW, openHarness, PROVIDER, SECURITY } from './harness.ts';
import { declaration } from './sample-catalogue.ts';

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
  await h.request(PROVIDER, '/v1/resources', { json: declaration('water') });
  const who = { sub: 'alice', org: 'acme', role: 'developer' };
  const tables = [{ resource: 'water', version: 1, columns: ['m3_used'], level: 'general-2' as const }];
  const at = new Date(NOW.getTime() - 60_000).toISOString();
  await h.store.commit((tx) => {
    for (let n = 0; n < 12; n += 1) {
      const plan = `{"fn":"eq","args":[{"kind":"literal","value":${n}}],"table":"reservoir"}`;
      const queryHash = sha256Hex(plan);
      keepQueryPlan(tx, queryHash, () => plan);
      const common = {
        v: 1 as const,
        at,
        job: `j${n}`,
        who,
        plan: 'S1',
        tables,
        queryHash,
        decision: 'permit' as const,
      };
      appendEntry(tx, { ...common, kind: 'intent' });
      const isFailed = n >= 10;
      const outcome = isFailed ? { decision: 'deny' as const, code: 'SANDBOX_TIMEOUT' } : {};
      appendEntry(tx, { ...common, kind: 'outcome', ...outcome });
    }
  });
});

it('exposure: for officers and the provider of the resource, and for nobody else; logged', async () => {
  for (const who of [SECURITY, BUREAU, PROVIDER]) {
    const answer = await h.request(who, '/v1/audit/resources/water/exposure');
    expect(await answer.json()).toMatchObject({
      released: 10,
      refused: { SANDBOX_TIMEOUT: 2 },
      people: 1,
      queries: 10,
      knownSets: 0,
      columns: [{ column: 'm3_used', released: 10 }],
      isComplete: true,
    });
  }
  expect((await h.request(DEVELOPER, '/v1/audit/resources/water/exposure')).status).toBe(403);
  expect((await h.request(PROVIDER, '/v1/audit/resources/power/exposure')).status).toBe(403);
  const none = await h.request(SECURITY, '/v1/audit/resources/water/exposure?until=2020-01-01T00:00:00Z');
  expect(await none.json()).toMatchObject({ released: 0, first: null });
  const typo = await h.request(SECURITY, '/v1/audit/resources/watre/exposure');
  expect(await typo.json(), 'a resource that is not there has no exposure of 0').toMatchObject({
    status: 404,
    code: 'RESOURCE_NOT_FOUND',
  });
  const reads = await (await h.request(SECURITY, '/v1/audit/entries?kind=log-read')).text();
  expect(reads).toContain('exposure of water');
});

it('signals of a person: for officers, explained in their language', async () => {
  const answer = await h.request(SECURITY, '/v1/audit/people/acme/alice/signals', {
    headers: { 'accept-language': 'zh-CN' },
  });
  const { questions, signals } = (await answer.json()) as {
    readonly questions: number;
    readonly signals: readonly { readonly signal: string; readonly isRaised: boolean; readonly because: string }[];
  };
  expect(questions).toBe(12);
  expect(signals.filter(({ isRaised }) => isRaised).map(({ signal }) => signal)).toContain('sequential-lookups');
  expect(signals.every(({ because }) => /\p{Script=Han}/u.test(because))).toBe(true);
  expect(signals.find(({ signal }) => signal === 'denial-rate')?.because).toMatch(/达到 0\.3 即提示$/);
  expect((await h.request(DEVELOPER, '/v1/audit/people/acme/alice/signals')).status).toBe(403);
});

it('finds the words of a plan, and entries by risk', async () => {
  const find = async (query: string) =>
    ((await (await h.request(SECURITY, `/v1/audit/entries?${query}`)).json()) as { items: { kind: string }[] }).items;
  expect((await find('text=reservoir&limit=200')).map(({ kind }) => kind)).toEqual(Array(12).fill('intent'));
  expect(await find('text=args')).toEqual([]); // names of members are no words of a plan
  expect(await find('risk=denied&kind=outcome')).toHaveLength(2);
  expect(await find('risk=sensitive')).toEqual([]);
});

it('a period that ends before it begins is refused, and an instant without a zone is told what is missing', async () => {
  for (const path of ['entries', 'resources/water/exposure', 'people/acme/alice/signals']) {
    const ask = async (query: string) =>
      (await (
        await h.request(SECURITY, `/v1/audit/${path}?${query}`, { headers: { 'accept-language': 'en' } })
      ).json()) as { readonly code?: string; readonly detail?: string };
    const reversed = await ask('from=2026-03-04T00:00:00Z&until=2026-03-01T00:00:00Z');
    expect(reversed).toMatchObject({ code: 'REQUEST_INVALID', detail: expect.stringContaining('later than `from`') });
    expect((await ask('from=2026-03-04')).detail).toContain('an instant with its zone');
    expect((await ask('from=2026-03-01T00:00:00Z&until=2026-03-04T00:00:00Z')).code, 'control').toBeUndefined();
  }
});

it('a refusal by a freeze is a question, and not one that the rules refused', async () => {
  const denials = async () => {
    const { questions, signals } = (await (
      await h.request(SECURITY, '/v1/audit/people/acme/alice/signals')
    ).json()) as { readonly questions: number; readonly signals: readonly { signal: string; value: number }[] };
    return [questions, signals.find(({ signal }) => signal === 'denial-rate')?.value];
  };
  const refuse = (code: string) =>
    h.store.commit((tx) => {
      const who = { sub: 'alice', org: 'acme', role: 'developer' };
      const at = new Date(NOW.getTime() - 20_000).toISOString();
      for (let n = 0; n < 4; n += 1)
        appendEntry(tx, { v: 1, kind: 'refusal', at, who, plan: 'S1', decision: 'deny', code });
    });
  expect(await denials()).toEqual([12, 0.167]);
  await refuse('POLICY_FROZEN');
  expect(await denials()).toEqual([16, 0.125]);
  await refuse('POLICY_IDENTIFIER_USE');
  expect(await denials(), 'control').toEqual([20, 0.3]);
});

it('tells whom to look at first, of all or of an organisation; logged', async () => {
  await h.store.commit((tx) => {
    const who = { sub: 'mallory', org: 'rival', role: 'developer' };
    const at = new Date(NOW.getTime() - 30_000).toISOString();
    for (let n = 0; n < 3; n += 1)
      appendEntry(tx, {
        v: 1,
        kind: 'refusal',
        at,
        who,
        plan: 'S1',
        job: `m${n}`,
        decision: 'deny',
        code: 'POLICY_CANARY',
      });
    const quiet = { sub: 'quiet', org: 'rival', role: 'developer' };
    appendEntry(tx, { v: 1, kind: 'intent', at, who: quiet, plan: 'S1', job: 'q', decision: 'permit' });
    appendEntry(tx, {
      ...{ v: 1, kind: 'refusal', at, who: { sub: 'd', org: 'sluice-drill-developer', role: 'developer' } },
      ...{ plan: 'S1', job: 'd', decision: 'deny', code: 'POLICY_CANARY' },
    });
  });
  const read = async (query = '') =>
    (
      (await (await h.request(SECURITY, `/v1/audit/signals${query}`)).json()) as {
        items: { org: string; sub: string; signals: { signal: string; because: string }[] }[];
      }
    ).items.map(({ org, sub, signals }) => [`${org}/${sub}`, signals.map(({ signal }) => signal)]);
  expect(await read()).toEqual([
    ['rival/mallory', ['canary']],
    ['acme/alice', expect.arrayContaining(['near-duplicates', 'sequential-lookups'])],
  ]);
  expect(await read('?org=acme')).toHaveLength(1);
  expect(await read('?until=2020-01-01T00:00:00Z')).toEqual([]);
  expect((await h.request(PROVIDER, '/v1/audit/signals')).status).toBe(403);
  const logged = await (await h.request(SECURITY, '/v1/audit/entries?kind=log-read')).text();
  expect(logged).toContain('signals of all of acme');
});
