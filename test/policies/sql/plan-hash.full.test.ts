import { afterAll, beforeAll, expect, test } from 'vitest';
import { planHash } from '../../../policies/sql/emit/plan-hash.ts';
import { type City, openCity } from './small-city.ts';

/**
 * Goal: one question has one hash, however it is spelled; different questions have different ones.
 * Averaging over spellings then gains nothing where answers are kept by hash.
 */
let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

const hashOf = async (query: string): Promise<string> => planHash((await city.compile(query)).resolved.plan);

const SAME: readonly (readonly string[])[] = [
  [
    'SELECT sex, count(*) FROM person WHERE age > 10 AND active GROUP BY sex',
    'select SEX , COUNT( * ) as anzahl from Person where ACTIVE and AGE>10 group by 1',
    'WITH q AS (SELECT * FROM person) SELECT q.sex AS s, count(*) FROM q WHERE q.active AND q.age > 10 GROUP BY s',
    'SELECT g, count(*) FROM (SELECT active AS f, sex AS g, age AS h FROM person) WHERE f AND h > 10 GROUP BY g',
    '/* comment */ FROM person SELECT sex, count(*) WHERE (((age > 10))) AND active GROUP BY ALL -- end',
  ],
  [
    'SELECT count(*) FROM person WHERE age > 10 AND active AND age > 2',
    'SELECT count(*) FROM person WHERE (active AND age > 2) AND (10 < age)',
    'SELECT count(*) FROM person WHERE age > 10 AND (age > 2 AND (active AND age > 10))',
    'SELECT count(*) FROM (SELECT * FROM person WHERE active) WHERE age > 10 AND age > 2',
  ],
  [
    "SELECT count(*) FROM person WHERE age >= 10 OR active OR sex = 'f'",
    "SELECT count(*) FROM person WHERE ('f' = sex OR active) OR (active OR 10 <= age)",
  ],
  [
    'SELECT sum(age + days) FROM person JOIN visit USING (pid)',
    'SELECT sum(v.days + p.age) FROM person p JOIN visit v ON v.pid = p.pid',
  ],
];

test.each(SAME)('spellings of %s', async (...queries) => {
  const hashes = new Set(await Promise.all(queries.map(hashOf)));
  expect(hashes.size).toBe(1);
});

test('different questions differ', async () => {
  const queries = [
    'SELECT sex, count(*) FROM person GROUP BY sex',
    'SELECT sex, count(*) FROM person WHERE active GROUP BY sex',
    'SELECT sex, count(age) FROM person GROUP BY sex',
    'SELECT sex, count(DISTINCT age) FROM person GROUP BY sex',
    'SELECT div_code, count(*) FROM person GROUP BY div_code',
    'SELECT sum(age - 1) FROM person',
    'SELECT sum(1 - age) FROM person',
    'SELECT sum(age) FROM person WHERE age > 10',
    'SELECT sum(age) FROM person WHERE age > 11',
    'SELECT sum(age) FROM person WHERE age < 10',
    'SELECT sum(age) FROM person WHERE age >= 10',
    'SELECT sum(age) FROM person WHERE age > 10 OR active',
    'SELECT sum(age) FROM person WHERE age > 10 AND active',
    'SELECT sum(age) FROM (SELECT * FROM person WHERE age > 10 LIMIT 5) WHERE active',
    'SELECT sum(age) FROM (SELECT * FROM person WHERE active LIMIT 5) WHERE age > 10',
    'SELECT sum(age + age) FROM person',
    'SELECT age, days FROM person JOIN visit USING (pid)',
    'SELECT days, age FROM person JOIN visit USING (pid)',
    'SELECT age, staff FROM person, firm UNION SELECT staff, age FROM person, firm',
    'SELECT age, staff FROM person, firm UNION SELECT age, staff FROM person, firm',
    'SELECT p.age FROM person p LEFT JOIN visit v USING (pid)',
    'SELECT p.age FROM person p JOIN visit v USING (pid)',
  ];
  expect(new Set(await Promise.all(queries.map(hashOf))).size).toBe(queries.length);
});
