/**
 * Goal: what is due within working days shows as late to who watches over it from the day after on, and on no day before; likewise a table whose
 * next version is due. Method: the app under a clock that is set to the last day and to the one after. Holidays: calendar.test.ts.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { beginVersion, commitVersion } from '../../../catalog/index.ts';
import { BUREAU, DEVELOPER, type Harness, openHarness, PROVIDER, SECURITY } from './harness.ts';
import { declaration, listTable, PLAN } from './sample-catalogue.ts';

let now: Date;
let h: Harness;
/** At noon in Asia/Shanghai. */
const at = (day: string) => {
  now = new Date(`${day}T04:00:00Z`);
};

beforeEach(async () => {
  at('2026-03-01');
  h = await openHarness({ clock: () => now });
  await h.request(PROVIDER, '/v1/resources', { json: declaration('water') });
  await listTable(h, 'water');
});

describe('from the day after its last on, and no earlier', () => {
  it('a supply is late: five working days after the approval of Sunday, 1 March', async () => {
    await h.request(DEVELOPER, '/v1/plans', { json: PLAN });
    for (const who of [BUREAU, PROVIDER])
      await h.request(who, '/v1/plans/S1/decisions', { json: { verdict: 'approve', comment: '' } });
    const late = async (day: string) => {
      at(day);
      const { items } = (await (await h.request(BUREAU, '/v1/late-steps')).json()) as { items: unknown[] };
      return items;
    };
    expect(await late('2026-03-06')).toEqual([]);
    expect(await late('2026-03-07')).toMatchObject([
      {
        plan: 'S1',
        steps: [
          { step: 'supply', resource: 'water', org: PROVIDER.org, due: '2026-03-06', isLate: true },
          { step: 'filing', due: null, isLate: false },
        ],
      },
    ]);
    expect((await h.request(SECURITY, '/v1/late-steps')).status).toBe(200);
    expect((await h.request(DEVELOPER, '/v1/late-steps')).status).toBe(403);
  });

  it('an answer to a demand is late: ten working days', async () => {
    const demand = { provider: PROVIDER.org, title: 't', need: 'n', class: 'industry' };
    const { id } = (await (await h.request(DEVELOPER, '/v1/demands', { json: demand })).json()) as { id: string };
    const isLate = async (day: string) => {
      at(day);
      return ((await (await h.request(BUREAU, `/v1/demands/${id}`)).json()) as { isLate: boolean }).isLate;
    };
    expect([await isLate('2026-03-13'), await isLate('2026-03-14')]).toEqual([false, true]);
  });

  it('a table that is declared two-monthly is stale', async () => {
    await h.store.commit((tx) => {
      const version = beginVersion(tx, 'water');
      const facts = { rows: 1, bytes: 1, rowsPerUnitMax: {}, contentSha256: 'ab', rowKeyScheme: 's', report: null };
      commitVersion(tx, { ...facts, resource: 'water', version });
    });
    const isStale = async (day: string) => {
      at(day);
      return ((await (await h.request(BUREAU, '/v1/resources/water/versions/1')).json()) as { isStale: boolean })
        .isStale;
    };
    expect([await isStale('2026-05-02'), await isStale('2026-05-03')]).toEqual([false, true]);
  });
});
