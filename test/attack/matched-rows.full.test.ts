import { beforeAll, describe, expect, it } from 'vitest';
import { openGateway, type SqlGateway, type StoredTable } from './sql-gateway.ts';
import { ODD_WAGE, travellingTown } from './travelling-town.ts';
import { STAFF_OF_BIG } from './working-town.ts';

/**
 * Goal: trips counted and summed by what firms say of the people who made them tell nothing of one firm or one person. Attack: two questions that differ
 * in one firm, which alone employs fifteen people and beside a small firm each forty more, whose firm changes between the two; and two that differ in one
 * person, whose only job is at a small firm. WHY it is here: a person's trips are added up before they meet the person's jobs, and only the jobs say which firms
 * decide. Control: each question as the first that is asked, and the difference in plain DuckDB.
 */
const MATCHING = (condition: string) => `SELECT j.pid FROM job j JOIN firm f USING (uscc) WHERE ${condition}`;
const FORMS: Readonly<Record<string, (condition: string) => string>> = {
  'of a list': (one) => `SELECT line, count(*), sum(minutes) FROM trip WHERE pid IN (${MATCHING(one)}) GROUP BY line`,
  'in no list': (one) =>
    `SELECT line, count(*), sum(minutes) FROM trip WHERE pid NOT IN (${MATCHING(one)}) GROUP BY line`,
  'of different people': (one) =>
    `SELECT line, count(DISTINCT t.pid), count(DISTINCT t.pid) FROM trip t JOIN job j USING (pid) JOIN firm f USING (uscc) WHERE ${one} GROUP BY line`,
};
const DIFFERENCES: Readonly<Record<string, readonly [string, string]>> = {
  'one firm': ['staff > 0', `staff > 0 AND staff <> ${STAFF_OF_BIG}`],
  'one person': ['wage > 0', `wage > 0 AND wage <> ${ODD_WAGE}`],
};
const CASES = Object.keys(DIFFERENCES).flatMap((difference) =>
  Object.keys(FORMS).flatMap((first) => Object.keys(FORMS).map((second) => [difference, first, second] as const)),
);

const tables = travellingTown();
const stricter = ({ schema, ...rest }: StoredTable): StoredTable => {
  const raised = schema.columns.map((one) =>
    one.level === 'general-1' ? one : { ...one, level: 'general-3' as const },
  );
  return { ...rest, schema: { ...schema, level: 'general-3', columns: raised } };
};
/** What is said of the line on which only people of the changed part travel. */
const redOf = (rows: readonly (readonly unknown[])[]): readonly (number | null)[] =>
  (rows.find(([line]) => line === 'red')?.slice(1) ?? [null, null]) as readonly (number | null)[];

let gateway: SqlGateway;
let strict: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(tables);
  strict = await openGateway(tables.map(stricter));
});

describe('between two questions', () => {
  it.each(CASES)('is not told, in mode `aggregate`: %s, %s, %s', async (difference, first, second) => {
    const [all, but] = DIFFERENCES[difference]!;
    for (const [before, after] of [
      [all, but],
      [but, all],
    ] as const) {
      const guarded = gateway.unasked();
      const one = redOf((await guarded.ask(FORMS[first]!(before))).rows);
      const other = redOf((await guarded.ask(FORMS[second]!(after))).rows);
      for (const place of [0, 1]) expect([one[place], other[place]]).toContain(null);
    }
  });

  it.each(Object.keys(DIFFERENCES))('has one number, in mode `perturbed`: %s', async (difference) => {
    const guarded = strict.unasked();
    const [all, but] = DIFFERENCES[difference]!;
    const asked = async (condition: string) => redOf((await guarded.ask(FORMS['of a list']!(condition))).rows);
    const [whole] = await asked(all);
    expect(whole).not.toBeNull();
    expect((await asked(but))[0]).toBe(whole);
  });

  it.each(Object.keys(DIFFERENCES))('would be, by their difference: %s', async (difference) => {
    const [all, but] = DIFFERENCES[difference]!;
    for (const sql of Object.values(FORMS)) {
      const [whole, less] = [redOf(await gateway.raw(sql(all))), redOf(await gateway.raw(sql(but)))];
      expect(Number(whole[0])).not.toBe(Number(less[0]));
      expect(redOf((await gateway.ask(sql(but))).rows)).toEqual(less);
    }
  });
});
