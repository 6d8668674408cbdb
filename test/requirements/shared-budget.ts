import { deepStrictEqual, ok } from 'node:assert/strict';
import { DEFAULT_PROFILE } from '../../policies/index.ts';

import { PEOPLE_CSV, PRIVATE_PEOPLE_SCHEMA } from '../gateway/life/people.ts';
import { listTable, must } from '../gateway/life/running-gateway.ts';
import { DEVELOPER, type Ground, grantPeople, PROVIDER, type Who } from './ground.ts';
import type { Requirement } from './requirement.ts';

const TABLE = 'private_people';
const { analystRho, resourceRho } = DEFAULT_PROFILE.privacyBudgets;
/** How often somebody can take all that is theirs, until what is left to everybody is less than that. */
const WHOLE_SHARES = Math.floor(resourceRho / analystRho);

/** Requirement 05 once more, where it counts most: grants are several, what may be told of the people behind a table is one. */
export const SHARED_BUDGET: readonly Requirement[] = [
  {
    id: '05',
    paragraph: 'T2',
    tests: [
      {
        name: 'what is spent under one grant is gone under another of the same table, although the asker has spent nothing',
        async enforce(ground) {
          await provide(ground);
          await ground.operator('op-budget');
          await grantPeople(ground, {
            id: 'g-budget',
            operator: 'op-budget',
            columns: ['id', 'dept'],
            resource: TABLE,
          });
          const tables = [{ resource: TABLE, columns: ['id', 'dept'] }];
          for (const org of ['budget-1', 'budget-2', 'budget-3']) {
            const operator = org === 'budget-3' ? 'op-budget' : 'operator';
            await ground.approve(org, { operator, tables }, { ...DEVELOPER, org });
          }
          // Three accounts of each organisation stay within its share.
          for (let n = 0; n < WHOLE_SHARES; n += 1)
            deepStrictEqual(await spend(ground, asker(Math.floor(n / 3) + 1, n), analystRho, n), null, `question ${n}`);
          const fresh = asker(3, WHOLE_SHARES);
          const left = resourceRho - WHOLE_SHARES * analystRho;
          deepStrictEqual(await spend(ground, fresh, analystRho, WHOLE_SHARES), 'BUDGET_EXHAUSTED');
          ok(left > 0.001, 'control: something is left, and can be had');
          deepStrictEqual(await spend(ground, fresh, left / 2, WHOLE_SHARES), null);
          return ground.logged('intent', 'g-budget');
        },
      },
    ],
  },
];

/** The table, whose rows leave in mode `dp`: listed, and on the list of authorised operation; the whole of what its provider has is granted. */
async function provide(ground: Ground): Promise<void> {
  const { running } = ground;
  const title = { zh: TABLE, en: TABLE };
  const schema = { ...PRIVATE_PEOPLE_SCHEMA, table: TABLE };
  const declared = { title, frequency: 'yearly', conditions: 'test', schema };
  await ground.permitted(PROVIDER, 'POST', '/v1/resources', declared);
  const token = await running.token(PROVIDER.role, PROVIDER.sub, PROVIDER.org);
  const csv = { 'content-type': 'text/csv' };
  await must(running.request(token, 'PUT', `/v1/resources/${TABLE}/data`, PEOPLE_CSV, csv));
  await listTable(running, TABLE);
}

/** Organisation 3 asks under the other grant. */
const asker = (organisation: number, n: number): Who => ({
  role: 'developer',
  sub: `asker-${n}`,
  org: `budget-${Math.min(3, organisation)}`,
});

/** A question that nobody asked before, for so much; the code of why not, or null. */
async function spend({ running }: Ground, { role, sub, org }: Who, rho: number, n: number): Promise<string | null> {
  const dept = ['a', 'b', 'c', 'none'][n % 4] ?? '';
  const sql = `SELECT count(*) AS n FROM ${TABLE} WHERE dept ${n < 4 ? '=' : '<>'} '${dept}'`;
  const body = { plan: org, sql, options: { privacy: { rho } } };
  const answer = await running.request(await running.token(role, sub, org), 'POST', '/v1/jobs', body, {
    prefer: 'wait=60',
  });
  const { code, problem } = (await answer.json()) as { code?: string; problem?: { code: string } | null };
  return code ?? problem?.code ?? null;
}
