import { beforeEach, describe, expect, it } from 'vitest';
import { BUREAU, caller, DEVELOPER, type Harness, openHarness, PROVIDER, SECURITY } from './harness.ts';
import { declaration } from './sample-catalogue.ts';

const OTHER_OFFICER = caller('security', 'security-office', 'security-2');

let h: Harness;
beforeEach(async () => {
  h = await openHarness();
});

interface FreezeJson {
  readonly id: string;
  readonly thawAskedBy: string | null;
  readonly thawedBy: string | null;
}
const freeze = (who = SECURITY, order: object = { scope: 'plan', target: 'S1', reason: 'drill' }) =>
  h.request(who, '/v1/freezes', { json: order });
const thaw = (who: typeof SECURITY, id: string) => h.request(who, `/v1/freezes/${id}`, { method: 'DELETE' });
const list = async (query = '') =>
  (await (await h.request(SECURITY, `/v1/freezes${query}`)).json()) as { items: readonly FreezeJson[] };
const notes = async () => {
  const answer = await (await h.request(SECURITY, '/v1/audit/entries?kind=freeze')).json();
  return (answer as { items: { note: string; who: { sub: string } }[] }).items.map(({ note, who }) => [who.sub, note]);
};

describe('POST /v1/freezes', () => {
  it('is for the security office', async () => {
    for (const who of [BUREAU, PROVIDER, DEVELOPER]) expect((await freeze(who)).status).toBe(403);
    expect((await list()).items).toEqual([]);
    const answer = await freeze();
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ scope: 'plan', target: 'S1', frozenBy: 'security-office/security-1' });
    expect(await notes()).toEqual([['security-1', 'freeze plan S1: drill']]);
  });

  it.each([
    { scope: 'platform', target: 'all' },
    { scope: 'developer', target: 'alice' },
    { scope: 'grant', target: 'S1' },
    { scope: 'resource', target: 'S1/x' },
    { scope: 'everything', target: '*' },
  ])('refuses $scope $target', async (order) => {
    expect((await freeze(SECURITY, { ...order, reason: 'x' })).status).toBe(400);
  });
});

describe('DELETE /v1/freezes/{id}', () => {
  it('takes two people', async () => {
    const { id } = (await (await freeze()).json()) as FreezeJson;
    expect((await thaw(BUREAU, id)).status).toBe(403);
    expect((await thaw(SECURITY, id)).status).toBe(202);
    const again = await thaw(SECURITY, id);
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([409, 'FREEZE_STATE']);
    expect((await list('?active=true')).items).toHaveLength(1);
    const thawed = await thaw(OTHER_OFFICER, id);
    expect(thawed.status).toBe(200);
    expect(await thawed.json()).toMatchObject({
      thawAskedBy: 'security-office/security-1',
      thawedBy: 'security-office/security-2',
    });
    expect((await thaw(OTHER_OFFICER, id)).status).toBe(409);
    expect((await list('?active=true')).items).toEqual([]);
    expect((await list()).items).toHaveLength(1);
    expect(await notes()).toEqual([
      ['security-2', 'thaw plan S1'],
      ['security-1', 'thaw asked for plan S1'],
      ['security-1', 'freeze plan S1: drill'],
    ]);
  });

  it('is agreed to by two people whom it does not freeze', async () => {
    const target = `${OTHER_OFFICER.org}/${OTHER_OFFICER.sub}`;
    const { id } = (await (await freeze(SECURITY, { scope: 'developer', target, reason: 'x' })).json()) as FreezeJson;
    const own = await thaw(OTHER_OFFICER, id);
    expect([own.status, ((await own.json()) as { code: string }).code]).toEqual([409, 'FREEZE_STATE']);
    expect((await thaw(SECURITY, id)).status).toBe(202);
    expect((await thaw(OTHER_OFFICER, id)).status).toBe(409);
    expect((await thaw(caller('security', 'security-office', 'security-3'), id)).status, 'control').toBe(200);
  });

  it('knows no other', async () => {
    expect((await thaw(SECURITY, crypto.randomUUID())).status).toBe(404);
    expect((await thaw(SECURITY, 'x')).status).toBe(404);
  });
});

describe('what is frozen beside jobs', () => {
  const register = (who: typeof SECURITY, table: string) =>
    h.request(who, '/v1/resources', { json: declaration(table) });
  const upload = (who: typeof SECURITY, table: string) =>
    h.request(who, `/v1/resources/${table}/data`, {
      method: 'PUT',
      body: 'x\n',
      headers: { 'content-type': 'text/csv' },
    });
  const codeOf = async (answer: Promise<Response>) => ((await (await answer).json()) as { code?: string }).code;

  it.each([
    ['organisation', PROVIDER.org],
    ['developer', `${PROVIDER.org}/${PROVIDER.sub}`],
    ['platform', '*'],
  ])('an account under a freeze of the %s brings nothing in, and reads on', async (scope, target) => {
    expect((await register(PROVIDER, 'water')).status, 'control').toBe(201);
    const { id } = (await (await freeze(SECURITY, { scope, target, reason: 'x' })).json()) as FreezeJson;
    expect(await codeOf(register(PROVIDER, 'power'))).toBe('POLICY_FROZEN');
    expect(await codeOf(upload(PROVIDER, 'water'))).toBe('POLICY_FROZEN');
    expect(await codeOf(h.request(PROVIDER, '/v1/resources/water/versions/1', { method: 'DELETE' }))).toBe(
      'POLICY_FROZEN',
    );
    expect((await h.request(PROVIDER, '/v1/resources')).status).toBe(200);
    const refusals = await (await h.request(SECURITY, '/v1/audit/entries?code=POLICY_FROZEN')).json();
    expect((refusals as { items: { note: string }[] }).items.map(({ note }) => note)).toEqual([
      'resource:destroy Resource water',
      'resource:upload Resource water',
      'resource:register Resource power',
    ]);
    for (const who of [SECURITY, OTHER_OFFICER]) expect((await thaw(who, id)).ok).toBe(true);
    expect((await register(PROVIDER, 'power')).status).toBe(201);
  });

  it('a frozen resource takes no upload; others do', async () => {
    for (const table of ['water', 'power']) await register(PROVIDER, table);
    await freeze(SECURITY, { scope: 'resource', target: 'water', reason: 'x' });
    expect(await codeOf(upload(PROVIDER, 'water'))).toBe('POLICY_FROZEN');
    expect(await codeOf(upload(PROVIDER, 'power')), 'control: as far as the file').toBe('UPLOAD_FORMAT');
  });
});
