import type { NewPlan } from '#catalog';
import type { InterfaceContent, LookupFeature } from '#policies';
import { openIssuer, publishInterface, shapeOf, sweep } from './interfaces.ts';
import type { Scenario, Stage } from './stage.ts';

/** S1 小微信贷指数: an index A–E of a firm that consents, with reasons; one question a firm and month; a quarterly report in aggregates. */

const ORG = 'linkong-data';
const PURPOSE = '小微企业授信：经企业同意的信用指数与行业季度报告';
const PRODUCT = 'credit-index';

const PLAN: NewPlan = {
  id: 'S1',
  title: '小微信贷指数',
  purpose: PURPOSE,
  class: 'industry',
  org: ORG,
  author: 'operator-planner',
  tables: [
    { resource: 'electricity', columns: ['uscc', 'bill_month', 'kwh_total', 'arrears_days'] },
    { resource: 'water', columns: ['uscc', 'arrears_days'] },
    { resource: 'gas', columns: ['uscc', 'arrears_days'] },
    { resource: 'fund_enterprise', columns: ['uscc', 'fund_month', 'staff_cnt', 'overdue_months_cnt'] },
    { resource: 'insurance_enterprise', columns: ['uscc', 'overdue_months_cnt'] },
    { resource: 'enterprise_reg', columns: ['uscc', 'industry_code', 'found_date', 'status_code'] },
    { resource: 'tax', columns: ['uscc', 'tax_period', 'sales_amt', 'overdue_amt'] },
    { resource: 'transport', columns: ['uscc', 'accident_cnt'] },
  ],
  unitsMin: null,
  jobsMax: null,
  validFrom: '2026-01-01',
  validUntil: '2029-12-31',
};

const feature = (
  code: string,
  zh: string,
  en: string,
  rest: Pick<LookupFeature, 'resource' | 'aggregate' | 'column'> & Partial<LookupFeature>,
): LookupFeature => ({ code, title: { zh, en }, key: 'uscc', where: [], ...rest });
/** Nothing owed is best; whoever is not in the table is judged by neither. */
const owed = (code: string, least: number, most: number) => ({
  feature: code,
  steps: [
    { from: null, points: 12 },
    { from: least, points: 6 },
    { from: most, points: 0 },
  ],
  none: 8,
});

const INDEX: InterfaceContent = {
  form: 'interface',
  subject: { resource: 'enterprise_reg', key: 'uscc', also: [], consentBy: ['uscc'] },
  features: [
    feature('R01', '用电欠费', 'electricity in arrears', {
      resource: 'electricity',
      aggregate: 'max',
      column: 'arrears_days',
    }),
    feature('R02', '用水欠费', 'water in arrears', { resource: 'water', aggregate: 'max', column: 'arrears_days' }),
    feature('R03', '用气欠费', 'gas in arrears', { resource: 'gas', aggregate: 'max', column: 'arrears_days' }),
    feature('R04', '公积金欠缴', 'housing fund overdue', {
      resource: 'fund_enterprise',
      aggregate: 'max',
      column: 'overdue_months_cnt',
    }),
    feature('R05', '医保欠缴', 'medical insurance overdue', {
      resource: 'insurance_enterprise',
      aggregate: 'max',
      column: 'overdue_months_cnt',
    }),
    feature('R06', '欠税', 'tax overdue', { resource: 'tax', aggregate: 'sum', column: 'overdue_amt' }),
    feature('R07', '销售收入', 'sales', {
      resource: 'tax',
      aggregate: 'sum',
      column: 'sales_amt',
      where: [{ column: 'tax_period', op: '>=', value: { monthsBack: 12 } }],
    }),
    feature('R08', '参缴人数', 'staff', { resource: 'fund_enterprise', aggregate: 'avg', column: 'staff_cnt' }),
    feature('R09', '在营登记', 'registered as operating', {
      resource: 'enterprise_reg',
      aggregate: 'count',
      column: null,
      where: [{ column: 'status_code', op: '=', value: 'operating' }],
    }),
    feature('R10', '运输事故', 'accidents of carriers', {
      resource: 'transport',
      aggregate: 'max',
      column: 'accident_cnt',
    }),
  ],
  answer: {
    mode: 'band',
    points: [
      ...['R01', 'R02', 'R03'].map((code) => owed(code, 1, 30)),
      ...['R04', 'R05'].map((code) => owed(code, 1, 3)),
      owed('R06', 1, 100_000),
      {
        feature: 'R07',
        steps: [
          { from: null, points: 2 },
          { from: 500_000, points: 6 },
          { from: 5_000_000, points: 10 },
        ],
        none: 0,
      },
      {
        feature: 'R08',
        steps: [
          { from: null, points: 2 },
          { from: 5, points: 5 },
          { from: 50, points: 8 },
        ],
        none: 2,
      },
      {
        feature: 'R09',
        steps: [
          { from: null, points: 0 },
          { from: 1, points: 15 },
        ],
        none: 0,
      },
      owed('R10', 1, 3),
    ],
    bands: [
      { label: 'A', from: 95 },
      { label: 'B', from: 85 },
      { label: 'C', from: 72 },
      { label: 'D', from: 60 },
      { label: 'E', from: null },
    ],
    reasonsMax: 3,
  },
  limits: { perSubject: { times: 1, period: 'month' }, perDay: 500 },
};

async function play(stage: Stage): Promise<void> {
  const developer = await stage.as('developer', 'alice', ORG);
  await publishInterface(stage, developer, {
    id: PRODUCT,
    plan: PLAN.id,
    title: { zh: '小微信贷指数', en: 'credit index' },
    content: INDEX,
  });
  const issuer = await openIssuer(stage, { org: ORG, plan: PLAN.id, purpose: PURPOSE });
  const firms = (await stage.cityRows('enterprise_reg', 400)).map((row) => row['uscc'] ?? '');
  const [first = '', second = '', third = ''] = firms;
  const ask = (subject: string, consents: readonly string[]) =>
    developer.request('POST', '/v1/lookups', { product: PRODUCT, subject, consents });
  const word = (body: Readonly<Record<string, unknown>>) => String(body['code'] ?? body['answer']);

  for (const firm of firms.slice(0, 4)) {
    const { body } = await ask(firm, [await issuer.sign({ by: firm, product: PRODUCT })]);
    const reasons = Array.isArray(body['reasons']) ? body['reasons'].join(' ') : '';
    stage.found(
      /^[A-E]$/.test(word(body)),
      'done',
      'the index of a firm that consents, with its reasons',
      `${word(body)} ${reasons}`,
    );
  }
  const again = await ask(first, [await issuer.sign({ by: first, product: PRODUCT })]);
  stage.found(
    word(again.body) === 'unknown',
    'refused',
    'a second question about the firm in the month',
    word(again.body),
  );
  const without = await ask(firms[10] ?? '', []);
  const nobody = await ask('91420700MA4ZZZZZ0X', [await issuer.sign({ by: '91420700MA4ZZZZZ0X', product: PRODUCT })]);
  stage.found(word(without.body) === 'unknown', 'refused', 'a question without consent', word(without.body));
  stage.found(
    shapeOf(without) === shapeOf(nobody),
    'refused',
    'that a firm exists, told by how it is refused',
    'alike',
  );
  const foreign = await ask(second, [await issuer.sign({ by: third, product: PRODUCT })]);
  stage.found(
    word(foreign.body) === 'unknown',
    'refused',
    'a question with another firm’s consent',
    word(foreign.body),
  );
  const other = await ask(firms[11] ?? '', [
    await issuer.sign({ by: firms[11] ?? '', product: PRODUCT, purpose: '营销' }),
  ]);
  stage.found(
    word(other.body) === 'unknown',
    'refused',
    'a question with consent for another purpose',
    word(other.body),
  );

  await report(stage, developer.request.bind(developer));
  const operator = await stage.as('operator', 'olga', 'operator');
  const asked = { product: PRODUCT, subject: firms[12], consents: [] };
  stage.refused(
    await operator.request('POST', '/v1/lookups', asked),
    'PRODUCT_NOT_FOUND',
    'the operator asks the product that it delivered',
  );

  const sweeper = await stage.as('developer', 'sam', ORG);
  const swept = await sweep(
    sweeper,
    PRODUCT,
    Array.from({ length: 1_000 }, (_, at) => ({ subject: firms[20 + (at % 380)] ?? '', also: [] })),
  );
  stage.found(
    swept.last === 'POLICY_FROZEN' && swept.asked <= 25,
    'refused',
    'a sweep of 1,000 firms',
    `${swept.last} after ${swept.asked}`,
  );
}

/** The quarterly report: aggregates of many firms, and no cell of one. */
async function report(stage: Stage, request: Awaited<ReturnType<Stage['as']>>['request']): Promise<void> {
  const job = (sql: string) => request('POST', '/v1/jobs', { plan: PLAN.id, sql });
  const sql =
    'SELECT left(r.industry_code, 1) AS section, count(DISTINCT f.uscc) AS firms, sum(f.staff_cnt) AS staff FROM fund_enterprise f JOIN enterprise_reg r ON f.uscc = r.uscc GROUP BY section';
  const answered = await job(sql);
  stage.done(answered, 'the quarterly report by section');
  const one = await job(`SELECT sum(kwh_total) AS kwh FROM electricity WHERE uscc = '91420700MA4EZ0008U'`);
  stage.refused(one, 'POLICY_IDENTIFIER_USE', 'electricity of one firm');
  stage.refused(
    await job('SELECT uscc, sum(kwh_total) FROM electricity GROUP BY uscc'),
    'POLICY_IDENTIFIER_USE',
    'a list of firms',
  );
}

export const S1: Scenario = {
  id: 'S1',
  title: { zh: '小微信贷指数', en: 'Credit index of small firms' },
  plans: [PLAN],
  play,
};
