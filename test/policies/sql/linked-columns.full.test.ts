import { afterAll, beforeAll, expect, test } from 'vitest';
import { scopeDifference } from '../../../policies/authorization/plan-scope.ts';
import { linkedColumns } from '../../../policies/sql/linked-columns.ts';
import { type City, openCity } from './small-city.ts';

/**
 * Goal: however a query brings two tables together, it is seen by which columns; a plan that names one key lets that one through alone.
 * Method: forms of SQL that join, each judged by a plan with one key. Control: the same key in every spelling passes.
 */
let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

const TABLES = new Set(['person', 'visit']);
const SCOPE = { joins: [['person.pid', 'visit.pid']], outputs: null };

async function differenceOf(query: string): Promise<readonly string[]> {
  const { plan } = (await city.compile(query)).resolved;
  return scopeDifference(SCOPE, { links: linkedColumns(plan, TABLES), mode: 'aggregate' })?.joins ?? [];
}

test.each([
  'SELECT count(*) FROM person',
  'SELECT count(*) FROM person a JOIN person b ON a.pid = b.pid',
  'SELECT count(*) FROM person JOIN visit USING (pid)',
  'SELECT count(*) FROM person p, visit v WHERE p.pid = v.pid AND v.days > 2',
  'SELECT count(*) FROM person p LEFT JOIN visit v ON v.pid = p.pid',
  'SELECT count(*) FROM person WHERE pid IN (SELECT pid FROM visit)',
  'SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.pid = p.pid)',
  'WITH v AS (SELECT pid AS who FROM visit WHERE days > 2) SELECT count(*) FROM person JOIN v ON who = pid',
])('within the key: %s', async (query) => expect(await differenceOf(query)).toEqual([]));

test.each([
  ['SELECT count(*) FROM person p JOIN visit v ON p.age = v.days', 'person.age = visit.days'],
  ['SELECT count(*) FROM person p JOIN visit v ON p.pid = v.pid AND p.age > v.days', 'person.age, visit.days'],
  ['SELECT count(*) FROM person p, visit v WHERE p.pid = v.pid AND p.age = v.days', 'person.age = visit.days'],
  ['SELECT count(*) FROM person p, visit v', 'person.*, visit.*'],
  ['SELECT count(*) FROM person WHERE age IN (SELECT days FROM visit)', 'person.age = visit.days'],
  ['SELECT count(*) FROM person p JOIN visit v ON p.age + 0 = v.days', 'person.age = visit.days'],
  ['SELECT count(*) FROM (SELECT age FROM person INTERSECT SELECT days FROM visit)', 'person.age = visit.days'],
  [
    'SELECT k, count(*) FROM (SELECT age AS k FROM person UNION ALL SELECT days FROM visit) GROUP BY k',
    'person.age = visit.days',
  ],
])('beyond the key: %s', async (query, beyond) => expect(await differenceOf(query)).toContain(beyond));

test('a plan without keys takes each of its tables by itself; one that does not say takes all', async () => {
  const { plan } = (await city.compile('SELECT count(*) FROM person JOIN visit USING (pid)')).resolved;
  const asked = { links: linkedColumns(plan, TABLES), mode: 'aggregate' } as const;
  expect(scopeDifference({ joins: [], outputs: null }, asked)?.joins).toEqual(['person.pid = visit.pid']);
  expect(scopeDifference({ joins: null, outputs: null }, asked)).toBe(null);
  expect(scopeDifference({ joins: null, outputs: ['dp'] }, asked)?.outputs).toEqual(['aggregate']);
});

test('a table that the developer brought along does not count', async () => {
  const { plan } = (await city.compile('SELECT count(*) FROM person p JOIN visit v ON p.age = v.days')).resolved;
  expect(linkedColumns(plan, new Set(['person']))).toEqual([]);
});
