import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYNTAX_HINTS } from '../../../policies/sql/forms/syntax-hints.ts';
import { type City, openCity } from './small-city.ts';

/**
 * Goal: who writes another system's words is told the form to write instead.
 * Method: each example through DuckDB's own parser. Control: errors that have nothing to do with them.
 */
let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

test.each(SYNTAX_HINTS.map(({ example, accepted }) => [example, accepted] as const))(
  '%s',
  async (example, accepted) => {
    await expect(city.compile(example)).rejects.toMatchObject({ code: 'SQL_SYNTAX', facts: { accepted } });
  },
);

test.each(['SELEC 1', 'SELECT count(*) FROM', "SELECT '`' FROM person WHERE", 'SELECT top FROM person GROUP 10'])(
  'control: %s',
  async (text) => {
    const refusal: unknown = await city.compile(text).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'SQL_SYNTAX' });
    expect((refusal as { facts: object }).facts).not.toHaveProperty('accepted');
  },
);
