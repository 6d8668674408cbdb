import type { ColumnSchema, TableSchema } from '../../policies/table-schema.ts';
import type { StoredTable } from '../attack/sql-gateway.ts';

/**
 * Two protected tables and a public one, small enough to be evaluated once per person. Canaries stand in protected text
 * and number columns of every level, at one or three people. No generated query contains one.
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

const PERSON: TableSchema = {
  table: 'person',
  level: 'general-2',
  columns: [
    pid,
    column('sex', 'text', { role: 'dimension', level: 'general-1', values: ['f', 'm', 'x'], nullable: false }),
    column('city', 'text', { role: 'quasi-identifier' }),
    column('age', 'integer', { role: 'quasi-identifier' }),
    column('pay', 'integer', { role: 'measure' }),
    column('note', 'text'),
    column('code', 'integer'),
    column('born', 'date', { role: 'quasi-identifier' }),
    column('debt', 'integer', { role: 'measure', level: 'general-3' }),
    column('illness', 'text', { role: 'sensitive', level: 'general-4' }),
    column('address', 'text', { level: 'core' }),
  ],
};
const VISIT: TableSchema = {
  table: 'visit',
  level: 'general-2',
  columns: [
    pid,
    column('dept', 'text'),
    column('fee', 'integer', { role: 'measure' }),
    column('days', 'integer', { role: 'measure' }),
    column('seen', 'date'),
  ],
};
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
export const PIDS = Array.from({ length: PEOPLE }, (_, i) => 1_000n + 7n * BigInt(i));
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
  illness: i === 11 ? CANARIES.illness : 'flu',
  address: i === 5 ? CANARIES.address : `street ${i % 9}`,
}));
const visits = Array.from({ length: 260 }, (_, i) => ({
  pid: PIDS[(i * 31 + ((i * i) % 7)) % PEOPLE]!,
  dept: i === 77 ? CANARIES.dept : i % 19 === 0 ? null : `d${i % 4}`,
  fee: i === 99 ? CANARIES.fee : BigInt(((i * 131) % 500) - 20),
  days: i % 11 === 0 ? null : i % 6,
  seen: `2024-0${1 + (i % 9)}-2${i % 9}`,
}));
const publicRows = Array.from({ length: 24 }, (_, i) => ({
  k: i % 5 === 0 ? null : CITIES[i % 4]!,
  n: i % 7 === 0 ? null : i * i - 30,
  d: `2023-0${1 + (i % 9)}-0${1 + (i % 9)}`,
}));

function rowsPerPersonMax(rows: readonly { readonly pid: bigint }[]): number {
  return Math.max(...[...Map.groupBy(rows, (row) => row.pid).values()].map(({ length }) => length));
}

export const FUZZED_TABLES: readonly StoredTable[] = [
  { schema: PERSON, rowsPerUnitMax: { person: 1 }, rows: people },
  { schema: VISIT, rowsPerUnitMax: { person: rowsPerPersonMax(visits) }, rows: visits },
  { schema: PUB, rows: publicRows },
];
