import { deepStrictEqual, ok } from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { planAgreementHash } from '../../catalog/index.ts';
import { type SigningKey, signingKeyOf } from '../../gateway/custodian/signing-key.ts';
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
import { codeOf, offer, planOver } from './offered-tables.ts';
import type { Requirement } from './requirement.ts';

/** Proposed, and not approved by who proposed them. */
async function rulesOf(ground: Ground, text: string): Promise<string> {
  const { hash } = await ground.permitted(BUREAU, 'POST', '/v1/rules', { title: '准入规则', text });
  await ground.refused('RULES_STATE', BUREAU, 'POST', `/v1/rules/${String(hash)}/approval`);
  return String(hash);
}

const dossier = (rules: unknown, more: object = {}) => ({
  creditCode: '91350100M000100Y43',
  rules,
  staff: ['*'],
  ...more,
});

const documentOver = async (ground: Ground, plan: string) => {
  const { hash } = await ground.permitted(BUREAU, 'GET', `/v1/plans/${plan}`);
  return { planHash: String(hash), sha256: 'c'.repeat(64) };
};

type AgreementDocument = Awaited<ReturnType<typeof documentOver>>;

/** The document with the party's signature; the key is one of the party's own unless another is given. */
async function signedBy(ground: Ground, who: Who, plan: string, document: AgreementDocument, key?: SigningKey) {
  const terms = { id: plan, hash: planAgreementHash({ plan, ...document }) };
  return { ...document, jws: await ground.sign(key ?? (await ground.key(who)), 'plan-agreement', terms, who) };
}

async function signAndFile(ground: Ground, plan: string, developer: Who = DEVELOPER): Promise<void> {
  const document = await documentOver(ground, plan);
  for (const who of [developer, OPERATOR])
    await ground.permitted(who, 'POST', `/v1/plans/${plan}/agreement`, await signedBy(ground, who, plan, document));
  await ground.permitted(BUREAU, 'POST', `/v1/plans/${plan}/filing`, { number: plan });
}

/** A plan from its submission to its first job, its assessment, and who watches over it. */
export const PLAN_LIFE: readonly Requirement[] = [
  {
    id: '19',
    paragraph: 'T8',
    tests: [
      {
        name: 'rules are in force once a second person approved; onboarding accepts those alone, cites them, and ends with them',
        async enforce(ground) {
          const hash = await rulesOf(ground, 'r19');
          await ground.permitted(BUREAU_AUTHOR, 'POST', `/v1/rules/${hash}/approval`);
          deepStrictEqual(await codeOf(ground, 'people', COUNT), 'DEVELOPER_NOT_ONBOARDED');
          const other = await rulesOf(ground, 'r19 again');
          await ground.refused('ONBOARDING_INVALID', DEVELOPER, 'POST', '/v1/onboarding', dossier(other));
          await ground.permitted(DEVELOPER, 'POST', '/v1/onboarding', dossier(hash));
          deepStrictEqual(await codeOf(ground, 'people', COUNT), 'DEVELOPER_NOT_ONBOARDED');
          await ground.permitted(BUREAU, 'POST', `/v1/onboarding/${DEVELOPER.org}/decision`, { verdict: 'approve' });
          deepStrictEqual(await codeOf(ground, 'people', COUNT), null);
          return ground.logged('plan', `onboarding of ${DEVELOPER.org}: approve, rules ${hash}`);
        },
      },
    ],
  },
  {
    id: '21',
    paragraph: 'T10',
    tests: [
      {
        name: 'joins and ways out that the plan does not say are refused with the difference, and so is a job beyond its quota',
        async enforce(ground) {
          for (const table of ['r21', 'r21_b']) await offer(ground, table);
          const tables = ['r21', 'r21_b'].flatMap((table) => planOver(table).tables);
          const terms = {
            title: 't',
            purpose: 'p',
            class: 'governance',
            validFrom: '2020-01-01',
            validUntil: '2099-12-31',
          };
          const unasked = { ...terms, tables, joins: [['r21.id', 'r21_b.other']] };
          await ground.refused('PLAN_INVALID', DEVELOPER, 'POST', '/v1/plans', unasked);
          await ground.approve('p21-joins', { tables, joins: [['r21.id', 'r21_b.id']], jobsMax: 1 });
          const explain = (sql: string) => ['POST', '/v1/explain', { plan: 'p21-joins', sql }] as const;
          const refused = async (sql: string) =>
            (await ground.refused('PLAN_SCOPE', DEVELOPER, ...explain(sql)))['facts'] as { joins: readonly string[] };
          const byNumber = 'SELECT count(*) FROM r21 a JOIN r21_b b ON a.id = b.id AND a.n = b.n';
          deepStrictEqual((await refused(byNumber)).joins, ['r21.n = r21_b.n']);
          deepStrictEqual((await refused('SELECT count(*) FROM r21, r21_b')).joins, ['r21.*, r21_b.*']);
          const byKey = 'SELECT count(*) FROM r21 JOIN r21_b USING (id)';
          deepStrictEqual(await codeOf(ground, 'p21-joins', byNumber), 'PLAN_SCOPE');
          deepStrictEqual(await codeOf(ground, 'p21-joins', byKey), null);
          deepStrictEqual(await codeOf(ground, 'p21-joins', 'SELECT sum(n) FROM r21'), 'BUDGET_EXHAUSTED');
          await ground.approve('p21-outputs', { outputs: ['aggregate'] });
          const rooms = 'SELECT dept, avg(room) FROM people GROUP BY dept';
          deepStrictEqual(await codeOf(ground, 'p21-outputs', rooms), 'PLAN_SCOPE');
          deepStrictEqual(await codeOf(ground, 'p21-outputs', COUNT), null);
          return ground.logged('refusal', 'PLAN_SCOPE');
        },
      },
      {
        name: 'a job asks for nothing but its plan’s columns, and its intent carries the plan’s hash',
        async enforce(ground) {
          await ground.approve('p21', { tables: [{ resource: 'people', columns: ['dept'] }] });
          const explain = (sql: string) => ['POST', '/v1/explain', { plan: 'p21', sql }] as const;
          const refused = await ground.refused('PLAN_SCOPE', DEVELOPER, ...explain('SELECT avg(p.PAY) FROM people p'));
          deepStrictEqual((refused['facts'] as { columns: unknown }).columns, ['people.pay']);
          deepStrictEqual(await codeOf(ground, 'p21', 'SELECT avg(pay) FROM people'), 'PLAN_SCOPE');
          await ground.refused('SQL_COLUMN_UNKNOWN', DEVELOPER, ...explain('SELECT avg(paid) FROM people'));
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
    id: '23',
    paragraph: 'T10',
    tests: [
      {
        name: 'no job before the provider’s receipt, which is of rows that came in by an upload, and nobody else’s to give',
        async enforce(ground) {
          await offer(ground, 'r23');
          await ground.review('p23', planOver('r23'));
          await signAndFile(ground, 'p23');
          const ask = () => codeOf(ground, 'p23', 'SELECT count(*) FROM r23');
          deepStrictEqual(await ask(), 'PLAN_NOT_SUPPLIED');
          const path = '/v1/plans/p23/supplies';
          await ground.refused('POLICY_ACCESS_DENIED', BUREAU, 'POST', path, { resource: 'r23' });
          await ground.refused('POLICY_ACCESS_DENIED', PROVIDER, 'POST', path, { resource: 'people' });
          const receipt = await ground.permitted(PROVIDER, 'POST', path, { resource: 'r23' });
          deepStrictEqual(await ask(), null);
          const { steps } = await ground.permitted(BUREAU, 'GET', '/v1/plans/p23/progress');
          ok(
            (steps as readonly { due: string | null; isLate: boolean }[]).every(
              ({ due, isLate }) => due !== null && !isLate,
            ),
          );
          return ground.logged('plan', `supplied r23 version 1, sha-256 ${String(receipt['contentSha256'])}`);
        },
      },
    ],
  },
  {
    id: '24',
    paragraph: 'T10',
    tests: [
      {
        name: 'no job before developer and operator have signed one document over the plan as it is, with keys of theirs, and the bureau has filed it',
        async enforce(ground) {
          await ground.review('p24');
          await ground.permitted(PROVIDER, 'POST', '/v1/plans/p24/supplies', { resource: 'people' });
          const [agreement, filing] = ['/v1/plans/p24/agreement', '/v1/plans/p24/filing'];
          const document = await documentOver(ground, 'p24');
          deepStrictEqual(await codeOf(ground, 'p24', COUNT), 'AGREEMENT_NOT_FILED');
          const [own, its] = [await ground.key(DEVELOPER), await ground.key(OPERATOR)];
          const signed = (who: Who, key: SigningKey, change: Partial<AgreementDocument> = {}) =>
            signedBy(ground, who, 'p24', { ...document, ...change }, key);
          const whole = await signed(DEVELOPER, own);
          const unsigned = (body: object) => ground.refused('SIGNATURE_INVALID', DEVELOPER, 'POST', agreement, body);
          await ground.refused('REQUEST_INVALID', DEVELOPER, 'POST', agreement, document);
          await unsigned({ ...whole, sha256: 'd'.repeat(64) });
          await unsigned(await signed(DEVELOPER, its));
          await unsigned(await signed(OPERATOR, own));
          await unsigned(await signed(DEVELOPER, await signingKeyOf(generateKeyPairSync('ed25519').privateKey)));
          await unsigned({
            ...document,
            jws: await ground.sign(own, 'grant', { id: 'p24', hash: document.planHash }, DEVELOPER),
          });
          await ground.permitted(DEVELOPER, 'POST', agreement, whole);
          const other = 'd'.repeat(64);
          for (const change of [{ sha256: other }, { planHash: other }])
            await ground.refused('PLAN_STATE', OPERATOR, 'POST', agreement, await signed(OPERATOR, its, change));
          await ground.refused('PLAN_STATE', BUREAU, 'POST', filing, { number: 'n24' });
          deepStrictEqual(await codeOf(ground, 'p24', COUNT), 'AGREEMENT_NOT_FILED');
          await ground.permitted(OPERATOR, 'POST', agreement, await signed(OPERATOR, its));
          await ground.refused('POLICY_ACCESS_DENIED', DEVELOPER, 'POST', filing, { number: 'n24' });
          deepStrictEqual(await codeOf(ground, 'p24', COUNT), 'AGREEMENT_NOT_FILED');
          await ground.permitted(BUREAU, 'POST', filing, { number: 'n24' });
          deepStrictEqual(await codeOf(ground, 'p24', COUNT), null);
          return ground.logged('plan', 'agreement filed under n24');
        },
      },
    ],
  },
  {
    id: '25',
    paragraph: 'T11',
    tests: [
      {
        name: 'a developer asks once the bureau let it in, with a credit code of its own, and by the accounts of its dossier alone',
        async enforce(ground) {
          const [newcomer, stranger] = [
            { ...DEVELOPER, org: 'new-data' },
            { ...DEVELOPER, org: 'new-data', sub: 'zed' },
          ];
          await ground.review('p25', {}, newcomer);
          await ground.permitted(PROVIDER, 'POST', '/v1/plans/p25/supplies', { resource: 'people' });
          await signAndFile(ground, 'p25', newcomer);
          const ask = async (who: Who) => (await ground.ask(who, 'p25', COUNT)).code;
          deepStrictEqual(await ask(newcomer), 'DEVELOPER_NOT_ONBOARDED');
          const { inForce } = await ground.permitted(newcomer, 'GET', '/v1/rules');
          const apply = (more: object) => ['POST', '/v1/onboarding', dossier(inForce, more)] as const;
          await ground.refused('ONBOARDING_INVALID', newcomer, ...apply({ creditCode: '91350100M000100Y44' }));
          await ground.permitted(newcomer, ...apply({ creditCode: '91110000600037341L', staff: [DEVELOPER.sub] }));
          const decision = ['POST', '/v1/onboarding/new-data/decision', { verdict: 'approve' }] as const;
          await ground.refused('POLICY_ACCESS_DENIED', newcomer, ...decision);
          deepStrictEqual(await ask(newcomer), 'DEVELOPER_NOT_ONBOARDED');
          await ground.permitted(BUREAU, ...decision);
          deepStrictEqual([await ask(newcomer), await ask(stranger)], [null, 'ACCOUNT_NOT_ONBOARDED']);
          const twin = { ...DEVELOPER, org: 'twin-data' };
          await ground.refused('ONBOARDING_INVALID', twin, ...apply({ creditCode: '91110000600037341L' }));
          return ground.logged('refusal', 'ACCOUNT_NOT_ONBOARDED');
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
];
