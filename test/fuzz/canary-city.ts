import type { ColumnSchema, TableSchema } from '../../policies/table-schema.ts';
import type { StoredTable } from '../attack/sql-gateway.ts';

/**
 * Protected tables of people, their visits and bills for them, their jobs and the firms; one of extreme values, the same without rows and with one;
 * and a public one: small enough to be evaluated once per person. Canaries stand in protected text and number columns of every level, at one or
 * three people. No generated query contains one.
 */

export const CANARIES = {
  note: 'zqcanarya note',
  few: 'zqcanaryb few',
  dept: 'zqcanaryc dept',
  illness: 'zqcanaryd ill',
  address: 'zqcanarye street',
  code: 87_319_465_517n,
  fee: 91_827_364_553n,
  debt: 73_645_546_371n,
  trade: 'zqcanaryf trade',
  kind: 'zqcanaryg kind',
  wage: 64_738_291_073n,
} as const;

/** Canaries in a text: in any case, backwards, or cut short to their common stem. */
export function canariesIn(text: string): readonly string[] {
  const folded = text.toLowerCase();
  const backwards = (word: string) => [...word].reverse().join('');
  return Object.entries(CANARIES).flatMap(([name, value]) => {
    const stem = typeof value === 'bigint' ? String(value) : value.slice(0, 9);
    return folded.includes(stem) || folded.includes(backwards(stem)) ? [name] : [];
  });
}

const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  name,
  title: { zh: name, en: name },
  type,
  level: 'general-2',
  role: 'attribute',
  ...more,
});
const pid = column('pid', 'text', { role: 'identifier', unit: 'person', nullable: false });

/** Of a visit: nobody's identifier. */
const no = column('no', 'text', { role: 'identifier', domain: 'visit', nullable: false });
const uscc = column('uscc', 'text', { role: 'identifier', unit: 'enterprise', nullable: false });

const PERSON: TableSchema = {
  table: 'person',
  level: 'general-2',
  columns: [
    pid,
    column('sex', 'text', { role: 'dimension', level: 'general-1', values: ['f', 'm', 'x'], nullable: false }),
    column('city', 'text', { role: 'quasi-identifier' }),
    column('age', 'integer', { role: 'quasi-identifier', bounds: { min: 0, max: 120 } }),
    column('pay', 'integer', { role: 'measure', bounds: { min: 0, max: 20_000 } }),
    column('note', 'text'),
    column('code', 'integer'),
    column('born', 'date', { role: 'quasi-identifier' }),
    column('debt', 'integer', { role: 'measure', level: 'general-3' }),
    column('score', 'integer', { role: 'measure', level: 'general-4', bounds: { min: 0, max: 100 } }),
    column('illness', 'text', { role: 'sensitive', level: 'general-4' }),
    column('address', 'text', { level: 'core' }),
  ],
};
const VISIT: TableSchema = {
  table: 'visit',
  level: 'general-2',
  columns: [
    pid,
    no,
    column('dept', 'text'),
    column('fee', 'integer', { role: 'measure' }),
    column('days', 'integer', { role: 'measure', bounds: { min: 0, max: 5 } }),
    column('seen', 'date'),
  ],
};
const BILL: TableSchema = {
  table: 'bill',
  level: 'general-2',
  columns: [pid, no, column('kind', 'text'), column('cost', 'integer', { role: 'measure' })],
};
const JOB: TableSchema = {
  table: 'job',
  level: 'general-2',
  columns: [
    pid,
    uscc,
    column('wage', 'integer', { role: 'measure' }),
    column('hours', 'integer', { role: 'measure', bounds: { min: 0, max: 80 } }),
    column('since', 'date'),
  ],
};
const FIRM: TableSchema = {
  table: 'firm',
  level: 'general-2',
  columns: [
    uscc,
    column('trade', 'text'),
    column('staff', 'integer', { role: 'measure', bounds: { min: 0, max: 900 } }),
  ],
};
const extremes = (table: string): TableSchema => ({
  table,
  level: 'general-2',
  columns: [
    pid,
    column('x', 'integer'),
    column('y', 'decimal'),
    column('z', 'decimal', { role: 'measure', bounds: { min: -1000, max: 1000 } }),
    column('t', 'text'),
    column('w', 'date'),
    column('b', 'boolean'),
  ],
});
const PUB: TableSchema = {
  table: 'pub',
  level: 'general-1',
  columns: [
    column('k', 'text', { level: 'general-1' }),
    column('n', 'integer', { level: 'general-1' }),
    column('d', 'date', { level: 'general-1' }),
  ],
};

export const PEOPLE = 90;
/** Tokens, as the vault holds them instead of identifiers. */
export const PIDS: readonly bigint[] = Array.from({ length: PEOPLE }, (_, i) => 1_000n + 7n * BigInt(i));
const CITIES = ['east', 'west', 'north', 'south'];

const people = PIDS.map((token, i) => ({
  pid: token,
  sex: i % 2 === 0 ? 'f' : 'm',
  city: i % 17 === 0 ? null : CITIES[(i * i) % 4]!,
  age: i % 13 === 0 ? null : 18 + ((i * 7) % 60),
  pay: 2_000 + ((i * 7_919) % 9_000),
  note: i === 41 ? CANARIES.note : i < 3 ? CANARIES.few : `n${i % 3}`,
  code: i === 23 ? CANARIES.code : BigInt(i % 5),
  born: `19${50 + (i % 50)}-0${1 + (i % 9)}-1${i % 9}`,
  debt: i === 17 ? CANARIES.debt : BigInt(i * 3),
  score: (i * 37) % 101,
  illness: i === 11 ? CANARIES.illness : 'flu',
  address: i === 5 ? CANARIES.address : `street ${i % 9}`,
}));
const visits = Array.from({ length: 260 }, (_, i) => ({
  pid: PIDS[(i * 31 + ((i * i) % 7)) % PEOPLE]!,
  no: BigInt(50_000 + 3 * i),
  dept: i === 77 ? CANARIES.dept : i % 19 === 0 ? null : `d${i % 4}`,
  fee: i === 99 ? CANARIES.fee : BigInt(((i * 131) % 500) - 20),
  days: i % 11 === 0 ? null : i % 6,
  seen: `2024-0${1 + (i % 9)}-2${i % 9}`,
}));
const bills = visits
  .filter((_, i) => i % 3 !== 1)
  .map((visit, i) => ({
    pid: i % 7 === 0 ? PIDS[i % PEOPLE]! : visit.pid,
    no: visit.no,
    kind: i === 30 ? CANARIES.kind : i % 8 === 0 ? null : `b${i % 3}`,
    cost: (i * 17) % 90,
  }));
export const FIRMS: readonly bigint[] = Array.from({ length: 40 }, (_, i) => 900_000n + 11n * BigInt(i));
const firms = FIRMS.map((token, i) => ({
  uscc: token,
  trade: i === 13 ? CANARIES.trade : `t${i % 2}`,
  staff: 5 + ((i * 53) % 300),
}));
const jobs = Array.from({ length: 170 }, (_, i) => ({
  pid: PIDS[(i * 13) % PEOPLE]!,
  uscc: FIRMS[(i * 7 + ((i * i) % 5)) % FIRMS.length]!,
  wage: i === 58 ? CANARIES.wage : BigInt(2_000 + ((i * 811) % 5_000)),
  hours: i % 10 === 0 ? null : i % 41,
  since: i % 12 === 0 ? null : `20${10 + (i % 4)}-01-01`,
}));
const X = [9_223_372_036_854_775_807n, -9_223_372_036_854_775_807n, 0n, -1n, null, 1n];
const Y = ['9999999999999999.99', '-9999999999999999.99', '0.00', '-0.01', null];
const T = [' ', 'x%y', "it's", '企业', 'İ', '😀', '"', '_', null];
const W = ['0001-01-01', '9999-12-31', '1969-12-31', null];
const edges = PIDS.map((token, i) => ({
  pid: token,
  x: X[i % X.length]!,
  y: Y[i % Y.length]!,
  z: [`${i % 2 === 0 ? '' : '-'}1000.00`, '0.00', null, `${i}.01`][i % 4]!,
  t: T[i % T.length]!,
  w: W[i % W.length]!,
  b: [true, false, null][i % 3]!,
}));
const publicRows = Array.from({ length: 24 }, (_, i) => ({
  k: i % 5 === 0 ? null : CITIES[i % 4]!,
  n: i % 7 === 0 ? null : i * i - 30,
  d: `2023-0${1 + (i % 9)}-0${1 + (i % 9)}`,
}));

const most = (units: readonly bigint[]): number =>
  Math.max(...[...Map.groupBy(units, (unit) => unit).values()].map(({ length }) => length));
const perPerson = (rows: readonly { readonly pid: bigint }[]) => ({ person: most(rows.map(({ pid: unit }) => unit)) });

export const FUZZED_TABLES: readonly StoredTable[] = [
  { schema: PERSON, rowsPerUnitMax: { person: 1 }, rows: people },
  { schema: VISIT, rowsPerUnitMax: perPerson(visits), rows: visits },
  { schema: BILL, rowsPerUnitMax: perPerson(bills), rows: bills },
  { schema: JOB, rowsPerUnitMax: { ...perPerson(jobs), enterprise: most(jobs.map((row) => row.uscc)) }, rows: jobs },
  { schema: FIRM, rowsPerUnitMax: { enterprise: 1 }, rows: firms },
  { schema: extremes('edge'), rowsPerUnitMax: { person: 1 }, rows: edges },
  { schema: extremes('nobody'), rowsPerUnitMax: { person: 1 }, rows: [] },
  { schema: extremes('single'), rowsPerUnitMax: { person: 1 }, rows: edges.slice(3, 4) },
  { schema: PUB, rows: publicRows },
];
