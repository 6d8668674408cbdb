import { beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../policies/errors.ts';
import type { ColumnSchema, TableSchema } from '../../policies/table-schema.ts';
import { openGateway, type SqlGateway, type StoredTable } from './sql-gateway.ts';

/**
 * Goal: where a quasi-identifier declares classes (`bins`) or a list (`values`), no condition falls between them.
 * Method: pairs of conditions that single out the one person of 37, in spellings, against the compiler; the control is
 * the same table without the declaration, where each is admitted. What is aligned is answered as DuckDB answers it.
 */

const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  ...{ name, title: { zh: name, en: name }, type, level: 'general-2', role: 'attribute' },
  ...more,
});

function tables(declared: boolean): readonly StoredTable[] {
  const bins = (cuts: readonly (number | string)[]) => (declared ? { bins: cuts } : {});
  const schema: TableSchema = {
    table: 'p',
    level: 'general-2',
    columns: [
      column('id', 'text', { role: 'identifier', unit: 'person', nullable: false }),
      column('age', 'integer', { role: 'quasi-identifier', ...bins([18, 35, 65]) }),
      column('born', 'date', { role: 'quasi-identifier', ...bins(['1960-01-01', '1990-01-01']) }),
      column('sex', 'text', { role: 'quasi-identifier', ...(declared ? { values: ['f', 'm'] } : {}) }),
      column('pay', 'integer', { role: 'measure' }),
    ],
  };
  const rows = Array.from({ length: 90 }, (_, index) => ({
    id: BigInt(1000 + index),
    age: index === 7 ? 37 : 20 + 30 * (index % 2),
    born: index % 3 === 0 ? '1985-05-05' : '1995-05-05',
    sex: index % 2 === 0 ? 'f' : 'm',
    pay: 1000 + index,
  }));
  const pub: TableSchema = {
    table: 'pub',
    level: 'general-1',
    columns: [column('r', 'integer', { level: 'general-1' })],
  };
  return [
    { schema, rowsPerUnitMax: { person: 1 }, rows },
    { schema: pub, rows: Array.from({ length: 100 }, (_, r) => ({ r })) },
  ];
}

let coarse: SqlGateway;
let plain: SqlGateway;
beforeAll(async () => {
  [coarse, plain] = await Promise.all([openGateway(tables(true)), openGateway(tables(false))]);
});

const BETWEEN_CLASSES: readonly (readonly [name: string, from: string, column: string])[] = [
  ['equality', 'SELECT count(*) FROM p WHERE age = 37', 'age'],
  ['the other way round', 'SELECT count(*) FROM p WHERE 37 = age', 'age'],
  ['IN', 'SELECT count(*) FROM p WHERE age IN (37, 38)', 'age'],
  ['a cut point, by equality', 'SELECT count(*) FROM p WHERE age = 35', 'age'],
  ['<= a cut point', 'SELECT count(*) FROM p WHERE age <= 35', 'age'],
  ['> a cut point', 'SELECT count(*) FROM p WHERE 35 < age', 'age'],
  ['a range', 'SELECT count(*) FROM p WHERE age >= 37 AND age < 38', 'age'],
  ['BETWEEN', 'SELECT count(*) FROM p WHERE age BETWEEN 35 AND 37', 'age'],
  ['arithmetic', 'SELECT count(*) FROM p WHERE age + 1 < 39', 'age'],
  ['a cast', "SELECT count(*) FROM p WHERE CAST(age AS varchar) = '37'", 'age'],
  ['FILTER', 'SELECT count(*) FILTER (WHERE age = 37) FROM p', 'age'],
  ['CASE', 'SELECT sum(CASE WHEN age = 37 THEN pay END) FROM p', 'age'],
  ['CASE of the column', 'SELECT sum(CASE age WHEN 37 THEN pay ELSE 0 END) FROM p', 'age'],
  ['a group key', 'SELECT age < 37, count(*) FROM p GROUP BY 1', 'age'],
  ['NULLIF', 'SELECT count(nullif(age, 37)) FROM p', 'age'],
  ['least', 'SELECT sum(least(age, 37)) FROM p', 'age'],
  ['a subquery', 'SELECT count(*) FROM (SELECT age AS a FROM p) t WHERE a = 37', 'age'],
  ['a computed column', 'SELECT count(*) FROM (SELECT age * 2 AS a FROM p) t WHERE a = 74', 'age'],
  ['a value per person', 'SELECT count(*) FROM (SELECT id, max(age) AS a FROM p GROUP BY id) t WHERE a = 37', 'age'],
  [
    'a window',
    'SELECT count(*) FROM (SELECT first_value(age) OVER (PARTITION BY id) AS a FROM p) t WHERE a = 37',
    'age',
  ],
  ['HAVING per person', 'SELECT count(*) FROM (SELECT id FROM p GROUP BY id HAVING max(age) = 37) t', 'age'],
  ['a written list', 'SELECT count(*) FROM p JOIN (VALUES (37)) v(a) ON age = v.a', 'age'],
  ['a longer written list', 'SELECT count(*) FROM p JOIN (VALUES (37), (38)) v(a) ON age = v.a', 'age'],
  ['public rows', 'SELECT count(*) FROM p JOIN pub ON age = r WHERE r = 37', 'age'],
  ['IN public rows', 'SELECT count(*) FROM p WHERE age IN (SELECT r FROM pub WHERE r = 37)', 'age'],
  ['EXISTS public rows', 'SELECT count(*) FROM p WHERE EXISTS (SELECT 1 FROM pub WHERE r > age AND r < 39)', 'age'],
  ['a join of persons', 'SELECT count(*) FROM p JOIN p q ON p.id = q.id AND q.age = 37', 'age'],
  ['a year', 'SELECT count(*) FROM p WHERE year(born) = 1985', 'born'],
  ['a day', "SELECT count(*) FROM p WHERE born >= DATE '1985-05-05'", 'born'],
  ['a text pattern', "SELECT count(*) FROM p WHERE sex LIKE 'f%'", 'sex'],
  ['a value that is not listed', "SELECT count(*) FROM p WHERE sex = 'x'", 'sex'],
];

const refusalOf = (gateway: SqlGateway, sql: string): Promise<AppError | null> =>
  gateway.compile(sql).then(
    () => null,
    (error: unknown) => {
      if (error instanceof AppError) return error;
      throw error;
    },
  );

describe('between declared classes', () => {
  it.each(BETWEEN_CLASSES)('%s', async (_name, sql, name) => {
    expect(await refusalOf(plain, sql), 'admitted without the declaration').toBeNull();
    const refusal = await refusalOf(coarse, sql);
    expect(refusal?.code).toBe('POLICY_CONSTRUCT_REFUSED');
    expect(refusal?.facts['construct']).toContain(`\`${name}\``);
    expect(refusal?.facts['accepted']).toContain({ age: '18, 35, 65', born: '1960-01-01', sex: 'f, m' }[name]!);
    expect(refusal?.place).not.toBeNull();
  });
});

describe('at declared classes', () => {
  it.each([
    'SELECT count(*) FROM p WHERE age >= 35 AND age < 65',
    'SELECT count(*) FROM p WHERE 35 <= age',
    'SELECT count(*) FROM p WHERE age BETWEEN 18 AND 34',
    'SELECT count(*) FROM p WHERE age IS NOT NULL AND NOT age < 35',
    'SELECT CASE WHEN age < 35 THEN 1 ELSE 2 END AS k, count(*) FROM p GROUP BY k ORDER BY k',
    "SELECT count(*) FROM p WHERE born < DATE '1990-01-01'",
    "SELECT count(*) FROM p WHERE sex = 'f'",
    "SELECT count(*) FROM p WHERE sex IN ('f', 'm') AND sex <> 'm'",
    'SELECT avg(age) FROM p',
    'SELECT count(*) FROM p JOIN p q ON p.id = q.id AND p.age = q.age',
  ])('%s', async (sql) => {
    expect((await coarse.ask(sql)).rows).toEqual(await coarse.raw(sql));
  });
});
