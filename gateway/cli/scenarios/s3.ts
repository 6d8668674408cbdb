import type { FirstBatchResource, NewPlan } from '#catalog';
import type { Party, Reply, Scenario, Stage } from './stage.ts';

/** S3 呼吸道监测与养老布点: respiratory visits by township on a fixed weekly grid in mode `dp`, and an elderly index of townships. */

const ORG = 'chuyun-research';
const TERM = { validFrom: '2026-01-01', validUntil: '2029-12-31', unitsMin: null, jobsMax: null } as const;

const MONITORING: NewPlan = {
  id: 'S3',
  title: '呼吸道疾病监测',
  purpose: '分乡镇呼吸道就诊量周监测',
  class: 'welfare',
  org: ORG,
  author: 'operator-planner',
  // WHY no birth date: nobody's age is asked beside what ails them.
  tables: [{ resource: 'outpatient', columns: ['id_no', 'div_code', 'visit_date', 'dx_code'] }],
  // Two weekly releases at the default of the profile; each later week's is added with the review of the last.
  rhoMax: 0.002,
  ...TERM,
};
const ELDERLY: NewPlan = {
  id: 'S3-elderly',
  title: '养老布点',
  purpose: '分乡镇老年人口与住房状况，养老服务布点',
  class: 'welfare',
  org: ORG,
  author: 'operator-planner',
  tables: [
    { resource: 'insurance_person', columns: ['id_no', 'div_code', 'birth_date'] },
    { resource: 'housing', columns: ['unit_no', 'div_code', 'build_year'] },
  ],
  ...TERM,
};

const DAY_MS = 86_400_000;
const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
const FIRST_MONDAY = Date.parse('2024-01-01T00:00:00Z');
const WEEKS = 312;
/** The grid: weeks of six years. Nothing else can be asked of the day of a visit. */
const MONDAYS = Array.from({ length: WEEKS }, (_, week) => day(FIRST_MONDAY + week * 7 * DAY_MS));

/** As the health commission declares its visits for this plan: their days are compared at Mondays only. */
function declare(table: FirstBatchResource): FirstBatchResource {
  if (table.id !== 'outpatient') return table;
  const columns = table.schema.columns.map((one) => (one.name === 'visit_date' ? { ...one, bins: MONDAYS } : one));
  return { ...table, schema: { ...table.schema, columns } };
}

/** Visits for respiratory illness (ICD-10, chapter X) between two days, by township. */
const visits = (from: string, until: string): string =>
  `SELECT div_code, count(*) AS visits FROM outpatient WHERE dx_code LIKE 'J%' AND visit_date >= DATE '${from}' AND visit_date < DATE '${until}' GROUP BY div_code`;

async function play(stage: Stage): Promise<void> {
  const developer = await stage.as('developer', 'alice', ORG);
  const job = (sql: string, plan = MONITORING.id) => developer.request('POST', '/v1/jobs', { plan, sql });

  const first = visits('2025-03-03', '2025-03-10');
  const released = stage.done(await job(first), 'visits of a week by township, with noise');
  const mode = (released['result'] as { mode?: string } | null)?.mode ?? '';
  stage.found(mode === 'dp', 'done', 'the answer is of mode dp', mode);
  await weeklyGrid(stage, job, first, String(JSON.stringify(rowsOf(released))));
  await whatIsNotAsked(stage, developer, job);
  await elderlyIndex(stage, developer, (sql) => job(sql, ELDERLY.id));
}

/** Weeks as they are declared, one release each; a week that was released costs nothing again and tells nothing more. */
async function weeklyGrid(
  stage: Stage,
  job: (sql: string) => Promise<Reply>,
  first: string,
  firstRows: string,
): Promise<void> {
  const shifted = await job(visits('2025-03-04', '2025-03-11'));
  stage.refused(shifted, 'POLICY_CONSTRUCT_REFUSED', 'the same with its dates shifted by a day');
  const longer = await job(visits('2025-03-03', '2025-03-11'));
  stage.refused(longer, 'POLICY_CONSTRUCT_REFUSED', 'the same week and a day more');
  const again = stage.done(await job(first), 'the week once more');
  const isSame = JSON.stringify(rowsOf(again)) === firstRows;
  stage.found(isSame, 'refused', 'a second draw of the week’s noise', isSame ? 'the same numbers' : 'other numbers');
  stage.done(await job(visits('2025-03-10', '2025-03-17')), 'the next week');
  const third = await job(visits('2025-03-17', '2025-03-24'));
  stage.refused(third, 'BUDGET_EXHAUSTED', 'a release more than the plan has budget for');
}

async function whatIsNotAsked(stage: Stage, developer: Party, job: (sql: string) => Promise<Reply>): Promise<void> {
  const inpatient =
    "SELECT div_code, count(*) AS n FROM inpatient WHERE admit_date >= DATE '2025-03-03' GROUP BY div_code";
  stage.refused(
    await job(inpatient),
    'SQL_TABLE_UNKNOWN',
    'admissions by township and week: nearly every cell is small',
  );
  const young = "SELECT count(*) AS n FROM outpatient WHERE birth_date >= DATE '2012-01-01' AND dx_code = 'Q87'";
  stage.refused(await job(young), 'PLAN_SCOPE', 'children under 14 with a rare diagnosis');
  const joined =
    "SELECT count(*) AS n FROM outpatient o JOIN insurance_person p ON o.id_no = p.id_no WHERE p.birth_date >= DATE '2012-01-01' AND o.dx_code = 'Q87'";
  stage.refused(await job(joined), 'SQL_TABLE_UNKNOWN', 'the same by way of another plan’s table');
  const water = await developer.request('POST', '/v1/plans', {
    id: 'S3-water',
    title: '空置住房',
    purpose: '以户用水量估计空置住房',
    class: 'welfare',
    operator: 'operator',
    tables: [{ resource: 'water_household', columns: ['div_code'] }],
    validFrom: TERM.validFrom,
    validUntil: TERM.validUntil,
  });
  stage.refused(
    water,
    'PLAN_INVALID',
    'a plan over the water meters of households, which no entry of the catalogue has',
  );
}

const title = (zh: string, en: string) => ({ zh, en });

/** An index (评价指数) of townships, made by the gateway of two released answers. */
async function elderlyIndex(stage: Stage, developer: Party, job: (sql: string) => Promise<Reply>): Promise<void> {
  const old = stage.done(
    await job(
      "SELECT div_code, 100.0 * count(*) FILTER (WHERE birth_date < DATE '1961-01-01') / count(*) AS old_share FROM insurance_person GROUP BY div_code",
    ),
    'share of people over 65 by township',
  );
  const homes = stage.done(
    await job(
      'SELECT div_code, 100.0 * count(*) FILTER (WHERE build_year < 2000) / count(*) AS old_homes FROM housing GROUP BY div_code',
    ),
    'share of old homes by township',
  );
  const steps = (...from: readonly number[]) => [
    { from: null, points: 0 },
    ...from.map((one, at) => ({ from: one, points: 20 * (at + 1) })),
  ];
  const content = {
    form: 'index',
    sources: [{ job: old['id'] }, { job: homes['id'] }],
    keys: ['div_code'],
    features: [
      { code: 'R1', title: title('老年人口占比', 'share of people over 65'), source: 0, column: 'old_share' },
      { code: 'R2', title: title('老旧住房占比', 'share of old homes'), source: 1, column: 'old_homes' },
    ],
    scale: {
      mode: 'band',
      points: [
        { feature: 'R1', steps: steps(10, 15, 20), none: 0 },
        { feature: 'R2', steps: steps(20, 40), none: 0 },
      ],
      bands: [
        { label: 'A', from: 80 },
        { label: 'B', from: 40 },
        { label: 'C', from: null },
      ],
      reasonsMax: 1,
    },
  };
  const product = { id: 's3-elderly', title: title('养老需求指数', 'Elderly index'), plan: ELDERLY.id, content };
  const filed = stage.done(await developer.request('POST', '/v1/products', product), 'an elderly index is filed');
  const path = '/v1/products/s3-elderly/1';
  stage.refused(
    await developer.request('GET', `${path}/material`),
    'POLICY_ACCESS_DENIED',
    'the index before its review',
  );
  const bureau = await stage.as('bureau', 'dan', 'data-bureau');
  const verdict = { verdict: 'approve', hash: filed['hash'] };
  stage.done(await bureau.request('POST', `${path}/decisions`, verdict), 'the bureau reviews it');
  stage.done(await developer.request('POST', `${path}/publication`), 'it is published');
  const received = stage.done(await developer.request('GET', `${path}/material`), 'a band for each township');
  const rows = (received['rows'] ?? []) as readonly (readonly string[])[];
  const isBanded = rows.length > 0 && rows.every(([, band]) => ['A', 'B', 'C'].includes(band ?? ''));
  stage.found(isBanded, 'refused', 'anything finer than a band', `${rows.length} townships`);
}

function rowsOf(body: Reply['body']): unknown {
  return (body['result'] as { readonly rows?: unknown } | null)?.rows ?? null;
}

export const S3: Scenario = {
  id: 'S3',
  title: { zh: '呼吸道监测与养老布点', en: 'Respiratory illness, and places for the elderly' },
  plans: [MONITORING, ELDERLY],
  declare,
  play,
};
