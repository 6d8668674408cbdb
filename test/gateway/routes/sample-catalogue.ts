import { expect } from 'vitest';
import { putOrganisation } from '../../../catalog/index.ts';
import { BUREAU, DEVELOPER, type Harness, PROVIDER, SECURITY } from './harness.ts';

const title = (zh: string, en: string) => ({ zh, en });

/** A declaration with a column of each role. */
export function declaration(table: string) {
  return {
    title: title('企业用水', 'enterprise water'),
    frequency: 'two-monthly',
    conditions: '仅限批准的使用方案',
    schema: {
      table,
      columns: [
        {
          name: 'uscc',
          title: title('信用代码', 'credit code'),
          type: 'text',
          level: 'general-2',
          role: 'identifier',
          unit: 'enterprise',
        },
        {
          name: 'div_code',
          title: title('乡镇', 'township'),
          type: 'text',
          level: 'general-1',
          role: 'dimension',
          values: ['420704001', '420704002'],
        },
        {
          name: 'm3_used',
          title: title('用水量', 'water used'),
          type: 'decimal',
          level: 'general-2',
          role: 'measure',
          bounds: { min: 0, max: 1e6 },
          measure: 'm3',
        },
      ],
    },
  };
}

export const PLAN = {
  id: 'S1',
  title: '小微信贷指数',
  purpose: '用水活跃度',
  class: 'industry',
  tables: [{ resource: 'water', columns: ['uscc', 'm3_used'] }],
  validFrom: '2026-01-01',
  validUntil: '2026-12-31',
};

/** Three people let the entry through, and the bureau lists it. */
export async function listTable(h: Harness, table: string): Promise<Response> {
  for (const [gate, who] of [
    ['secrecy', SECURITY],
    ['security', { ...SECURITY, sub: 'security-2' }],
    ['personal-information', BUREAU],
  ] as const) {
    await h.request(who, `/v1/resources/${table}/gates/${gate}`, { json: { verdict: 'approve' } });
  }
  return await h.request(BUREAU, `/v1/resources/${table}/listing`, { method: 'POST' });
}

/** Through the front door: a listed and a draft table, an approved plan, three jobs in three states. */
export async function fillCatalogue(h: Harness): Promise<void> {
  await h.store.commit((tx) => {
    for (const { org, role } of [BUREAU, DEVELOPER, PROVIDER]) {
      putOrganisation(tx, { id: org, title: title(org, org), kind: role as 'bureau' | 'developer' | 'provider' });
    }
  });
  const ok = async (response: Promise<Response>) =>
    expect([(await response).status, await (await response).clone().text()][0]).toBeLessThan(300);
  await ok(h.request(PROVIDER, '/v1/resources', { json: declaration('water') }));
  await ok(h.request(PROVIDER, '/v1/resources', { json: declaration('draft_table') }));
  await ok(listTable(h, 'water'));
  await ok(h.request(DEVELOPER, '/v1/plans', { json: PLAN }));
  await ok(h.request(BUREAU, '/v1/plans/S1/decisions', { json: { verdict: 'approve' } }));
  await ok(h.request(PROVIDER, '/v1/plans/S1/decisions', { json: { verdict: 'approve' } }));
  await ok(h.request(DEVELOPER, '/v1/jobs', { json: { plan: 'S1', sql: 'SELECT 1' } }));
  await ok(h.request(DEVELOPER, '/v1/jobs', { json: { plan: 'S1', sql: 'SELECT 2' } }));
  await h.request(DEVELOPER, '/v1/jobs', { json: { plan: 'S1', sql: 'SELECT refuse(1)' } });
}
