import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { emitRel } from '../../../policies/sql/emit/emit-rel.ts';
import type { ColumnRef, Rel } from '../../../policies/sql/plan.ts';
import { cast, group, idsAbove, literal, named, ref } from '../../../policies/sql/rewrite/build.ts';
import { codedKeys, decoded } from '../../../policies/sql/rewrite/coded-keys.ts';
import { DATE, TEXT, TIMESTAMP } from '../../../policies/sql/sql-type.ts';
import { call, PlanMaker } from './plan-fixture.ts';

/**
 * Goal: months grouped by a small number come out as the very starts of months that were asked for.
 * Method: every day of six years from one end of the calendar to the other, and NULL, in DuckDB; the reference is the grouping as written.
 */
test('a month by its number is the start of that month', async () => {
  const scan = new PlanMaker().scan({ table: 't', level: 'general-2', columns: { day: { type: DATE } } });
  const { day } = scan.at as { readonly day: ColumnRef };
  const ids = idsAbove(scan);
  const month = call('date_trunc', [literal('month', TEXT), cast(day, TIMESTAMP)], TIMESTAMP);
  const keys = [named(ids.next(), 'month', month)];
  const { rel, keys: coded } = codedKeys(scan, keys, ids);
  expect(coded[0]!.read).not.toBeNull();
  const codes = coded.map(({ key }) => key);
  const below = { rel: group(rel, codes, []), keys: codes.map(({ id, expr }) => ref(id, expr.type)) };
  const made = decoded(below, coded, ids);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(
      `CREATE TABLE "t@1" AS SELECT make_date(y, 1, 1) + CAST(d AS INTEGER) AS day
       FROM (VALUES (1), (1599), (1969), (1970), (2024), (9998)) years(y), range(365) days(d) UNION ALL SELECT NULL`,
    );
    const rowsOf = async (plan: Rel) => {
      const told = await connection.runAndReadAll(emitRel(plan));
      return told
        .getRows()
        .map((row) => String(row[0]))
        .sort();
    };
    const rows = await rowsOf(made.rel);
    expect(rows).toEqual(await rowsOf(group(scan, keys, [])));
    expect(rows).toHaveLength(6 * 12 + 1);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});

test('what is no stored date is grouped as it is', () => {
  const maker = new PlanMaker();
  const scan = maker.scan({ table: 't', level: 'general-2', columns: { day: { type: DATE } } });
  const ids = idsAbove(scan);
  const computed = named(ids.next(), 'later', call('last_day', [scan.at['day']!], DATE));
  const rel: Rel = { kind: 'project', input: scan, columns: [computed] };
  const month = call('date_trunc', [literal('month', TEXT), cast(ref(computed.id, DATE), TIMESTAMP)], TIMESTAMP);
  expect(codedKeys(rel, [named(ids.next(), 'month', month)], ids).keys[0]!.read).toBeNull();
});
