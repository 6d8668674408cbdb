import { beforeAll, expect, test } from 'vitest';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { comparable } from './comparable-rows.ts';

/**
 * Goal: orders counted by whether rows of another table have the same order number, which is nobody's identifier: the people of either table count.
 * Method: beside DuckDB where nothing has to be hidden; and where the other table's rows are of few people, which is hidden.
 */
const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  ...{ name, title: { zh: name, en: name }, type, level: 'general-2', role: 'attribute' },
  ...more,
});
const ORDER = column('no', 'text', { role: 'identifier', domain: 'order', nullable: false });
const PID = column('pid', 'text', { role: 'identifier', unit: 'person', nullable: false });
const FIRM = column('firm', 'text', { role: 'identifier', unit: 'enterprise', nullable: false });
const table = (name: string, columns: readonly ColumnSchema[]): TableSchema => ({
  ...{ table: name, level: 'general-2', columns: [ORDER, PID, ...columns] },
});

let gateway: SqlGateway;
beforeAll(async () => {
  const orders = Array.from({ length: 600 }, (_, index) => ({
    ...{ no: BigInt(5_000 + index), pid: BigInt(100 + (index % 200)), part: index % 3 },
  }));
  const returned = orders
    .filter((_, index) => index % 4 === 0)
    .map(({ no, pid }, index) => ({ no, pid: index % 5 === 0 ? BigInt(9_000 + index) : pid, late: index }));
  const few = orders.slice(0, 300).map(({ no }, index) => ({ no, pid: BigInt(9_000 + (index % 3)), late: index }));
  gateway = await openGateway([
    { schema: table('orders', [column('part', 'integer')]), rows: orders },
    { schema: table('returned', [column('late', 'integer')]), rows: returned },
    { schema: table('few', [column('late', 'integer')]), rows: few },
    { schema: { table: 'parcel', level: 'general-2', columns: [ORDER, FIRM] }, rows: [] },
  ]);
});

test.each([
  'SELECT part, count(DISTINCT no) FROM orders o WHERE EXISTS (SELECT 1 FROM returned r WHERE r.no = o.no AND late > 3) GROUP BY part',
  'SELECT part, count(DISTINCT no), count(DISTINCT pid) FROM orders WHERE no IN (SELECT no FROM returned) GROUP BY part',
  'SELECT part, count(DISTINCT no) FROM orders o WHERE NOT EXISTS (SELECT 1 FROM returned r WHERE r.no = o.no) GROUP BY part',
])('%s', async (sql) => {
  const [{ rows }, plain] = [await gateway.ask(sql), await gateway.raw(sql)];
  expect(rows.flat()).not.toContain(null);
  expect(comparable(rows, false)).toEqual(comparable(plain, false));
});

test('three people who decide about everybody are told nothing of', async () => {
  const sql = 'SELECT count(DISTINCT no) FROM orders WHERE no IN (SELECT no FROM few)';
  expect(await gateway.raw(sql)).toEqual([[300]]);
  expect((await gateway.ask(sql)).rows).toEqual([[null]]);
});

test('the form is told', async () => {
  const sql = 'SELECT count(*) FROM orders WHERE no IN (SELECT no FROM parcel)';
  await expect(gateway.compile(sql)).rejects.toMatchObject({
    facts: { accepted: 'count(DISTINCT orders.no) and no other value' },
  });
});
