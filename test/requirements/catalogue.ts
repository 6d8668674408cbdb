import { deepStrictEqual, ok } from 'node:assert/strict';
import { firstBatch } from '../../catalog/index.ts';
import { must } from '../gateway/life/running-gateway.ts';
import { BUREAU, BUREAU_AUTHOR, COUNT, DEVELOPER, PROVIDER, SECURITY, type Who } from './ground.ts';
import { codeOf, declarationOf, GATEKEEPERS, offer, passGates, planOver, title, upload } from './offered-tables.ts';
import type { Requirement } from './requirement.ts';

/** The catalogue, its gates, demand and the list of authorised operation; what leaves, and how. */
export const CATALOGUE: readonly Requirement[] = [
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
          deepStrictEqual(await codeOf(ground, 'p02', 'SELECT count(*) FROM r02'), 'PLAN_NOT_SUPPLIED');
          await ground.permitted(PROVIDER, 'POST', '/v1/plans/p02/supplies', { resource: 'r02' });
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
    id: '11',
    paragraph: 'T4',
    tests: [
      {
        name: 'nothing leaves but by the gateway: no file, network, extension or setting is to be had in a question',
        async enforce(ground) {
          const sources = ['/etc/passwd', 'https://example.org/x.csv', 's3://bucket/x.parquet'];
          for (const source of sources)
            ok((await codeOf(ground, 'people', `SELECT * FROM '${source}'`)) !== null, source);
          for (const sql of [
            "SELECT * FROM read_csv('/etc/passwd')",
            "COPY people TO '/tmp/out.csv'",
            "ATTACH 'out.db'",
            'INSTALL httpfs',
            'SET enable_external_access = true; SELECT count(*) FROM people',
            "SELECT getenv('HOME')",
          ])
            ok((await codeOf(ground, 'people', sql)) !== null, sql);
          const { id } = await ground.ask(DEVELOPER, 'people', COUNT);
          const elsewhere = { ...DEVELOPER, org: 'district-office' };
          await ground.refused('JOB_NOT_FOUND', elsewhere, 'GET', `/v1/jobs/${String(id)}/result`);
          return ground.logged('outcome', String(id));
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
    id: '43',
    paragraph: 'O2',
    tests: [
      {
        name: 'each version has a key of its own: the end of one leaves the others; the level decides how an answer leaves',
        async enforce(ground) {
          await offer(ground, 'r43');
          await offer(ground, 'r43_other');
          await ground.approve('p43', { tables: ['r43', 'r43_other'].flatMap((table) => planOver(table).tables) });
          deepStrictEqual(await codeOf(ground, 'p43', 'SELECT count(*) FROM r43'), null);
          await ground.permitted(PROVIDER, 'DELETE', '/v1/resources/r43/versions/1');
          ok((await codeOf(ground, 'p43', 'SELECT count(*) FROM r43')) !== null);
          deepStrictEqual(await codeOf(ground, 'p43', 'SELECT count(*) FROM r43_other'), null);
          const mode = async (sql: string) => {
            const { id } = await ground.ask(DEVELOPER, 'people', sql);
            return (await ground.permitted(DEVELOPER, 'GET', `/v1/jobs/${String(id)}`))['mode'];
          };
          deepStrictEqual(await mode('SELECT dept, avg(pay) FROM people GROUP BY dept'), 'aggregate');
          deepStrictEqual(await mode('SELECT dept, avg(room) FROM people GROUP BY dept'), 'perturbed');
          return ground.logged('destruction', 'r43');
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
