import { beforeAll, describe, expect, it } from 'vitest';
import { openGateway, type SqlGateway, type StoredTable } from './sql-gateway.ts';
import { bigFirm, STAFF_OF_BIG, workingTown } from './working-town.ts';

/**
 * Goal: persons counted by what firms say of them tell nothing of one firm. Attack: two questions between which one firm's rows lie, in a
 * part where it alone employs fifteen, and forty more whom small firms employ besides; each of the two by any of the ways to ask it. WHY it is here: a row that
 * carries one of its firms, whichever comes first, passes both questions, since the forty change their firm between them and hide that the fifteen had only
 * one; and two names for one identifier, by the order in which a join says that they are equal, drew two numbers in mode `perturbed`.
 * Control: each question as the first that is asked, and the difference in plain DuckDB.
 */
const ALL = 'staff > 0';
const BUT_ONE = `staff > 0 AND staff <> ${STAFF_OF_BIG}`;
const MATCHING = (condition: string) => `SELECT j.pid FROM job j JOIN firm f USING (uscc) WHERE ${condition}`;
/** `without`: those that no such firm employs. */
const FORMS: Readonly<Record<string, { readonly without: boolean; readonly sql: (condition: string) => string }>> = {
  joined: {
    without: false,
    sql: (condition) =>
      `SELECT p.part, count(DISTINCT p.pid) FROM people p JOIN job j USING (pid) JOIN firm f USING (uscc) WHERE ${condition} GROUP BY p.part`,
  },
  'joined the other way': {
    without: false,
    sql: (condition) =>
      `SELECT part, count(DISTINCT p.pid) FROM people p JOIN (${MATCHING(condition)}) x ON x.pid = p.pid GROUP BY part`,
  },
  'of a list': {
    without: false,
    sql: (condition) => `SELECT part, count(*) FROM people WHERE pid IN (${MATCHING(condition)}) GROUP BY part`,
  },
  'in no list': {
    without: true,
    sql: (condition) => `SELECT part, count(*) FROM people WHERE pid NOT IN (${MATCHING(condition)}) GROUP BY part`,
  },
  'grouped by person': {
    without: false,
    sql: (condition) =>
      `SELECT part, count(*) FROM people JOIN (SELECT pid, count(*) AS jobs FROM job j JOIN firm f USING (uscc) WHERE ${condition} GROUP BY pid) x USING (pid) GROUP BY part`,
  },
  'left over': {
    without: true,
    sql: (condition) =>
      `SELECT part, count(*) FROM people p LEFT JOIN (${MATCHING(condition)}) x ON x.pid = p.pid WHERE x.pid IS NULL GROUP BY part`,
  },
};
const PAIRS = Object.keys(FORMS).flatMap((first) => Object.keys(FORMS).map((second) => [first, second] as const));

let gateway: SqlGateway;
let strict: SqlGateway;
beforeAll(async () => {
  const tables = bigFirm(workingTown());
  gateway = await openGateway(tables);
  strict = await openGateway(tables.map(stricter));
});

const fullOf = (rows: readonly (readonly unknown[])[]) => new Map(rows as [string, number][]).get('full') ?? null;
const stricter = ({ schema, ...rest }: StoredTable): StoredTable => {
  const raised = schema.columns.map((one) =>
    one.level === 'general-1' ? one : { ...one, level: 'general-3' as const },
  );
  return { ...rest, schema: { ...schema, level: 'general-3', columns: raised } };
};

describe('one firm between two questions', () => {
  it.each(PAIRS)('is not told, in mode `aggregate`: %s, %s', async (first, second) => {
    for (const [before, after] of [
      [ALL, BUT_ONE],
      [BUT_ONE, ALL],
    ] as const) {
      const guarded = gateway.unasked();
      const shown = [
        fullOf((await guarded.ask(FORMS[first]!.sql(before))).rows),
        fullOf((await guarded.ask(FORMS[second]!.sql(after))).rows),
      ];
      expect(shown).toContain(null);
    }
  });

  it.each(PAIRS)('is not told, in mode `perturbed`: %s, %s', async (first, second) => {
    const guarded = strict.unasked();
    const total = fullOf((await guarded.ask('SELECT part, count(DISTINCT pid) FROM people GROUP BY part')).rows)!;
    const employed = async (form: string, condition: string) => {
      const { rows, mode } = await guarded.ask(FORMS[form]!.sql(condition));
      expect(mode).toBe('perturbed');
      return FORMS[form]!.without ? total - fullOf(rows)! : fullOf(rows)!;
    };
    expect(await employed(second, BUT_ONE)).toBe(await employed(first, ALL));
  });

  it('would be, by their difference', async () => {
    for (const { without, sql } of Object.values(FORMS)) {
      const [all, but] = [fullOf(await gateway.raw(sql(ALL))) ?? 0, fullOf(await gateway.raw(sql(BUT_ONE))) ?? 0];
      expect(without ? but - all : all - but).toBe(15);
      expect(fullOf((await gateway.ask(sql(BUT_ONE))).rows)).toBe(but);
    }
  });
});

describe('persons with and without a job', () => {
  const of = (negated: string) =>
    `SELECT part, count(*) FROM people WHERE pid ${negated} IN (SELECT pid FROM job) GROUP BY part`;
  const shownBy = async (asked: SqlGateway, sql: string) =>
    new Map((await asked.ask(sql)).rows as [string, number | null][]);

  it('where one firm employs them all, neither is told', async () => {
    for (const sql of [of(''), of('NOT')]) {
      expect((await shownBy(gateway, sql)).get('mill') ?? null).toBeNull();
      expect(new Map((await gateway.raw(sql)) as [string, number][]).get('mill')).toBeGreaterThanOrEqual(50);
    }
  });

  it('where three are left, they are not told, nor what they follow from', async () => {
    const guarded = (await openGateway(workingTown())).unasked();
    const all = await shownBy(guarded, 'SELECT part, count(*) FROM people GROUP BY part');
    expect(new Map((await guarded.raw(of('NOT'))) as [string, number][]).get('full')).toBe(3);
    const [without, employed] = [await shownBy(guarded, of('NOT')), await shownBy(guarded, of(''))];
    expect(without.get('full') ?? null).toBeNull();
    expect([all.get('full') ?? null, employed.get('full') ?? null]).toContain(null);
    expect(without.get('east')).toBe(Number(all.get('east')) - Number(employed.get('east')));
  });
});
