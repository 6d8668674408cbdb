import { it } from 'vitest';
import { openGateway } from './sql-gateway.ts';
import type { ColumnSchema, TableSchema } from '../../policies/table-schema.ts';
const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({ name, title: { zh: name, en: name }, type, level: 'general-2', role: 'attribute', ...more });
const P: TableSchema = { table: 'p', level: 'general-2', columns: [
  column('id', 'text', { role: 'identifier', unit: 'person' }),
  column('dept', 'text', { level: 'general-1', role: 'dimension', values: ['a', 'b', 'c'] }),
  column('room', 'integer'), column('salary', 'integer', { role: 'measure' }), column('amt', 'decimal'), column('day', 'date'), column('flag', 'boolean')] };
const H: TableSchema = { table: 'h', level: 'general-2', columns: [column('id', 'text', { role: 'identifier', unit: 'person', nullable: false }), column('uscc', 'text', { role: 'identifier', unit: 'enterprise' }), column('dept', 'text'), column('room', 'integer', {values: ['0','1','2','3','4'], role: 'dimension', level: 'general-1'}), column('salary', 'integer'), column('amt', 'decimal'), column('day', 'date'), column('flag', 'boolean')] };
const D: TableSchema = { table: 'd', level: 'general-1', columns: [column('dept', 'text', { level: 'general-1' }), column('title', 'text', { level: 'general-1' })] };
it('fuzz', async () => {
  const days = ['2026-01-01', '2026-02-01', '2026-03-01'];
  const mk = (n: number, m: number) => Array.from({ length: n }, (_, i) => ({ id: BigInt(i % m), uscc: BigInt(500 + (i % 40)), dept: ['a', 'b'][i % 2]!, room: i % 5, salary: i % 11 === 0 ? null : 100 + i, amt: `${i}.50`, day: days[i % 3]!, flag: i % 3 === 0 }));
  const g = await openGateway([{ schema: P, rowsPerUnitMax: { person: 1 }, rows: mk(80, 80) }, { schema: H, rows: mk(300, 90) }, { schema: D, rows: [{ dept: 'a', title: 'A' }, { dept: 'b', title: 'B' }] }]);
  const froms = ['p x', 'h x', 'p x JOIN d ON x.dept = d.dept', 'p x LEFT JOIN d ON x.dept = d.dept', 'd RIGHT JOIN h x ON d.dept = x.dept', 'p x JOIN h y ON x.id = y.id', 'p x LEFT JOIN h y ON x.id = y.id AND y.room = 1', 'p x FULL JOIN h y ON x.id = y.id', 'h x, p y', '(SELECT * , id AS id2, CASE WHEN room = 1 THEN 1 ELSE 2 END AS c FROM h) x', '(SELECT id, dept, room, max(salary) AS salary, min(amt) AS amt, max(day) AS day, bool_or(flag) AS flag FROM p GROUP BY id, dept, room) x', '(SELECT dept, room, salary, amt, day, flag FROM p UNION ALL SELECT dept, room, salary, amt, day, flag FROM h) x', '(SELECT dept, room, salary, amt, day, flag FROM p UNION SELECT dept, room, 1, 1.5, NULL, NULL FROM h) x', '(SELECT *, row_number() OVER (PARTITION BY id ORDER BY day) rn FROM p) x', 'd x0 CROSS JOIN p x', '(SELECT room, dept, avg(salary) salary, avg(amt) amt, max(NULL::DATE) AS day, NULL::BOOLEAN AS flag FROM p GROUP BY room, dept) x', 'p x WHERE id IN (SELECT id FROM p z WHERE z.room = 2)', 'p x WHERE NOT EXISTS (SELECT 1 FROM p z WHERE z.id = x.id AND z.room = 2)', 'p x SEMI JOIN p y ON x.id = y.id', 'h x JOIN (VALUES (1, 2.5), (2, 3.5)) v(k, w) ON x.room = v.k'];
  const keys = ['', 'x.dept', 'x.room', 'x.flag, x.dept', "date_trunc('month', x.day)", 'CASE WHEN x.salary > 120 THEN 1 ELSE 0 END', 'x.room + 1, x.flag', '1', 'x.room, x.room'];
  const aggs = ['count(*), sum(x.room)', 'count(*)', 'count(x.salary), sum(x.salary)', 'avg(x.amt), stddev(x.amt), sum(x.amt)', 'count(DISTINCT x.salary)', 'sum(x.salary) FILTER (WHERE x.flag)', 'corr(x.salary, x.amt), regr_slope(x.amt, x.salary), regr_count(x.amt, x.salary)', 'sum(CASE WHEN x.flag THEN x.amt ELSE 0 END) / nullif(sum(x.amt), 0)', 'count_if(x.flag), avg(x.salary * 1.5 - x.amt)', 'sum(x.salary + x.room), sum(x.salary), sum(x.room)', 'var_pop(x.salary), sem(x.salary)', 'sum(x.salary / 3.0), sum(abs(x.amt))', 'count(x.flag), count(x.day)'];
  const tails = ['', ' HAVING count(*) > 12', ' ORDER BY count(*) DESC LIMIT 2', ' ORDER BY 1'];
  let n = 0; const bad = new Map<string, string>(); const codes = new Map<string, number>();
  for (const f of froms) for (const k of keys) for (const [i, a] of aggs.entries()) { if ((i * 7 + k.length) % 5 !== 0) continue;
    const tail = tails[(i + k.length) % tails.length]!;
    const sql = `SELECT ${k === '' ? '' : `${k}, `}${a} FROM ${f}${k === '' ? '' : ` GROUP BY ${k}`}${tail}`;
    n += 1;
    try { const r = await g.attempt(sql); const c = typeof r === 'string' ? r : r.length === 0 ? 'empty' : r.flat().every((v) => v === null) ? 'nulls' : 'ok'; codes.set(c, (codes.get(c) ?? 0) + 1); if ((c.startsWith('POL') || (c === 'empty' && !tail.includes('HAVING'))) && !bad.has(f + c)) bad.set(f + c, sql + ' => ' + c); } catch (e) { const key = f + (e as Error).message.slice(0, 90); if (!bad.has(key)) bad.set(key, `${sql} :: ${(e as Error).message.slice(0, 200)}`); codes.set('CRASH', (codes.get('CRASH') ?? 0) + 1); }
  }
  console.log(n, codes); for (const v of bad.values()) console.log('BAD', v);
}, 600000);
