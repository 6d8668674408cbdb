import { it } from 'vitest';
import { openGateway } from './sql-gateway.ts';
import type { ColumnSchema, TableSchema } from '../../policies/table-schema.ts';
const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({ name, title: { zh: name, en: name }, type, level: 'general-2', role: 'attribute', ...more });
const P: TableSchema = { table: 'p', level: 'general-2', columns: [
  column('id', 'text', { role: 'identifier', unit: 'person' }),
  column('uscc', 'text', { role: 'identifier', unit: 'enterprise' }),
  column('dept', 'text', { level: 'general-1', role: 'dimension', values: ['a', 'b', 'c'] }),
  column('room', 'integer'), column('salary', 'integer', { role: 'measure' }), column('amt', 'decimal'), column('day', 'date'), column('flag', 'boolean')] };
const V: TableSchema = { table: 'v', level: 'general-2', columns: [column('id', 'text', { role: 'identifier', unit: 'person', nullable: false }), column('visit', 'text', { role: 'identifier' , domain:'visit'}), column('day', 'date'), column('fee', 'decimal'), column('kind','text')] };
const L: TableSchema = { table: 'lab', level: 'general-2', columns: [column('visit', 'text', { role: 'identifier', domain:'visit' }), column('res', 'integer')] };
const D: TableSchema = { table: 'd', level: 'general-1', columns: [column('dept', 'text', { level: 'general-1', role: 'dimension', values: ['a','b','c'] }), column('title', 'text', { level: 'general-1' })] };
it('explore', async () => {
  const days = ['2026-01-01', '2026-02-01', '2026-03-01'];
  const prow = Array.from({ length: 80 }, (_, i) => ({ id: BigInt(i), uscc: BigInt(500 + (i % 40)), dept: ['a', 'b'][i % 2]!, room: i % 5, salary: 100 + i, amt: `${i}.50`, day: days[i % 3]!, flag: i % 3 === 0 }));
  const vrow = Array.from({ length: 300 }, (_, i) => ({ id: BigInt(i % 80), visit: BigInt(10000 + i), day: days[i % 3]!, fee: `${(i % 7) + 1}.25`, kind: ['x', 'y', 'z'][i % 3]! }));
  const g = await openGateway([
    { schema: P, rowsPerUnitMax: { person: 1 }, rows: prow }, { schema: V, rows: vrow },
    { schema: L, rows: Array.from({ length: 300 }, (_, i) => ({ visit: BigInt(10000 + i), res: i % 9 })) },
    { schema: D, rows: [{ dept: 'a', title: 'A' }, { dept: 'b', title: 'B' }] }]);
  for (const sql of [
    'SELECT dept, title, count(*) FROM p JOIN d USING (dept) GROUP BY ALL ORDER BY 1',
    'SELECT room, count(*), sum(amt), avg(amt), stddev(amt) FROM p GROUP BY room ORDER BY count(*) DESC, room LIMIT 3',
    'SELECT flag, dept, count(*) c FROM p GROUP BY flag, dept HAVING count(*) > 12',
    'SELECT kind, count(distinct id), sum(fee), avg(fee) FROM v GROUP BY kind',
    "SELECT kind, count(*) FILTER (WHERE day = DATE '2026-01-01') FROM v GROUP BY kind",
    'SELECT date_trunc(\'month\', day) m, count(*) FROM v GROUP BY 1 ORDER BY 1',
    'WITH per AS (SELECT id, count(*) n, max(fee) f FROM v GROUP BY id) SELECT n, count(*), avg(f) FROM per GROUP BY n ORDER BY n',
    'SELECT kind, avg(res) FROM lab JOIN v USING (visit) GROUP BY kind',
    'SELECT avg(res) FROM lab',
    'SELECT kind, sum(n) FROM (SELECT kind, id, count(*) n FROM v GROUP BY kind, id) GROUP BY kind',
    'SELECT kind, count(*) * 1.0 / sum(count(*)) OVER () AS share FROM v GROUP BY kind',
    'SELECT count(*) FROM v, p WHERE v.id = p.id AND p.dept = \'a\'',
    'SELECT p.dept, count(distinct v.id) FROM p LEFT JOIN v ON p.id = v.id GROUP BY p.dept',
    'SELECT count(*) FROM p FULL JOIN v USING (id)',
    'SELECT dept FROM d', 'SELECT * FROM d ORDER BY title DESC LIMIT 1', 'SELECT * FROM p',
    'SELECT DISTINCT kind FROM v', 'SELECT kind FROM v UNION SELECT dept FROM p',
    'SELECT kind, row_number() OVER (ORDER BY count(*) DESC) FROM v GROUP BY kind',
    'SELECT avg(gap) FROM (SELECT id, fee - lag(fee) OVER (PARTITION BY id ORDER BY day) AS gap FROM v)',
    'SELECT count(*) FROM v WHERE fee > (SELECT avg(fee) FROM v)',
    'SELECT kind, count(*) FROM v GROUP BY ROLLUP (kind)',
    'SELECT corr(fee, res) FROM v JOIN lab USING (visit)',
    'SELECT count(*) FROM v WHERE id IN (SELECT id FROM p WHERE room = 1)',
    'SELECT count(*) FROM v WHERE NOT EXISTS (SELECT 1 FROM p WHERE p.id = v.id AND room = 1)',
    'SELECT count(uscc), count(distinct uscc), count(distinct id) FROM p',
    'SELECT CASE WHEN salary < 140 THEN 1 ELSE 2 END AS band, count(*) FROM p GROUP BY 1',
    'SELECT 1 AS one, count(*) FROM p GROUP BY 1',
    'SELECT sum(fee) / nullif(count(distinct id), 0) FROM v',
    'SELECT count(*) FROM (SELECT 1 FROM v)',
    'SELECT dept, (SELECT title FROM d WHERE d.dept = p.dept) t, count(*) FROM p GROUP BY dept',
    'SELECT dept, count(*) FROM p GROUP BY dept QUALIFY row_number() OVER (ORDER BY count(*)) = 1',
  ]) {
    let out: string;
    try { const a = await g.ask(sql); out = `${JSON.stringify(a.rows, (k, v) => typeof v === 'number' ? Math.round(v * 1000) / 1000 : v)} ${JSON.stringify(a.suppressed)}`; } catch (e) { out = `${(e as Error).message} ${JSON.stringify((e as { facts?: unknown }).facts ?? (e as Error).stack?.slice(0, 300))}`; }
    console.log(`${sql}\n   => ${out}`);
  }
});
