import { beforeAll, describe, expect, it } from 'vitest';
import { openGateway, type SqlGateway } from './sql-gateway.ts';
import { bigFirm, STAFF_OF_BIG, workingTown } from './working-town.ts';

/**
 * Goal: what a join with one table more does not change, tells nothing by that join. Attack: a question, and the same without one person (or one firm), where
 * the second is joined with rows that repeat each person: numbers of different persons, and values of groups that count once, stay what they are, while
 * sets of rows look far apart. Control: each pair straight in DuckDB, and each question as the first that is asked.
 */
type Form = (condition: string) => string;
const MATCHING: Form = (condition) => `SELECT j.pid FROM job j JOIN firm f USING (uscc) WHERE ${condition}`;

const PERSONS: Readonly<Record<string, Form>> = {
  'of a list': (one) => `SELECT count(*) FROM people p WHERE part = 'east' AND ${one} AND pid IN (SELECT pid FROM job)`,
  joined: (one) => `SELECT count(DISTINCT p.pid) FROM people p JOIN job j USING (pid) WHERE part = 'east' AND ${one}`,
  'joined twice': (one) =>
    `SELECT count(DISTINCT p.pid) FROM people p JOIN job j USING (pid) JOIN job k USING (pid) WHERE part = 'east' AND ${one}`,
};
const PAY: Readonly<Record<string, Form>> = {
  'of a list': (one) => `SELECT sum(pay) FROM people p WHERE part = 'east' AND ${one} AND pid IN (SELECT pid FROM job)`,
  'of a longer list': (one) =>
    `SELECT sum(pay) FROM people p WHERE part = 'east' AND ${one} AND pid IN (SELECT j.pid FROM job j JOIN job k ON k.pid = j.pid)`,
  grouped: (one) =>
    `SELECT sum(pay) FROM people p JOIN (SELECT pid, count(*) AS n FROM job GROUP BY pid) USING (pid) WHERE part = 'east' AND ${one}`,
  'of more rows': (one) =>
    `SELECT sum(pay) FROM people p JOIN (SELECT j.pid, count(*) AS n FROM job j JOIN job k ON k.pid = j.pid GROUP BY j.pid) USING (pid) WHERE part = 'east' AND ${one}`,
};
const EVERYBODY: Readonly<Record<string, Form>> = {
  plain: (one) => `SELECT sum(pay) FROM people p WHERE part = 'east' AND ${one}`,
  'beside groups': (one) =>
    `SELECT sum(pay) FROM people p LEFT JOIN (SELECT pid, count(*) AS n FROM job GROUP BY pid) USING (pid) WHERE part = 'east' AND ${one}`,
};
const OF_FIRMS: Readonly<Record<string, Form>> = {
  joined: (one) =>
    `SELECT count(DISTINCT p.pid) FROM people p JOIN job j USING (pid) JOIN firm f USING (uscc) WHERE part = 'full' AND ${one}`,
  'joined besides': (one) =>
    `SELECT count(DISTINCT p.pid) FROM people p JOIN job j USING (pid) JOIN (${MATCHING(one)}) x ON x.pid = p.pid WHERE part = 'full'`,
  'with firms besides': (one) =>
    `SELECT count(DISTINCT p.pid) FROM people p JOIN job j USING (pid) JOIN firm f USING (uscc) JOIN (${MATCHING(one)}) x ON x.pid = p.pid WHERE part = 'full'`,
};

const firstOf = async (asked: Promise<{ readonly rows: readonly (readonly unknown[])[] }>) =>
  (await asked).rows[0]?.[0] ?? null;
const pairsOf = (forms: Readonly<Record<string, Form>>) =>
  Object.keys(forms).flatMap((first) => Object.keys(forms).map((second) => [first, second] as const));

/** Both orders of the two questions, each order to a gateway that was asked nothing before. */
async function shownTogether(gateway: SqlGateway, first: Form, second: Form, conditions: readonly [string, string]) {
  const [all, but] = conditions;
  const orders = [
    [all, but],
    [but, all],
  ] as const;
  const shown: (readonly unknown[])[] = [];
  for (const [before, after] of orders) {
    const guarded = gateway.unasked();
    shown.push([await firstOf(guarded.ask(first(before))), await firstOf(guarded.ask(second(after)))]);
  }
  return shown;
}

async function isWorthAsking(gateway: SqlGateway, form: Form, [all, but]: readonly [string, string]) {
  const [whole, less] = [await firstOf(gateway.ask(form(all))), await firstOf(gateway.ask(form(but)))];
  expect([[whole], [less]]).toEqual([...(await gateway.raw(form(all))), ...(await gateway.raw(form(but)))]);
  expect(Number(whole)).toBeGreaterThan(Number(less));
}

describe('one person between two questions', () => {
  const tables = workingTown();
  const { age, pay } = tables[0]!.rows.find(
    ({ pid, part, pay: paid }) => part === 'east' && paid !== null && hasAJob(pid),
  )!;
  function hasAJob(pid: unknown) {
    return tables[1]!.rows.some((job) => job['pid'] === pid);
  }
  const conditions = ['age > 0', `NOT (age = ${age} AND coalesce(pay, 0) = ${pay})`] as const;
  let gateway: SqlGateway;
  beforeAll(async () => {
    gateway = await openGateway(tables);
  });

  describe.each(Object.entries({ PERSONS, PAY, EVERYBODY }))('%s', (_, forms) => {
    it.each(pairsOf(forms))('is not told: %s, %s', async (first, second) => {
      for (const shown of await shownTogether(gateway, forms[first]!, forms[second]!, conditions))
        expect(shown).toContain(null);
    });

    it.each(Object.keys(forms))('would be, by the difference: %s', async (form) => {
      await isWorthAsking(gateway, forms[form]!, conditions);
    });
  });
});

describe('one firm between two questions', () => {
  const tables = bigFirm(workingTown());
  const conditions = ['staff > 0', `staff > 0 AND staff <> ${STAFF_OF_BIG}`] as const;
  let gateway: SqlGateway;
  beforeAll(async () => {
    gateway = await openGateway(tables);
  });

  it.each(pairsOf(OF_FIRMS))('is not told: %s, %s', async (first, second) => {
    for (const shown of await shownTogether(gateway, OF_FIRMS[first]!, OF_FIRMS[second]!, conditions))
      expect(shown).toContain(null);
  });

  it.each(Object.keys(OF_FIRMS))('would be, by the difference: %s', async (form) => {
    await isWorthAsking(gateway, OF_FIRMS[form]!, conditions);
  });
});
