import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemOf } from '../../../gateway/problem.ts';
import { AppError } from '../../../policies/errors.ts';
import { REFUSED_CONSTRUCTS } from '../../policies/sql/refused-constructs.ts';
import { CITY, type City, openCity } from '../../policies/sql/small-city.ts';
import { REFUSED_BY_POLICY } from '../../policies/sql/sql-constructs.ts';
import { PROTECTED, verdictOf } from '../../policies/sql/sql-verdict.ts';
import { isSqlText } from './sql-text.ts';

/**
 * Goal: whoever is refused reads where, what and what would be accepted, in one language.
 * Method: the whole catalogue of refusals, the compiler's and the policies', through `problemOf`.
 * Invariants: the place where there is one; a hint of its own; no English beside Chinese but SQL and the user's words.
 */
let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

/** Words that a Chinese sentence may hold: those of SQL, of the query and of what it was granted. */
function foreignWords(text: string, sql: string): readonly string[] {
  const names = [...sql.matchAll(/\w+/g)].map(([word]) => word);
  return text.split(/[\p{Script=Han}，。；：、（）]+/u).filter((piece) => !isSqlText(piece, names));
}

/** The catalogue marks the place with `^`, which is an operator in two of its rows. */
const withoutMark = (text: string): string => text.replace(/\^(?![-+@])(?!Firm)/, '');

const ROWS = [
  ...REFUSED_CONSTRUCTS.map(({ text }) => [withoutMark(text).slice(0, 100), withoutMark(text), CITY] as const),
  ...REFUSED_BY_POLICY.map((sql) => [sql, sql, PROTECTED] as const),
];

test.each(ROWS)('%s', async (_title, sql, catalog) => {
  const refusal = await verdictOf(city, sql, catalog);
  if (!(refusal instanceof AppError)) throw new Error('not refused');
  const [en, zh] = [problemOf(refusal, 'en'), problemOf(refusal, 'zh-CN')];
  for (const { detail, hint } of [en, zh]) {
    expect(`${detail} ${hint}`).not.toMatch(/\{[a-z]+\}| {2}|undefined|``/i);
    expect(hint).not.toMatch(/page of this problem|说明页/);
  }
  if (refusal.place !== null) {
    const { line, column } = refusal.place;
    expect(en.detail).toContain(`line ${line}, column ${column}: `);
    expect(zh.detail).toContain(`第 ${line} 行第 ${column} 列：`);
  }
  expect(zh.detail).toMatch(/\p{Script=Han}/u);
  expect(foreignWords(`${zh.detail}；${zh.hint}`, sql)).toEqual([]);
  expect(`${en.detail} ${en.hint}`.replace(/`[^`]*`/g, '')).not.toMatch(/\p{Script=Han}/u);
});
