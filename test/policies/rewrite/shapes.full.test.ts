import { expect, it } from 'vitest';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { openGateway } from '../../attack/sql-gateway.ts';

/**
 * Goal: every way of making rows goes with every way of grouping and measuring them.
 * Method: all pairs of FROM clauses and group keys, measures in turn, from SQL text through DuckDB.
 * Invariants: an answer, or a refusal by code; the engine never objects to what the compiler wrote.
 */
const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  name,
  title: { zh: name, en: name },
  type,
  level: 'general-2',
  role: 'attribute',
  ...more,
});
const MEASURED = [
  column('salary', 'integer', { role: 'measure' }),
  column('amt', 'decimal', { role: 'measure' }),
  column('day', 'date'),
  column('flag', 'boolean'),
];
const P: TableSchema = {
  table: 'p',
  level: 'general-2',
  columns: [
    column('id', 'text', { role: 'identifier', unit: 'person' }),
    column('dept', 'text', { level: 'general-1', role: 'dimension', values: ['a', 'b', 'c'] }),
    column('room', 'integer'),
    ...MEASURED,
  ],
};
const H: TableSchema = {
  table: 'h',
  level: 'general-2',
  columns: [
    column('id', 'text', { role: 'identifier', unit: 'person', nullable: false }),
    column('uscc', 'text', { role: 'identifier', unit: 'enterprise' }),
    column('dept', 'text'),
    column('room', 'integer', { level: 'general-1', role: 'dimension', values: ['0', '1', '2', '3', '4'] }),
    ...MEASURED,
  ],
};
const D: TableSchema = {
  table: 'd',
  level: 'general-1',
  columns: [column('dept', 'text', { level: 'general-1' }), column('title', 'text', { level: 'general-1' })],
};

const FROM = [
  'p x',
  'h x',
  'p x JOIN d ON x.dept = d.dept',
  'd RIGHT JOIN h x ON d.dept = x.dept',
  'p x JOIN h y ON x.id = y.id',
  'p x LEFT JOIN h y ON x.id = y.id AND y.room = 1',
  'p x FULL JOIN h y ON x.id = y.id',
  'h x, p y',
  '(SELECT *, id AS same, CASE WHEN room = 1 THEN 1 ELSE 2 END AS c FROM h) x',
  '(SELECT id, dept, room, max(salary) AS salary, min(amt) AS amt, max(day) AS day, bool_or(flag) AS flag FROM p GROUP BY id, dept, room) x',
  '(SELECT dept, room, salary, amt, day, flag FROM p UNION ALL SELECT dept, room, salary, amt, day, flag FROM h) x',
  '(SELECT dept, room, salary, amt, day, flag FROM p UNION SELECT dept, room, 1, 1.5, NULL, NULL FROM h) x',
  '(SELECT *, row_number() OVER (PARTITION BY id ORDER BY day) AS n FROM p) x',
  "(SELECT room, dept, avg(salary) AS salary, avg(amt) AS amt, DATE '2026-01-01' AS day, true AS flag FROM p GROUP BY room, dept) x",
  'p x WHERE id IN (SELECT id FROM p z WHERE z.room = 2)',
  'p x WHERE NOT EXISTS (SELECT 1 FROM p z WHERE z.id = x.id AND z.room = 2)',
  'h x JOIN (VALUES (1, 2.5), (2, 3.5)) v(k, w) ON x.room = v.k',
];
const KEYS = [
  '',
  'x.dept',
  'x.room',
  'x.flag, x.dept',
  "date_trunc('month', x.day)",
  'CASE WHEN x.salary > 120 THEN 1 ELSE 0 END',
  '1',
  'x.room, x.room',
];
const MEASURES = [
  'count(*)',
  'count(x.salary), sum(x.salary)',
  'avg(x.amt), stddev(x.amt), sum(x.amt)',
  'count(DISTINCT x.salary)',
  'sum(x.salary) FILTER (WHERE x.flag)',
  'corr(x.salary, x.amt), regr_slope(x.amt, x.salary), regr_count(x.amt, x.salary)',
  'sum(CASE WHEN x.flag THEN x.amt ELSE 0 END) / nullif(sum(x.amt), 0)',
  'count_if(x.flag), avg(x.salary * 1.5 - x.amt)',
  'sum(x.salary + x.room), sum(x.salary), sum(x.room)',
];
const TAILS = ['', ' HAVING count(*) > 12', ' ORDER BY count(*) DESC LIMIT 2', ' ORDER BY 1'];

function rowsOf(count: number, units: number) {
  return Array.from({ length: count }, (_, index) => ({
    id: BigInt(index % units),
    uscc: BigInt(500 + (index % 40)),
    dept: index % 2 === 0 ? 'a' : 'b',
    room: index % 5,
    salary: index % 11 === 0 ? null : 100 + index,
    amt: `${index}.50`,
    day: `2026-0${(index % 3) + 1}-01`,
    flag: index % 3 === 0,
  }));
}

it('answers or refuses, and never breaks', async () => {
  const gateway = await openGateway([
    { schema: P, rowsPerUnitMax: { person: 1 }, rows: rowsOf(80, 80) },
    { schema: H, rows: rowsOf(300, 90) },
    { schema: D, rows: ['a', 'b'].map((dept) => ({ dept, title: dept })) },
  ]);
  const outcomes = { answered: 0, refused: 0 };
  for (const [row, from] of FROM.entries()) {
    for (const [column_, keys] of KEYS.entries()) {
      const turn = row * KEYS.length + column_;
      const select = [keys, MEASURES[turn % MEASURES.length]].filter((part) => part !== '').join(', ');
      const sql = `SELECT ${select} FROM ${from}${keys === '' ? '' : ` GROUP BY ${keys}`}${TAILS[turn % TAILS.length]}`;
      const shown = await gateway.attempt(sql);
      if (typeof shown === 'string') expect(shown, sql).toMatch(/^POLICY_/);
      outcomes[typeof shown === 'string' ? 'refused' : 'answered'] += 1;
    }
  }
  expect(outcomes.answered).toBeGreaterThan(FROM.length * KEYS.length * 0.9);
});
