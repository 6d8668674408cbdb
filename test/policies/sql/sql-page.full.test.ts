import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import { OPERATORS } from '../../../policies/sql/functions/operators.ts';
import { type City, openCity } from './small-city.ts';
import { ACCEPTED_CONSTRUCTS, OPERATOR_FORMS } from './sql-constructs.ts';
import { referencePage } from './sql-reference.ts';
import { verdictOf } from './sql-verdict.ts';

/**
 * `policies/SQL.md` is what the compiler does. Written anew only by
 * `SLUICE_GOLDEN=update npx vitest run test/policies/sql/sql-page.full.test.ts`.
 */
const PAGE = join(import.meta.dirname, '../../../policies/SQL.md');
const UPDATE = process.env['SLUICE_GOLDEN'] === 'update';
const LINES_MAX = 600;

let city: City;
beforeAll(async () => {
  city = await openCity();
});
afterAll(() => city.close());

test('the page says what the compiler does', async () => {
  const page = await referencePage(city);
  if (UPDATE) writeFileSync(PAGE, page);
  expect(existsSync(PAGE), 'run with SLUICE_GOLDEN=update').toBe(true);
  expect(readFileSync(PAGE, 'utf8')).toBe(page);
  expect(page.split('\n').length).toBeLessThanOrEqual(LINES_MAX);
});

describe('every accepted construct compiles and runs', () => {
  test.each(ACCEPTED_CONSTRUCTS.flatMap(({ constructs }) => constructs.map(({ sql }) => sql)))('%s', async (sql) => {
    const verdict = await verdictOf(city, sql);
    if (verdict instanceof AppError) throw verdict;
    await expect(city.rows(verdict.emitted)).resolves.toBeDefined();
  });
});

describe('every operator has a form that people write', () => {
  /** Made by the compiler alone, where bounds allow 64 bits. */
  const NARROW = /_narrow$/;
  test.each(OPERATORS.filter(({ name }) => !NARROW.test(name)).map(({ name }) => name))('%s', async (name) => {
    const forms = OPERATOR_FORMS[name] ?? [];
    expect(forms.length).toBeGreaterThan(0);
    for (const form of forms) {
      const { resolved } = await city.compile(`SELECT ${form} AS x FROM person`);
      expect(JSON.stringify(resolved.plan)).toContain(`"fn":"${name}"`);
    }
  });
  test('no form is left over', () => {
    const names = OPERATORS.map(({ name }) => name);
    expect(Object.keys(OPERATOR_FORMS).filter((name) => !names.includes(name))).toEqual([]);
  });
});
