import { beforeAll, describe, expect, test } from 'vitest';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { openGateway, type SqlGateway, type StoredTable } from '../../attack/sql-gateway.ts';
import { comparable } from './comparable-rows.ts';

/**
 * Goal: conditions over a protected column and one of a public table are answered where a protected row meets one public row at most, as the
 * stored version of that table has a key; and nowhere else.
 * Method: beside DuckDB where nothing has to be hidden; the attack that a repeated public row would allow, and its control.
 */
const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  ...{ name, title: { zh: name, en: name }, type, level: 'general-2', role: 'attribute' },
  ...more,
});
const open = (name: string, type: ColumnSchema['type']) => column(name, type, { level: 'general-1' });
const STAYS: TableSchema = {
  ...{ table: 'stay', level: 'general-2' },
  columns: [
    column('pid', 'text', { role: 'identifier', unit: 'person', nullable: false }),
    column('icd', 'integer'),
    column('place', 'integer'),
    column('cost', 'integer', { role: 'measure' }),
  ],
};
const openTable = (table: string, columns: readonly ColumnSchema[]): TableSchema => ({
  ...{ table, level: 'general-1', columns },
});

const stays = Array.from({ length: 900 }, (_, index) => ({
  ...{ pid: BigInt(10_000 + index), icd: index % 6, place: (index * 7) % 5, cost: 100 + ((index * 7_919) % 900) },
}));
const diagnoses = Array.from({ length: 6 }, (_, icd) => ({ icd, chapter: icd % 2, dear: 200 * (icd % 4), place: icd }));
const days = Array.from({ length: 100 }, (_, day) => ({ icd: 0, day }));
const TABLES: readonly StoredTable[] = [
  { schema: STAYS, rows: stays },
  {
    schema: openTable('diagnosis', [...['icd', 'chapter', 'dear', 'place'].map((name) => open(name, 'integer'))]),
    rows: diagnoses,
  },
  { schema: openTable('day', [open('icd', 'integer'), open('day', 'integer')]), rows: days },
];

let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(TABLES);
});

describe('a public table with a key', () => {
  test.each([
    'SELECT count(*), sum(cost) FROM stay s, diagnosis d WHERE s.icd = d.icd AND cost > dear',
    'SELECT chapter, count(*), avg(cost - dear) FROM stay s JOIN diagnosis d ON s.icd = d.icd AND s.place <> d.place GROUP BY chapter',
    'SELECT sum(cost) FROM stay s, diagnosis d WHERE (s.icd = d.icd AND chapter = 1 AND cost > 300) OR (s.icd = d.icd AND chapter = 0 AND cost < 700)',
    'SELECT count(*) FROM stay s LEFT JOIN diagnosis d ON d.icd = s.icd WHERE dear < cost OR chapter = 1',
    'SELECT count(*) FROM stay s JOIN (SELECT a.icd, b.chapter AS other FROM diagnosis a JOIN diagnosis b ON b.icd = a.place) d ON d.icd = s.icd WHERE s.place % 2 = other',
  ])('%s', async (sql) => {
    const [{ rows }, plain] = [await gateway.ask(sql), await gateway.raw(sql)];
    expect(rows.flat()).not.toContain(null);
    expect(comparable(rows, false)).toEqual(comparable(plain, false));
  });

  test.each([
    'SELECT count(*) FROM stay s, diagnosis d WHERE s.icd = d.chapter AND cost > dear',
    'SELECT count(*) FROM stay s, diagnosis d WHERE s.icd + 1 = d.chapter AND cost > dear',
    'SELECT count(*) FROM stay s, day d WHERE s.icd = d.icd AND (cost <> 814 OR day > 0)',
  ])('refused beside rows that repeat: %s', async (sql) => {
    expect(await gateway.attempt(sql)).toBe('POLICY_CONSTRUCT_REFUSED');
  });
});

test('beside a hundred public rows the rest of a division by hundred tells of one person', async () => {
  const sql = 'SELECT count(*) FROM stay s, day d WHERE s.icd = d.icd AND (cost <> 814 OR day > 0)';
  const told = TABLES.map((one) => (one.schema.table === 'day' ? { ...one, uniqueColumns: ['icd'] } : one));
  const { rows } = await (await openGateway(told)).ask(sql);
  const holders = stays.filter(({ icd, cost }) => icd === 0 && cost === 814).length;
  expect(holders).toBe(1);
  expect(Number(rows[0]![0]) % 100).toBe(99);
  expect(await gateway.attempt(sql)).toBe('POLICY_CONSTRUCT_REFUSED');
});
