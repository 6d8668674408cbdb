import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import { REFUSED_CONSTRUCTS } from './refused-constructs.ts';
import { type City, openCity } from './small-city.ts';

/**
 * Goal: what is not on the allow-list is refused, where it stands, with the nearest admissible form.
 * Method: the catalogue of refusals through DuckDB's own parser and `resolve`.
 * Invariants: the code; the place where `^` stands; a hint; no words in the facts but the user's and public ones.
 */
let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

/** What a refusal with each code must offer. */
const HINTS: Readonly<Record<string, string>> = {
  SQL_CONSTRUCT_REFUSED: 'accepted',
  SQL_FUNCTION_REFUSED: 'accepted',
  SQL_TYPE_REFUSED: 'accepted',
  SQL_LITERAL_REFUSED: 'accepted',
  SQL_AGGREGATE_MISPLACED: 'accepted',
  POLICY_IDENTIFIER_USE: 'accepted',
  SQL_TABLE_UNKNOWN: 'granted',
  SQL_COLUMN_UNKNOWN: 'near',
  SQL_COLUMN_AMBIGUOUS: 'candidates',
  SQL_TYPE_MISMATCH: 'expected',
  SQL_NOT_GROUPED: 'column',
  SQL_TOO_COMPLEX: 'limit',
};

test('the catalogue is long enough to mean something', () => {
  expect(REFUSED_CONSTRUCTS.length).toBeGreaterThanOrEqual(120);
});

test.each(
  REFUSED_CONSTRUCTS.map(
    (row) => [row.attack, row.text.length > 120 ? `${row.text.slice(0, 120)}…` : row.text, row] as const,
  ),
)('%s: %s', async (_attack, _title, { text, code }) => {
  const marked = text.indexOf('^');
  const isMark =
    marked >= 0 && !/\^[-+@]/.test(text.slice(marked, marked + 2)) && !text.slice(marked).startsWith('^Firm');
  const sql = isMark ? text.slice(0, marked) + text.slice(marked + 1) : text;
  const error = await city.compile(sql).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  const refusal = error as AppError;
  expect({ code: refusal.code, offset: isMark ? refusal.place?.offset : null }).toEqual({
    code,
    offset: isMark ? marked : null,
  });
  const hint = HINTS[code];
  if (hint !== undefined) expect(refusal.facts[hint]).toBeDefined();
});
