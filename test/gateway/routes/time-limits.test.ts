/**
 * Goal: the bureau, two of its people, sets how long things may take and which days are worked; nothing that began before is shortened or
 * prolonged by it, and holidays count as soon as they are known. Method: the app under a clock that is set.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { USUAL_LIMITS } from '../../../policies/index.ts';
import { BUREAU, caller, DEVELOPER, type Harness, openHarness, PROVIDER } from './harness.ts';
import { declaration, listTable } from './sample-catalogue.ts';

const OTHER = caller('bureau', BUREAU.org, 'bureau-2');
const NEW_YEAR = { year: 2027, daysOff: ['2027-01-01', '2027-01-04'], daysWorked: ['2027-01-09'] };

let now: Date;
let h: Harness;
/** At noon in Asia/Shanghai. */
const at = (day: string) => {
  now = new Date(`${day}T04:00:00Z`);
};

beforeEach(async () => {
  at('2026-12-28');
  h = await openHarness({ clock: () => now });
  await h.request(PROVIDER, '/v1/resources', { json: declaration('water') });
  await listTable(h, 'water');
});

const read = async (response: Promise<Response>) => (await response).json() as Promise<Record<string, unknown>>;
const propose = (holidays: readonly unknown[], limits: object = {}, who = BUREAU) =>
  h.request(who, '/v1/time-limits', { json: { limits: { ...USUAL_LIMITS, ...limits }, holidays, comment: 'c' } });
const approve = (version: number, who = OTHER) =>
  h.request(who, `/v1/time-limits/${version}/approval`, { method: 'POST' });
const demand = async () => {
  const json = { provider: PROVIDER.org, title: 't', need: 'n', class: 'industry' };
  return (await read(h.request(DEVELOPER, '/v1/demands', { json })))['id'] as string;
};
const due = async (id: string) => (await read(h.request(BUREAU, `/v1/demands/${id}`)))['answerDue'];

describe('time limits', () => {
  it('are the usual ones until others are set, and anyone who is signed in may read them', async () => {
    const usual = { inForce: null, limits: USUAL_LIMITS, holidays: [], items: [] };
    expect(await read(h.request(DEVELOPER, '/v1/time-limits'))).toEqual(usual);
  });

  it('hold for what begins after the day of their approval; holidays count for all at once', async () => {
    const before = await demand();
    expect(await due(before)).toBe('2027-01-11');
    expect((await propose([NEW_YEAR], { answerDays: 2 })).status).toBe(201);
    expect(await due(before)).toBe('2027-01-11');
    expect((await approve(1)).status).toBe(200);
    const sameDay = await demand();
    at('2026-12-29');
    const after = await demand();
    // The first and the fourth are off, the ninth is worked: one day later than without.
    expect([await due(before), await due(sameDay), await due(after)]).toEqual([
      '2027-01-12',
      '2027-01-12',
      '2026-12-31',
    ]);
    const { inForce, limits } = await read(h.request(DEVELOPER, '/v1/time-limits'));
    expect({ inForce, limits }).toEqual({ inForce: 1, limits: { ...USUAL_LIMITS, answerDays: 2 } });
  });

  it('are set by two people of the bureau, and never back to an older proposal', async () => {
    expect((await propose([], {}, DEVELOPER)).status).toBe(403);
    for (const version of [1, 2]) expect(await (await propose([])).json()).toMatchObject({ version });
    const code = async (version: number, who = OTHER) => {
      const response = await approve(version, who);
      return [response.status, ((await response.json()) as { code?: string }).code ?? null];
    };
    expect(await code(2, BUREAU)).toEqual([409, 'TIME_LIMITS_STATE']);
    expect(await code(2, PROVIDER)).toEqual([403, 'POLICY_ACCESS_DENIED']);
    expect(await code(2)).toEqual([200, null]);
    for (const version of [1, 2, 3]) expect(await code(version)).toEqual([409, 'TIME_LIMITS_STATE']);
  });

  it('are refused with where and why', async () => {
    const wrong = await propose([{ ...NEW_YEAR, daysWorked: ['2027-01-05'] }]);
    expect(wrong.status).toBe(422);
    expect(await wrong.json()).toMatchObject({
      code: 'TIME_LIMITS_INVALID',
      facts: { path: 'holidays[0].daysWorked[0]' },
    });
    expect((await propose([{ ...NEW_YEAR, daysOff: ['2027-02-30'] }])).status).toBe(400);
    expect((await propose([], { supplyDays: 0 })).status).toBe(400);
    expect((await propose([NEW_YEAR, NEW_YEAR])).status).toBe(422);
  });
});
