import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planHash } from '../../../policies/sql/emit/plan-hash.ts';
import { type City, openCity } from './small-city.ts';

/**
 * Golden plans: `test/golden/plan/<name>/query.sql` over the small city, its plan and its SQL. Written anew only by
 * `SLUICE_GOLDEN=update npx vitest run test/policies/sql/golden-plans.full.test.ts`.
 */
const FOLDER = join(import.meta.dirname, '../../golden/plan');
const UPDATE = process.env['SLUICE_GOLDEN'] === 'update';

const QUERIES: Readonly<Record<string, string>> = {
  'grouped-join': `SELECT f.industry, date_trunc('month', j.since) AS month, count(DISTINCT p.pid) AS people, sum(j.wage) AS wages
FROM person p JOIN job j ON p.pid = j.pid JOIN firm f ON j.uscc = f.uscc
WHERE j.since >= '2010-01-01' AND p.age BETWEEN 18 AND 65
GROUP BY f.industry, month HAVING count(*) > 2 ORDER BY wages DESC LIMIT 10`,
  'nested-aggregation': `WITH visits AS (SELECT pid, count(*) AS n, sum(fee) AS total FROM visit GROUP BY pid)
SELECT sex, avg(n) AS visits, sum(total) / count(*) AS fee FROM person JOIN visits USING (pid) GROUP BY ALL`,
  rollup: 'SELECT sex, div_code, sum(income), grouping(sex, div_code) FROM person GROUP BY ROLLUP (sex, div_code)',
  'correlated-subqueries': `SELECT p.div_code, (SELECT count(*) FROM visit v WHERE v.pid = p.pid) AS visits FROM person p
WHERE EXISTS (SELECT 1 FROM job j WHERE j.pid = p.pid AND j.wage > p.income) AND p.pid NOT IN (SELECT pid FROM visit WHERE days > 5)`,
  'windows-over-groups':
    'SELECT industry, sum(staff) AS n, rank() OVER (ORDER BY sum(staff) DESC) AS place FROM firm GROUP BY industry QUALIFY place <= 3',
  'set-operation': "SELECT sex, count(*) AS n FROM person GROUP BY sex UNION ALL VALUES ('none', 0) ORDER BY n DESC",
  'full-join-using':
    'SELECT div_code, sum(staff), count(age) FROM person FULL JOIN firm USING (div_code) GROUP BY div_code',
  'total-expressions': `SELECT age / (age - 30), ln(income), sqrt(age), born + age, income * income, CAST(sex AS integer), age + 1 - days
FROM person JOIN visit USING (pid)`,
};

let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

test.each(Object.entries(QUERIES))('%s', async (name, query) => {
  const { resolved, sql } = await city.compile(query);
  const files = {
    'query.sql': `${query}\n`,
    'plan.json': `${JSON.stringify(resolved.plan, null, 1)}\n`,
    'plan.sha256': `${planHash(resolved.plan)}\n`,
    'emitted.sql': `${sql}\n`,
  };
  const folder = join(FOLDER, name);
  if (UPDATE) {
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  }
  expect(existsSync(folder), `${name}: run with SLUICE_GOLDEN=update`).toBe(true);
  for (const [file, text] of Object.entries(files)) expect(text, file).toBe(readFileSync(join(folder, file), 'utf8'));
});
