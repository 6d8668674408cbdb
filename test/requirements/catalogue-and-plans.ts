import { deepStrictEqual, ok } from 'node:assert/strict';
import { firstBatch } from '../../catalog/index.ts';
import { GATES } from '../../policies/index.ts';
import { must } from '../gateway/life/running-gateway.ts';
import {
  BUREAU,
  BUREAU_AUTHOR,
  COUNT,
  DEVELOPER,
  type Ground,
  OPERATOR,
  PROVIDER,
  SECURITY,
  type Who,
} from './ground.ts';
import type { Requirement } from './requirement.ts';

/** The catalogue, demand and the life of a plan. Each uses a table of its own, so that none depends on another. */

const title = { zh: '题', en: 'title' };
const GATEKEEPERS: readonly Who[] = [SECURITY, { ...SECURITY, sub: 'sue' }, BUREAU];

function declarationOf(table: string, change: object = {}) {
  const column = { title, type: 'integer', role: 'measure', bounds: { min: 0, max: 99 } };
  return {
    title,
    frequency: 'monthly',
    conditions: '仅限批准的方案',
    schema: {
      table,
      columns: [
        { name: 'id', title, type: 'text', level: 'general-2', role: 'identifier', unit: 'person' },
        { ...column, name: 'n', level: 'general-2', ...change },
      ],
    },
  };
}

const csvOf = (rows: number) => `id,n\n${Array.from({ length: rows }, (_, row) => `P${row},${row % 50}`).join('\n')}\n`;

async function upload(ground: Ground, table: string, csv = csvOf(200)): Promise<Response> {
  const token = await ground.running.token(PROVIDER.role, PROVIDER.sub, PROVIDER.org);
  return ground.running.request(token, 'PUT', `/v1/resources/${table}/data`, csv, { 'content-type': 'text/csv' });
}

async function passGates(ground: Ground, table: string): Promise<void> {
  for (const [place, gate] of GATES.entries()) {
    const path = `/v1/resources/${table}/gates/${gate}`;
    await ground.permitted(GATEKEEPERS[place]!, 'POST', path, { verdict: 'approve' });
  }
}

async function putOnList(ground: Ground, table: string): Promise<void> {
  const { batch } = await ground.permitted(BUREAU_AUTHOR, 'POST', '/v1/authorized-list/batches', {
    comment: 'c',
    add: [table],
  });
  for (const who of [BUREAU, PROVIDER])
    await ground.permitted(who, 'POST', `/v1/authorized-list/batches/${String(batch)}/signatures`, {
      verdict: 'approve',
    });
}

/** A table that is registered, filled, let through, listed and on the list: a plan may ask for it. */
async function offer(ground: Ground, table: string): Promise<void> {
  await ground.permitted(PROVIDER, 'POST', '/v1/resources', declarationOf(table));
  await must(upload(ground, table));
  await passGates(ground, table);
  await ground.permitted(BUREAU, 'POST', `/v1/resources/${table}/listing`);
  await putOnList(ground, table);
}

const planOver = (table: string) => ({ tables: [{ resource: table, columns: ['id', 'n'] }] });
const codeOf = async (ground: Ground, plan: string, sql: string) => (await ground.ask(DEVELOPER, plan, sql)).code;

export const CATALOGUE_AND_PLANS: readonly Requirement[] = [
  {
    id: '01',
    paragraph: 'T1',
    tests: [
      {
        name: 'an entry that lacks a field is not listed, and no plan can name it; its version is signed by the log',
        async enforce(ground) {
          await ground.permitted(PROVIDER, 'POST', '/v1/resources', { ...declarationOf('r01'), conditions: ' ' });
          await passGates(ground, 'r01');
          await ground.refused('ENTRY_INCOMPLETE', BUREAU, 'POST', '/v1/resources/r01/listing');
          await ground.permitted(PROVIDER, 'POST', '/v1/resources/r01/revisions', declarationOf('r01'));
          await passGates(ground, 'r01');
          await ground.permitted(BUREAU, 'POST', '/v1/resources/r01/listing');
          const signed = await ground.permitted(BUREAU, 'GET', '/v1/resources/r01/revisions/2');
          return ground.logged('resource', String(signed['sha256']));
        },
      },
    ],
  },
  {
    id: '02',
    paragraph: 'T1',
    tests: [
      {
        name: 'a lower level stops the plan at once, and only a review by all resumes it',
        async enforce(ground) {
          await offer(ground, 'r02');
          await ground.approve('p02', planOver('r02'));
          deepStrictEqual(await codeOf(ground, 'p02', 'SELECT count(*) FROM r02'), null);
          await ground.permitted(
            PROVIDER,
            'POST',
            '/v1/resources/r02/revisions',
            declarationOf('r02', { level: 'general-1' }),
          );
          await ground.permitted(PROVIDER, 'POST', '/v1/resources/r02/revisions', declarationOf('r02'));
          await must(upload(ground, 'r02'));
          await passGates(ground, 'r02');
          await ground.permitted(BUREAU, 'POST', '/v1/resources/r02/listing');
          deepStrictEqual(await codeOf(ground, 'p02', 'SELECT count(*) FROM r02'), 'PLAN_SUSPENDED');
          await ground.permitted(BUREAU, 'POST', '/v1/plans/p02/reviews', { verdict: 'approve' });
          deepStrictEqual(await codeOf(ground, 'p02', 'SELECT count(*) FROM r02'), 'PLAN_SUSPENDED');
          await ground.permitted(PROVIDER, 'POST', '/v1/plans/p02/reviews', { verdict: 'approve' });
          deepStrictEqual(await codeOf(ground, 'p02', 'SELECT count(*) FROM r02'), null);
          return ground.logged('resource', 'suspends 1 plans: p02');
        },
      },
    ],
  },
  {
    id: '03',
    paragraph: 'T1',
    tests: [
      {
        name: 'identifiers that are declared as something less refuse the version',
        async enforce(ground) {
          const declared = declarationOf('r03');
          const columns = [{ name: 'note', title, type: 'text', level: 'general-1', role: 'attribute' }];
          await ground.permitted(PROVIDER, 'POST', '/v1/resources', { ...declared, schema: { table: 'r03', columns } });
          const people = ['11010519491231002X', '440524188001010014', '360426199101010071', '420704199003077779'];
          const refused = await upload(ground, 'r03', `note\n${people.join('\n')}\n`);
          deepStrictEqual(((await refused.json()) as { code: string }).code, 'UPLOAD_UNDER_DECLARED');
          await must(upload(ground, 'r03', 'note\nplain words\nother words\n'));
          return ground.logged('upload', 'UPLOAD_UNDER_DECLARED');
        },
      },
    ],
  },
  {
    id: '04',
    paragraph: 'T1',
    tests: [
      {
        name: 'a demand is answered by its provider alone, becomes a draft, and is seen by no rival',
        async enforce(ground) {
          const demand = { provider: PROVIDER.org, title: 't', need: 'n', class: 'industry' };
          const { id } = await ground.permitted(DEVELOPER, 'POST', '/v1/demands', demand);
          const path = `/v1/demands/${String(id)}`;
          await ground.refused('DEMAND_NOT_FOUND', { ...DEVELOPER, org: 'rival' }, 'GET', path);
          await ground.refused('POLICY_ACCESS_DENIED', DEVELOPER, 'POST', `${path}/answer`, { verdict: 'accept' });
          await ground.permitted(PROVIDER, 'POST', `${path}/answer`, { verdict: 'accept' });
          await ground.permitted(PROVIDER, 'POST', '/v1/resources', declarationOf('r04'));
          await ground.permitted(PROVIDER, 'POST', `${path}/proposal`, { resource: 'r04' });
          return ground.logged('resource', `${String(id)}: draft r04`);
        },
      },
    ],
  },
  {
    id: '10',
    paragraph: 'T3',
    tests: [
      {
        name: 'with one gate missing, or two by one person, nothing is listed; a draft is none to plans and jobs',
        async enforce(ground) {
          await ground.permitted(PROVIDER, 'POST', '/v1/resources', declarationOf('r10'));
          await must(upload(ground, 'r10'));
          const gate = (name: string) => `/v1/resources/r10/gates/${name}`;
          await ground.permitted(SECURITY, 'POST', gate('secrecy'), { verdict: 'approve' });
          await ground.refused('POLICY_ACCESS_DENIED', SECURITY, 'POST', gate('security'), { verdict: 'approve' });
          await ground.permitted(BUREAU, 'POST', gate('personal-information'), { verdict: 'approve' });
          await ground.refused('GATE_CLOSED', BUREAU, 'POST', '/v1/resources/r10/listing');
          const terms = {
            title: 't',
            purpose: 'p',
            class: 'governance',
            validFrom: '2020-01-01',
            validUntil: '2099-12-31',
          };
          await ground.refused('PLAN_INVALID', DEVELOPER, 'POST', '/v1/plans', { ...terms, ...planOver('r10') });
          deepStrictEqual(await codeOf(ground, 'people', 'SELECT count(*) FROM r10'), 'SQL_TABLE_UNKNOWN');
          await ground.permitted(GATEKEEPERS[1]!, 'POST', gate('security'), { verdict: 'approve' });
          await ground.permitted(BUREAU, 'POST', '/v1/resources/r10/listing');
          return ground.logged('resource', 'gate security: approve');
        },
      },
    ],
  },
  {
    id: '19',
    paragraph: 'T8',
    tests: [
      {
        name: 'rules are in force once a second person approved; onboarding accepts those alone, and its decision cites them',
        async enforce(ground) {
          const rules = await ground.permitted(BUREAU, 'POST', '/v1/rules', { title: '准入规则', text: 'r19' });
          const hash = String(rules['hash']);
          const dossier = { creditCode: '91350100M000100Y43', rules: hash, staff: ['alice'] };
          await ground.refused('ONBOARDING_INVALID', DEVELOPER, 'POST', '/v1/onboarding', dossier);
          await ground.refused('RULES_STATE', BUREAU, 'POST', `/v1/rules/${hash}/approval`);
          await ground.permitted(BUREAU_AUTHOR, 'POST', `/v1/rules/${hash}/approval`);
          await ground.permitted(DEVELOPER, 'POST', '/v1/onboarding', dossier);
          await ground.permitted(BUREAU, 'POST', `/v1/onboarding/${DEVELOPER.org}/decision`, { verdict: 'approve' });
          return ground.logged('plan', `onboarding of ${DEVELOPER.org}: approve, rules ${hash}`);
        },
      },
    ],
  },
  {
    id: '20',
    paragraph: 'T9',
    tests: [
      {
        name: 'a table that leaves the list is none to jobs at once, whatever grants cover it',
        async enforce(ground) {
          await offer(ground, 'r20');
          await ground.approve('p20', planOver('r20'));
          deepStrictEqual(await codeOf(ground, 'p20', 'SELECT count(*) FROM r20'), null);
          const { batch } = await ground.permitted(BUREAU_AUTHOR, 'POST', '/v1/authorized-list/batches', {
            comment: 'c',
            remove: ['r20'],
          });
          const path = `/v1/authorized-list/batches/${String(batch)}/signatures`;
          await ground.refused('POLICY_ACCESS_DENIED', BUREAU_AUTHOR, 'POST', path, { verdict: 'approve' });
          for (const who of [BUREAU, PROVIDER]) await ground.permitted(who, 'POST', path, { verdict: 'approve' });
          deepStrictEqual(await codeOf(ground, 'p20', 'SELECT count(*) FROM r20'), 'GRANT_MISSING');
          return ground.logged('resource', `authorized list, batch ${String(batch)}`);
        },
      },
    ],
  },
  {
    id: '21',
    paragraph: 'T10',
    tests: [
      {
        name: 'a job asks for nothing but its plan’s columns, and its intent carries the plan’s hash',
        async enforce(ground) {
          await ground.approve('p21', { tables: [{ resource: 'people', columns: ['dept'] }] });
          deepStrictEqual(await codeOf(ground, 'p21', 'SELECT avg(pay) FROM people'), 'SQL_COLUMN_UNKNOWN');
          deepStrictEqual(await codeOf(ground, 'p21', 'SELECT dept, count(*) FROM people GROUP BY dept'), null);
          const { hash } = await ground.permitted(DEVELOPER, 'GET', '/v1/plans/p21');
          return ground.logged('intent', String(hash));
        },
      },
    ],
  },
  {
    id: '22',
    paragraph: 'T10',
    tests: [
      {
        name: 'nobody decides their own plan, and one that its provider refused is no plan',
        async enforce(ground) {
          const terms = {
            title: 't',
            purpose: 'p',
            class: 'governance',
            validFrom: '2020-01-01',
            validUntil: '2099-12-31',
          };
          const tables = [{ resource: 'people', columns: ['dept'] }];
          await ground.permitted(DEVELOPER, 'POST', '/v1/plans', {
            id: 'p22',
            operator: OPERATOR.org,
            tables,
            ...terms,
          });
          const path = '/v1/plans/p22/decisions';
          await ground.refused('POLICY_ACCESS_DENIED', DEVELOPER, 'POST', path, { verdict: 'approve' });
          await ground.permitted(PROVIDER, 'POST', path, { verdict: 'refuse' });
          await ground.refused('PLAN_STATE', BUREAU, 'POST', path, { verdict: 'approve' });
          deepStrictEqual(await codeOf(ground, 'p22', COUNT), 'PLAN_STATE');
          return ground.logged('plan', 'refuse by provider; refused');
        },
      },
    ],
  },
  {
    id: '33',
    paragraph: 'T13',
    tests: [
      {
        name: 'no row leaves above general-1, and no identifier at any level',
        async enforce(ground) {
          deepStrictEqual(await codeOf(ground, 'people', 'SELECT pay FROM people'), 'POLICY_ROWS_REFUSED');
          deepStrictEqual(await codeOf(ground, 'people', 'SELECT id FROM people'), 'POLICY_IDENTIFIER_USE');
          deepStrictEqual(await codeOf(ground, 'people', COUNT), null);
          return ground.logged('refusal', 'POLICY_ROWS_REFUSED');
        },
      },
    ],
  },
  {
    id: '34',
    paragraph: 'T13',
    tests: [
      {
        name: 'columns that a plan asks for and its questions do not use are named, to reviewers alone',
        async enforce(ground) {
          await ground.approve('p34');
          const path = '/v1/plans/p34/assessment';
          const asked = { questions: ['SELECT dept, count(*) FROM people GROUP BY dept'] };
          await ground.refused('POLICY_ACCESS_DENIED', DEVELOPER, 'POST', path, asked);
          const found = (await ground.permitted(PROVIDER, 'POST', path, asked)) as {
            minimum: readonly { used: readonly string[]; unused: readonly string[] }[];
          };
          ok(found.minimum[0]?.used.includes('dept'));
          deepStrictEqual(found.minimum[0]?.unused.includes('pay'), true);
          return ground.logged('plan', 'assessed');
        },
      },
    ],
  },
  {
    id: '36',
    paragraph: 'T13',
    tests: [
      {
        name: 'combinations are counted on the real rows, and a band in three steps is all that is told',
        async enforce(ground) {
          await ground.approve('p36');
          const found = await ground.permitted(BUREAU, 'POST', '/v1/plans/p36/assessment', {});
          deepStrictEqual(found['band'], 'high');
          const told = JSON.stringify(found['tables']);
          deepStrictEqual(/\d/.test(told.replaceAll(/"version":\d+/g, '')), false, told);
          await ground.approve('p36-dept', { tables: [{ resource: 'people', columns: ['dept'] }] });
          const plain = await ground.permitted(BUREAU, 'POST', '/v1/plans/p36-dept/assessment', {});
          deepStrictEqual(plain['band'], 'low');
          return ground.logged('plan', 'assessed, combinations high');
        },
      },
    ],
  },
  {
    id: '35',
    paragraph: 'T13',
    tests: [
      {
        name: 'the security office stops a plan and reads every refusal; who asks does neither',
        async enforce(ground) {
          await ground.approve('p35');
          const order = { scope: 'plan', target: 'p35', reason: 'r' };
          await ground.refused('POLICY_ACCESS_DENIED', DEVELOPER, 'POST', '/v1/freezes', order);
          deepStrictEqual(await codeOf(ground, 'p35', COUNT), null);
          await ground.permitted(SECURITY, 'POST', '/v1/freezes', order);
          deepStrictEqual(await codeOf(ground, 'p35', COUNT), 'POLICY_FROZEN');
          return ground.logged('refusal', 'POLICY_FROZEN');
        },
      },
    ],
  },
  {
    id: '47',
    paragraph: 'A2',
    tests: [
      {
        name: 'the first batch is 15 entries with all their fields; household meters are in none of them',
        async enforce(ground) {
          deepStrictEqual(new Set(firstBatch.map(({ entry }) => entry.no)).size, 15);
          deepStrictEqual(firstBatch.length, 25);
          for (const { provider, id: _id, ...declared } of firstBatch) {
            const office: Who = { role: 'provider', sub: 'p', org: provider };
            await ground.permitted(office, 'POST', '/v1/resources', { ...declared, schema: { ...declared.schema } });
          }
          deepStrictEqual(
            await codeOf(ground, 'people', 'SELECT count(*) FROM household_electricity'),
            'SQL_TABLE_UNKNOWN',
          );
          return ground.logged('resource', 'electricity');
        },
      },
    ],
  },
];
