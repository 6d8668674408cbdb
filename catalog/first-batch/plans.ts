import type { ErrorCode, Mode } from '#policies';
import type { NewPlan } from '../plans.ts';
import type { FirstBatchTable } from './tables.ts';
import { TABLES } from './tables.ts';

/** Plans that a fresh start finds approved, and questions that show what they can and cannot answer. */

const VALID = { validFrom: '2025-01-01', validUntil: '2031-12-31', unitsMin: null, jobsMax: null } as const;
/** WHY an author outside the reviewing organisations: the operator writes plans, others decide them. */
const AUTHOR = 'operator-planner';

/** The named columns of a table, which the compiler knows to exist. */
function grant<Table extends FirstBatchTable>(
  table: Table,
  columns: readonly (typeof TABLES)[Table]['columnNames'][number][],
): NewPlan['tables'][number] {
  return { resource: table, columns };
}

const everyColumn = (table: FirstBatchTable): NewPlan['tables'][number] => ({
  resource: table,
  columns: TABLES[table].columnNames,
});

export const seedPlans: readonly NewPlan[] = [
  {
    id: 'plan-demo-services',
    title: '学位与社区服务分析',
    purpose: '学位供给、小区物业和人防停车资源的布局分析',
    class: 'governance',
    org: 'linkong-data',
    author: AUTHOR,
    tables: [
      everyColumn('school'),
      everyColumn('property_mgmt'),
      grant('shelter', ['builder_uscc', 'div_code', 'build_sqm', 'peacetime_code', 'parking_cnt', 'accept_date']),
    ],
    ...VALID,
  },
  {
    id: 'plan-demo-industry',
    title: '产业与运力监测',
    purpose: '企业活跃度、股权结构和临空物流运力的季度监测',
    class: 'industry',
    org: 'linkong-data',
    author: AUTHOR,
    tables: [
      everyColumn('enterprise_reg'),
      everyColumn('holder'),
      everyColumn('transport'),
      grant('electricity', ['uscc', 'div_code', 'industry_code', 'volt_code', 'bill_month', 'kwh_total']),
      grant('tax', ['uscc', 'div_code', 'industry_code', 'tax_period', 'tax_code', 'sales_amt', 'credit_code']),
    ],
    ...VALID,
  },
  {
    id: 'plan-demo-farms',
    title: '农产品产量与防疫评估',
    purpose: '分产品、分乡镇的产量与免疫覆盖评估',
    class: 'welfare',
    org: 'chuyun-research',
    author: AUTHOR,
    tables: [everyColumn('crop'), everyColumn('livestock')],
    ...VALID,
  },
  {
    id: 'plan-demo-vehicles',
    title: '新能源汽车保有与流通研究',
    purpose: '新能源汽车保有量和二手车流通的结构研究',
    class: 'industry',
    org: 'chuyun-research',
    author: AUTHOR,
    tables: [everyColumn('vehicle_reg'), everyColumn('used_vehicle')],
    ...VALID,
  },
];

/** What a question should meet: a mode that answers it, or a refusal. */
export type ExpectedAnswer = { readonly mode: Mode } | { readonly code: ErrorCode };

export interface SampleQuestion {
  readonly id: string;
  readonly title: { readonly zh: string; readonly en: string };
  /** A plan of `seedPlans`, and the developer who asks under it. */
  readonly plan: string;
  readonly org: string;
  /** DuckDB dialect. */
  readonly sql: string;
  /** Mode `dp`: what the answer may cost. */
  readonly privacy?: { readonly rho: number };
  readonly expected: ExpectedAnswer;
}

const QUESTIONS: readonly Omit<SampleQuestion, 'org'>[] = [
  {
    id: 'schools-of-a-township',
    title: { zh: '古楼街道有哪些小学、多少学位?', en: 'Which primary schools has a township, and how many seats?' },
    plan: 'plan-demo-services',
    sql: `SELECT school_name, road_text, seat_cnt
FROM school
WHERE zone_no = 'Z420704002' AND stage_code = 'primary'
ORDER BY seat_cnt DESC`,
    expected: { mode: 'rows' },
  },
  {
    id: 'firm-survival',
    title: { zh: '各年成立的企业还有多少在经营?', en: 'How many firms of each founding year still operate?' },
    plan: 'plan-demo-industry',
    sql: `SELECT year(found_date) AS founded,
       count(*) AS firms,
       round(100.0 * count(*) FILTER (WHERE status_code = 'operating') / count(*), 1) AS operating_pct
FROM enterprise_reg
GROUP BY founded
ORDER BY founded`,
    expected: { mode: 'rows' },
  },
  {
    id: 'seat-gap',
    title: { zh: '各学段还有多少空余学位?', en: 'How many seats are free at each stage?' },
    plan: 'plan-demo-services',
    sql: `SELECT stage_code, count(*) AS schools, sum(seat_cnt) - sum(enrol_cnt) AS seats_free
FROM school
GROUP BY stage_code
ORDER BY stage_code`,
    expected: { mode: 'aggregate' },
  },
  {
    id: 'firms-by-industry',
    title: { zh: '各行业用电企业数', en: 'Firms with electricity, by industry' },
    plan: 'plan-demo-industry',
    sql: `SELECT industry_code, count(*) AS firms
FROM electricity
WHERE bill_month = '2026-10'
GROUP BY industry_code
ORDER BY industry_code`,
    expected: { mode: 'aggregate' },
  },
  {
    id: 'output-by-product',
    title: { zh: '各产品面积、产量和亩产', en: 'Area, output and yield by product' },
    plan: 'plan-demo-farms',
    sql: `SELECT product_code,
       sum(area_mu) AS area_mu,
       sum(output_kg) AS output_kg,
       round(sum(output_kg) / sum(area_mu), 1) AS kg_per_mu
FROM crop
GROUP BY product_code
ORDER BY output_kg DESC NULLS LAST`,
    expected: { mode: 'aggregate' },
  },
  {
    id: 'rice-by-township',
    title: { zh: '各乡镇水稻产量', en: 'Rice by township' },
    plan: 'plan-demo-farms',
    sql: `SELECT div_code, count(DISTINCT farm_no) AS farms, sum(output_kg) AS output_kg
FROM crop
WHERE product_code = 'rice'
GROUP BY div_code
ORDER BY div_code`,
    expected: { mode: 'aggregate' },
  },
  {
    id: 'electric-share',
    title: { zh: '各年款新能源汽车占比', en: 'Share of new-energy vehicles by model year' },
    plan: 'plan-demo-vehicles',
    sql: `SELECT model_year,
       count(*) AS vehicles,
       count(CASE WHEN energy_code IN ('electric', 'plug-in') THEN 1 END) AS new_energy
FROM vehicle_reg
WHERE model_year BETWEEN 2014 AND 2025
GROUP BY model_year
ORDER BY model_year`,
    expected: { mode: 'aggregate' },
  },
  {
    id: 'shares-by-section',
    title: { zh: '各行业门类自然人股东的平均持股', en: 'Mean share of persons who hold firms, by industry section' },
    plan: 'plan-demo-industry',
    sql: `SELECT left(r.industry_code, 1) AS section, count(*) AS holdings, round(avg(h.share_pct), 1) AS share_pct
FROM holder AS h
JOIN enterprise_reg AS r ON h.uscc = r.uscc
WHERE h.holder_type = 'person'
GROUP BY section
ORDER BY section`,
    expected: { mode: 'aggregate' },
  },
  {
    id: 'carriers-by-rating',
    title: { zh: '各信誉等级的运力和注册资本', en: 'Capacity and capital of carriers by rating' },
    plan: 'plan-demo-industry',
    sql: `SELECT t.credit_code, count(*) AS carriers, sum(t.vehicle_cnt) AS vehicles, round(avg(r.capital_amt)) AS capital
FROM transport AS t
JOIN enterprise_reg AS r ON t.uscc = r.uscc
GROUP BY t.credit_code
ORDER BY t.credit_code`,
    expected: { mode: 'aggregate' },
  },
  {
    id: 'power-of-an-industry',
    title: { zh: '各行业用电量(扰动模式)', en: 'Electricity by industry (perturbed)' },
    plan: 'plan-demo-industry',
    sql: `SELECT industry_code, sum(kwh_total) AS kwh
FROM electricity
WHERE bill_month = '2026-10'
GROUP BY industry_code`,
    expected: { mode: 'perturbed' },
  },
  {
    id: 'owners-who-sold',
    title: {
      zh: '各能源类型有多少车主过户(差分隐私)',
      en: 'Owners who sold a car, by its energy (differential privacy)',
    },
    plan: 'plan-demo-vehicles',
    sql: `SELECT v.energy_code, count(DISTINCT v.owner_id_no) AS owners
FROM used_vehicle AS u
JOIN vehicle_reg AS v ON u.vin = v.vin
GROUP BY v.energy_code`,
    privacy: { rho: 0.02 },
    expected: { mode: 'dp' },
  },
  {
    id: 'owner-by-plate',
    title: { zh: '凭车牌查车(标识符不可比较)', en: 'A car by its plate (identifiers are never compared with a value)' },
    plan: 'plan-demo-vehicles',
    sql: `SELECT brand_code, model_year
FROM vehicle_reg
WHERE plate_no = '鄂G12345'`,
    expected: { code: 'POLICY_IDENTIFIER_USE' },
  },
];

export const sampleQuestions: readonly SampleQuestion[] = QUESTIONS.map((question) => ({
  ...question,
  org: seedPlans.find(({ id }) => id === question.plan)!.org,
}));
