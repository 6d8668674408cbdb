import type { NewPlan } from '#catalog';
import type { Party, Reply, Scenario, Stage } from './stage.ts';

/** S4 学位预警: children by birth year and zone against seats, with the developer's own list of estates beside it. */

const ORG = 'linkong-data';

const PLAN: NewPlan = {
  id: 'S4',
  title: '学位预警',
  purpose: '分学区、分出生年份的学位供需预警',
  class: 'governance',
  org: ORG,
  author: 'operator-planner',
  tables: [
    { resource: 'school', columns: ['school_code', 'zone_no', 'stage_code', 'seat_cnt', 'enrol_cnt'] },
    { resource: 'housing', columns: ['unit_no', 'div_code', 'floor_sqm', 'build_year'] },
    { resource: 'insurance_person', columns: ['id_no', 'div_code', 'birth_date', 'scheme_code'] },
  ],
  unitsMin: 20,
  jobsMax: null,
  validFrom: '2026-01-01',
  validUntil: '2029-12-31',
};

const title = (zh: string, en: string) => ({ zh, en });
const ESTATES = {
  plan: PLAN.id,
  title: title('楼盘清单', 'estates'),
  source: '本公司销售登记的在售楼盘',
  basis: '自有数据，楼盘为公开信息',
  validUntil: '2027-12-31',
  schema: {
    table: 'estates',
    columns: [
      { name: 'estate_no', title: title('楼盘编号', 'estate'), type: 'text', level: 'general-1', role: 'dimension' },
      { name: 'div_code', title: title('所属乡镇', 'township'), type: 'text', level: 'general-1', role: 'dimension' },
      {
        name: 'homes_cnt',
        title: title('户数', 'homes'),
        type: 'integer',
        level: 'general-1',
        role: 'measure',
        bounds: { min: 0, max: 10_000 },
      },
    ],
  },
};
/** Townships of the city, by turns. */
const TOWNSHIPS = ['420704001', '420704002', '420704003', '420703100', '420702100'];

/** A list of estates as the developer keeps it. */
function estatesCsv(count: number, change: (estate: number) => number = (homes) => homes): string {
  const rows = Array.from({ length: count }, (_, n) => `E${n},${TOWNSHIPS[n % TOWNSHIPS.length] ?? ''},${change(n)}`);
  return `estate_no,div_code,homes_cnt\n${rows.join('\n')}\n`;
}

async function play(stage: Stage): Promise<void> {
  const developer = await stage.as('developer', 'alice', ORG);
  const bureau = await stage.as('bureau', 'dan', 'data-bureau');
  const job = (sql: string) => developer.request('POST', '/v1/jobs', { plan: PLAN.id, sql });
  const put = (csv: string) => developer.request('PUT', '/v1/intakes/estates/data', csv);

  stage.done(
    await developer.request('POST', '/v1/intakes', ESTATES),
    'an intake for the estates is opened, with source and basis',
  );
  stage.refused(await put(estatesCsv(49)), 'INTAKE_REFUSED', 'a list of 49 estates');
  const { hash } = stage.done(await put(estatesCsv(120, (n) => 100 + n)), 'the list is scanned and lies in quarantine');
  const joined = 'SELECT count(*) AS estates, sum(homes_cnt) AS homes FROM estates';
  stage.refused(await job(joined), 'SQL_TABLE_UNKNOWN', 'a job over the list in quarantine');
  await accept(stage, bureau, String(hash));
  stage.done(await job(joined), 'the list is there for jobs of the plan');

  const seats = await job(
    'SELECT stage_code, count(*) AS schools, sum(seat_cnt) - sum(enrol_cnt) AS seats_free FROM school GROUP BY stage_code',
  );
  stage.done(seats, 'free seats by stage');
  const births = await job(
    `SELECT div_code, year(birth_date) AS born, count(*) AS children FROM insurance_person WHERE birth_date >= DATE '2019-01-01' GROUP BY div_code, born`,
  );
  const small = cellsOf(births, 'children').filter((value) => value !== null && value < 20);
  stage.done(births, 'children by zone and birth year');
  stage.found(small.length === 0, 'refused', 'a zone and year of fewer than 20 children', `${small.length} such cells`);
  await overlappingZones(stage, job);

  const lifted = await job(
    `SELECT e.div_code, count(*) AS n FROM insurance_person p JOIN estates e ON p.div_code = e.div_code WHERE p.birth_date >= DATE '2026-06-01' GROUP BY e.div_code`,
  );
  const shown = cellsOf(lifted, 'n').filter((value) => value !== null && value > 0);
  stage.found(
    shown.length === 0,
    'refused',
    'few children, counted once for each of one’s own rows',
    `${shown.length} cells`,
  );
  const oneChanged = await put(estatesCsv(120, (n) => (n === 7 ? 1 : 100 + n)));
  stage.refused(oneChanged, 'INTAKE_REFUSED', 'the list once more with one row changed');
  stage.refused(await job(joined), 'SQL_TABLE_UNKNOWN', 'a job over a list that is not accepted any more');
  stage.refused(await put(estatesCsv(200)), 'INTAKE_REFUSED', 'a fourth upload of the plan');
  stage.done(
    await developer.request('DELETE', '/v1/intakes/estates'),
    'the list is ended: its versions are destroyed with certificates',
  );
}

async function accept(stage: Stage, bureau: Party, hash: string): Promise<void> {
  const path = '/v1/intakes/estates/decisions';
  stage.refused(
    await bureau.request('POST', path, { verdict: 'approve', hash: 'f'.repeat(64) }),
    'INTAKE_STATE',
    'acceptance of another list than was read',
  );
  stage.done(await bureau.request('POST', path, { verdict: 'approve', hash }), 'the bureau accepts what it read');
}

/** Two zones, one of which has one township of few children more: nobody learns of those few. */
async function overlappingZones(stage: Stage, job: (sql: string) => Promise<Reply>): Promise<void> {
  const count = (where: string) =>
    job(
      `SELECT count(*) AS children FROM insurance_person WHERE birth_date >= DATE '2025-06-01' AND div_code IN (${where})`,
    );
  const large = cellsOf(await count(`'420704001', '420704002', '420704003', '420704100', '420704101'`), 'children');
  const rest = cellsOf(await count(`'420704001', '420704002', '420704003', '420704100'`), 'children');
  const [a = null, b = null] = [large[0], rest[0]];
  // A difference that shows stands for 20 at least, or is none: near sets are given the number of the one that was asked first, or hidden.
  const tells = a !== null && b !== null && a !== b && Math.abs(a - b) < 20;
  stage.found(
    !tells,
    'refused',
    'the difference of two overlapping zones of fewer than 20 children',
    `${a ?? 'hidden'} and ${b ?? 'hidden'}`,
  );
}

function cellsOf({ body }: Reply, column: string): readonly (number | null)[] {
  const result = body['result'] as {
    columns: readonly { name: string }[];
    rows: readonly (readonly (number | string | null)[])[];
  } | null;
  const at = result?.columns.findIndex(({ name }) => name === column) ?? -1;
  return (result?.rows ?? []).map((row) => (row[at] === null || row[at] === undefined ? null : Number(row[at])));
}

export const S4: Scenario = {
  id: 'S4',
  title: { zh: '学位预警', en: 'School places' },
  plans: [PLAN],
  play,
};
