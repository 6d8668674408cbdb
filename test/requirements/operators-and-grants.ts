import { deepStrictEqual, ok } from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseVkey } from '../../gateway/audit/index.ts';
import { verifyHandOver } from '../../gateway/operators/verify-hand-over.ts';
import {
  agree,
  BUREAU,
  BUREAU_AUTHOR,
  COUNT,
  DEVELOPER,
  GRANT_TERMS,
  type Ground,
  grantPeople,
  OPERATOR,
  PROVIDER,
  SECURITY,
  todayInShanghai,
} from './ground.ts';
import type { Requirement } from './requirement.ts';

const CODE_OF = async (ground: Ground, plan: string, sql = COUNT) => (await ground.ask(DEVELOPER, plan, sql)).code;
const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, n) => `(${n})`).join(', ')})`;
const ENDLESS = `SELECT count(*) FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${HUNDRED} ${name}(n)`).join(', ')}
  WHERE a.n + b.n + c.n + d.n + e.n > f.n`;

/** Grants, operators, their affiliates and their end. In this order: what ends something uses an operator of its own. */
export const OPERATORS_AND_GRANTS: readonly Requirement[] = [
  {
    id: '05',
    paragraph: 'T2',
    tests: [
      {
        name: 'two grants on one table; revoking one leaves the other, revoking both closes it',
        async enforce(ground) {
          await ground.operator('op-two');
          for (const id of ['g-one', 'g-two']) await grantPeople(ground, { id, operator: 'op-two', columns: ['dept'] });
          await ground.approve('two', { operator: 'op-two', tables: [{ resource: 'people', columns: ['dept'] }] });
          deepStrictEqual(await CODE_OF(ground, 'two'), null);
          await ground.permitted(PROVIDER, 'POST', '/v1/grants/g-one/revocation', { reason: 'r' });
          deepStrictEqual(await CODE_OF(ground, 'two'), null);
          await ground.permitted(BUREAU, 'POST', '/v1/grants/g-two/revocation', { reason: 'r' });
          deepStrictEqual(await CODE_OF(ground, 'two'), 'GRANT_MISSING');
          return ground.logged('grant', 'g-one');
        },
      },
    ],
  },
  {
    id: '06',
    paragraph: 'T2',
    tests: [
      {
        name: 'a column that the plan asks for and no grant covers does not exist; the intent names the grants',
        async enforce(ground) {
          await ground.operator('op-narrow');
          await grantPeople(ground, { id: 'g-narrow', operator: 'op-narrow', columns: ['dept'] });
          await ground.approve('narrow', { operator: 'op-narrow' });
          deepStrictEqual(await CODE_OF(ground, 'narrow', 'SELECT avg(pay) FROM people'), 'GRANT_SCOPE');
          deepStrictEqual(await CODE_OF(ground, 'narrow', 'SELECT dept, count(*) FROM people GROUP BY dept'), null);
          await ground.approve('narrow-industry', { operator: 'op-narrow', class: 'industry' });
          deepStrictEqual(await CODE_OF(ground, 'narrow-industry'), 'GRANT_MISSING');
          return ground.logged('intent', 'g-narrow');
        },
      },
    ],
  },
  {
    id: '07',
    paragraph: 'T2',
    tests: [
      {
        name: 'an affiliate of the operator two hops away is refused; an independent developer is not',
        async enforce(ground) {
          const kin = { ...DEVELOPER, org: 'kin-data' };
          await ground.approve('kin', {}, kin);
          deepStrictEqual((await ground.ask(kin, 'kin', COUNT)).code, null);
          const declare = (org: string, kind: string, value: string) =>
            ground.permitted(BUREAU, 'POST', '/v1/affiliations', { org, kind, value, source: 'register' });
          await declare('kin-data', 'legal-person', '张某');
          await declare('holding', 'legal-person', '张某');
          deepStrictEqual((await ground.ask(kin, 'kin', COUNT)).code, null);
          await declare('holding', 'ownership', OPERATOR.org);
          deepStrictEqual((await ground.ask(kin, 'kin', COUNT)).code, 'OPERATOR_AFFILIATE');
          deepStrictEqual(await CODE_OF(ground, 'people'), null);
          await ground.refused('POLICY_ACCESS_DENIED', kin, 'POST', '/v1/affiliations', {
            org: 'rival',
            kind: 'ownership',
            value: OPERATOR.org,
            source: 'declared',
          });
          return ground.logged('refusal', 'OPERATOR_AFFILIATE');
        },
      },
    ],
  },
  {
    id: '09',
    paragraph: 'T2',
    tests: [
      {
        name: 'a provider alone grants nothing; forged, foreign and replayed signatures are none; providers do not ask',
        async enforce(ground) {
          await ground.operator('op-alone');
          await grantPeople(ground, { id: 'g-alone', operator: 'op-alone', columns: ['dept'] }, [PROVIDER]);
          await ground.approve('alone', { operator: 'op-alone' });
          deepStrictEqual(await CODE_OF(ground, 'alone'), 'GRANT_MISSING');
          const grant = (await ground.permitted(BUREAU, 'GET', '/v1/grants/g-alone')) as { id: string; hash: string };
          const key = await ground.key(BUREAU);
          const path = '/v1/grants/g-alone/signatures';
          const forged = [
            await ground.sign(await ground.key(PROVIDER), 'grant', grant, BUREAU),
            await ground.sign(key, 'grant', { ...grant, id: 'g-one' }, BUREAU),
            await ground.sign(key, 'grant', grant, PROVIDER),
            await ground.sign(key, 'agreement', grant, BUREAU),
            await ground.sign(key, 'grant', grant, BUREAU, 'another.example/log+00000000+x'),
          ];
          for (const jws of forged) await ground.refused('SIGNATURE_INVALID', BUREAU, 'POST', path, { jws });
          const good = await ground.sign(key, 'grant', grant, BUREAU);
          await ground.refused('POLICY_ACCESS_DENIED', SECURITY, 'POST', '/v1/grants', {
            ...GRANT_TERMS,
            id: 'g-x',
            kind: 'whole',
            operator: 'op-alone',
            providers: [PROVIDER.org],
          });
          await ground.permitted(BUREAU, 'POST', path, { jws: good });
          deepStrictEqual(await CODE_OF(ground, 'alone'), null);
          await ground.refused('GRANT_STATE', { ...BUREAU, sub: 'fay' }, 'POST', path, { jws: good });
          deepStrictEqual((await ground.ask(PROVIDER, 'alone', COUNT)).code, 'PLAN_NOT_FOUND');
          return ground.logged('grant', 'signed by bureau');
        },
      },
    ],
  },
  {
    id: '13',
    paragraph: 'T5',
    tests: [
      {
        name: 'an incident stops the operator until it is decided, and stands against an award for three years',
        async enforce(ground) {
          await ground.operator('op-incident');
          await grantPeople(ground, { id: 'g-incident', operator: 'op-incident', columns: ['dept'] });
          await ground.approve('incident', { operator: 'op-incident' });
          const incident = { operator: 'op-incident', day: todayInShanghai(), note: 'n' };
          await ground.permitted(SECURITY, 'POST', '/v1/incidents', { id: 'i-1', ...incident });
          await ground.refused('INCIDENT_STATE', SECURITY, 'POST', '/v1/incidents', { id: 'i-1', ...incident });
          const slip = { id: 'i-2', ...incident, operator: 'op-incidnet' };
          await ground.refused('AGREEMENT_INVALID', SECURITY, 'POST', '/v1/incidents', slip);
          deepStrictEqual(await CODE_OF(ground, 'incident'), 'OPERATOR_INCIDENT');
          const verdict = { verdict: 'confirmed' };
          await ground.permitted(BUREAU, 'POST', '/v1/incidents/i-1/decision', verdict);
          deepStrictEqual(await CODE_OF(ground, 'incident'), null);
          const renewal = { id: 'renewal', operator: 'op-incident', kind: 'renewal', publicityDays: 0, note: 'n' };
          await ground.refused('OPERATOR_INCIDENT', BUREAU, 'POST', '/v1/agreements', {
            ...renewal,
            validFrom: todayInShanghai(),
          });
          return ground.logged('operator', 'incident i-1');
        },
      },
    ],
  },
  {
    id: '14',
    paragraph: 'T6',
    tests: [
      {
        name: 'no step is left out, none by the same person, the publicity elapses first, the term is five years',
        async enforce(ground) {
          await ground.operator('op-steps');
          const opening = { id: 'steps', operator: 'op-steps', kind: 'renewal', publicityDays: 5, note: 'n' };
          const opened = await ground.permitted(BUREAU, 'POST', '/v1/agreements', {
            ...opening,
            validFrom: '2027-03-01',
          });
          deepStrictEqual(opened['validEnd'], '2032-03-01');
          const step = (name: string) => ['POST', '/v1/agreements/steps/steps', { step: name, note: 'n' }] as const;
          await ground.refused('AGREEMENT_STATE', BUREAU_AUTHOR, ...step('decision'));
          await ground.refused('AGREEMENT_STATE', BUREAU, ...step('review'));
          await ground.permitted(BUREAU_AUTHOR, ...step('review'));
          await ground.permitted(BUREAU, ...step('publicity'));
          await ground.refused('AGREEMENT_STATE', BUREAU_AUTHOR, ...step('decision'));
          await ground.refused('POLICY_ACCESS_DENIED', { ...OPERATOR, org: 'op-steps' }, ...step('decision'));
          return ground.logged('operator', 'agreement steps');
        },
      },
    ],
  },
  {
    id: '15',
    paragraph: 'T7',
    tests: [
      {
        name: 'an agreement that ended yesterday opens nothing; one that ends tomorrow does',
        async enforce(ground) {
          const today = todayInShanghai();
          const yearsAgo = (days: number) => {
            const day = new Date(Date.parse(`${today}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
            return `${Number(day.slice(0, 4)) - 5}${day.slice(4)}`;
          };
          for (const [org, from, code] of [
            ['op-ended', yearsAgo(0), 'OPERATOR_OUT_OF_TERM'],
            ['op-ending', yearsAgo(1), null],
          ] as const) {
            await register(ground, org);
            await agree(ground, org, from);
            await grantPeople(ground, { id: `g-${org}`, operator: org, columns: ['dept'] });
            await ground.approve(org, { operator: org });
            deepStrictEqual([org, await CODE_OF(ground, org)], [org, code]);
          }
          return ground.logged('refusal', 'plans-need-operator-in-term');
        },
      },
    ],
  },
  {
    id: '20',
    paragraph: 'T9',
    tests: [
      {
        name: 'only what stands on the list of authorised operation can be granted',
        async enforce(ground) {
          const tables = [{ resource: 'absent', columns: ['x'] }];
          const content = {
            id: 'g-off',
            kind: 'individual',
            operator: OPERATOR.org,
            providers: [PROVIDER.org],
            tables,
          };
          const refused = await ground.refused('GRANT_INVALID', BUREAU, 'POST', '/v1/grants', {
            ...content,
            ...GRANT_TERMS,
          });
          ok(String(refused['detail']).includes('list of authorised operation'));
          await grantPeople(ground, { id: 'g-on', operator: OPERATOR.org, columns: ['dept'] });
          return ground.logged('grant', 'g-on');
        },
      },
    ],
  },
  {
    id: '42',
    paragraph: 'O1',
    tests: [
      {
        name: 'nobody signs what they wrote, confirms their own key, or decides an incident that they recorded',
        async enforce(ground) {
          await grantPeople(ground, { id: 'g-own', operator: OPERATOR.org, columns: ['dept'] }, []);
          const key = await ground.key(BUREAU_AUTHOR);
          const grant = (await ground.permitted(BUREAU, 'GET', '/v1/grants/g-own')) as { id: string; hash: string };
          const jws = await ground.sign(key, 'grant', grant, BUREAU_AUTHOR);
          await ground.refused('POLICY_ACCESS_DENIED', BUREAU_AUTHOR, 'POST', '/v1/grants/g-own/signatures', { jws });
          const x = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
          const { thumbprint } = (await ground.permitted(BUREAU, 'POST', '/v1/party-keys', { x })) as {
            thumbprint: string;
          };
          const confirmation = `/v1/party-keys/data-bureau/${thumbprint}/confirmation`;
          await ground.refused('POLICY_ACCESS_DENIED', BUREAU, 'POST', confirmation);
          await ground.permitted(BUREAU_AUTHOR, 'POST', confirmation);
          return ground.logged('refusal', 'grant:sign');
        },
      },
    ],
  },
  {
    id: '44',
    paragraph: 'O2',
    tests: [
      {
        name: 'a drill plants a canary, sees it leak and closes; the report has the times',
        async enforce(ground) {
          const report = await ground.permitted(SECURITY, 'POST', '/v1/drills');
          deepStrictEqual([report['detected'], report['leftBehind']], [true, 0]);
          return `drill ${String(report['id'])}: detected after ${String(report['detectionMs'])} ms, closed after ${String(report['closureMs'])} ms`;
        },
      },
    ],
  },
  {
    id: '16',
    paragraph: 'T7',
    tests: [
      {
        name: 'an exit kills running jobs at once, refuses tokens and holds results back',
        async enforce(ground) {
          await ground.operator('op-leaving');
          const own = { ...OPERATOR, org: 'op-leaving' };
          await grantPeople(ground, { id: 'g-leaving', operator: own.org, columns: ['id', 'dept', 'pay'] });
          await ground.approve('leaving', { operator: own.org });
          await ground.approve('leaving-own', { operator: own.org, org: own.org }, own);
          const distinct =
            'SELECT dept AS dept_for_the_operator_alone, count(*) AS people_for_the_operator_alone FROM people GROUP BY 1';
          deepStrictEqual((await ground.ask(own, 'leaving-own', distinct)).code, null);
          const mine = await ground.ask(DEVELOPER, 'leaving', 'SELECT dept, sum(pay) FROM people GROUP BY dept');
          const running = (await ground.permitted(DEVELOPER, 'POST', '/v1/jobs', {
            plan: 'leaving',
            sql: ENDLESS,
          })) as { id: string };
          const order = { operator: own.org, cause: 'breach', reason: 'r' };
          const exit = await ground.permitted(BUREAU, 'POST', '/v1/exits', order);
          ok(Number(exit['closureMs']) <= 5_000 && Number(exit['jobsStopped']) >= 1, JSON.stringify(exit));
          await ground.refused('OPERATOR_LEFT', own, 'GET', '/v1/jobs');
          await ground.refused('OPERATOR_LEFT', DEVELOPER, 'GET', `/v1/jobs/${String(mine.id)}/result`);
          deepStrictEqual(await CODE_OF(ground, 'leaving'), 'OPERATOR_OUT_OF_TERM');
          const ended = (await ground.permitted(DEVELOPER, 'GET', `/v1/jobs/${running.id}`)) as {
            problem: { code: string };
          };
          deepStrictEqual(ended.problem.code, 'OPERATOR_OUT_OF_TERM');
          deepStrictEqual(await CODE_OF(ground, 'people'), null);
          return `${await ground.logged('operator', 'exit of op-leaving')}; closure_ms ${String(exit['closureMs'])}`;
        },
      },
    ],
  },
  {
    id: '17',
    paragraph: 'T7',
    tests: [
      {
        name: 'the package is whole and verifies offline; one changed byte of it does not',
        async enforce(ground) {
          const handed = await ground.permitted(BUREAU, 'GET', '/v1/exits/op-leaving/package');
          const verifier = parseVkey(ground.running.gateway.deps.log.verifierKey);
          ok(verifier !== null);
          const checked = verifyHandOver(handed, verifier);
          ok(checked !== null, 'the package verifies');
          const kinds = new Set(checked.package.artefacts.map(({ kind }) => kind));
          ok(['agreement', 'grant', 'plan', 'job', 'result'].every((kind) => kinds.has(kind as 'plan')));
          const forged = JSON.parse(JSON.stringify(handed).replace('"op-leaving"', '"op-staying"')) as unknown;
          deepStrictEqual(verifyHandOver(forged, verifier), null);
          return `package of ${checked.package.artefacts.length} artefacts, log entry ${checked.index}`;
        },
      },
    ],
  },
  {
    id: '18',
    paragraph: 'T7',
    tests: [
      {
        name: 'nothing is destroyed before the receiver has the package; a stray copy is found; afterwards there is none',
        async enforce(ground) {
          const path = '/v1/exits/op-leaving/destruction';
          const wrong = { packageSha256: '0'.repeat(64) };
          await ground.refused('EXIT_STATE', BUREAU, 'POST', path, wrong);
          const { packageSha256 } = await ground.permitted(BUREAU, 'GET', '/v1/exits/op-leaving');
          const stray = join(ground.running.home, 'left-behind.json');
          await writeFile(stray, JSON.stringify(await ground.permitted(BUREAU, 'GET', '/v1/exits/op-leaving/package')));
          await ground.refused('DESTRUCTION_INCOMPLETE', BUREAU, 'POST', path, { packageSha256 });
          await rm(stray);
          const exit = await ground.permitted(BUREAU, 'POST', path, { packageSha256 });
          const { scan, results } = exit['certificate'] as {
            scan: { copiesLeft: number; piecesKnown: number };
            results: unknown[];
          };
          deepStrictEqual([scan.copiesLeft, results.length > 0, scan.piecesKnown > 0], [0, true, true]);
          return `certificate: ${results.length} results, ${scan.piecesKnown} pieces looked for, copies_left 0`;
        },
      },
    ],
  },
];

async function register(ground: Ground, org: string): Promise<void> {
  const { putOrganisation } = await import('../../catalog/index.ts');
  await ground.running.gateway.deps.store.commit((tx) =>
    putOrganisation(tx, { id: org, title: { zh: org, en: org }, kind: 'operator' }),
  );
}
