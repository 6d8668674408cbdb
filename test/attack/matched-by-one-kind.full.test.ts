import { beforeAll, describe, expect, it } from 'vitest';
import { freshMemory } from '../policies/release/fresh-memory.ts';
import { openGateway, type SqlGateway, type StoredTable } from './sql-gateway.ts';
import { bigFirm, STAFF_OF_BIG, workingTown } from './working-town.ts';

/**
 * Goal: persons counted by what firms say of them tell nothing of one firm. Attack: two questions between which one firm's rows lie, in a
 * part where it alone employs fifteen, and forty more whom small firms employ besides. WHY it is here: a row that carries one of its firms,
 * whichever comes first, passes both questions, since the forty change their firm between them and hide that the fifteen had only one.
 * Control: each question as the first that is asked, and the difference in plain DuckDB.
 */
const ALL = 'staff > 0';
const BUT_ONE = `staff > 0 AND staff <> ${STAFF_OF_BIG}`;
const JOINED = (condition: string) =>
  `SELECT p.part, count(DISTINCT p.pid) FROM people p JOIN job j USING (pid) JOIN firm f USING (uscc) WHERE ${condition} GROUP BY p.part`;
const MATCHED = (condition: string) =>
  `SELECT part, count(*) FROM people WHERE pid IN (SELECT j.pid FROM job j JOIN firm f USING (uscc) WHERE ${condition}) GROUP BY part`;

let tables: readonly StoredTable[];
let gateway: SqlGateway;
beforeAll(async () => {
  tables = bigFirm(workingTown());
  gateway = await openGateway(tables);
});

const shownOf = (rows: readonly (readonly unknown[])[]) => new Map(rows as [string, unknown][]).get('full') ?? null;

describe('one firm between two questions', () => {
  it.each([
    [ALL, BUT_ONE],
    [BUT_ONE, ALL],
  ])('is not told by a join, first %s', async (first, second) => {
    const guarded = await openGateway(tables, undefined, undefined, freshMemory());
    expect(shownOf((await guarded.ask(JOINED(first))).rows)).not.toBeNull();
    expect(shownOf((await guarded.ask(JOINED(second))).rows)).toBeNull();
  });

  it('would be, by their difference', async () => {
    const [all, but] = [shownOf(await gateway.raw(JOINED(ALL))), shownOf(await gateway.raw(JOINED(BUT_ONE)))];
    expect(Number(all) - Number(but)).toBe(15);
    expect(shownOf(await gateway.raw(MATCHED(ALL)))).toBe(all);
  });

  it('is not asked for by IN, which is refused with the join that says the same', async () => {
    expect(await gateway.attempt(MATCHED(ALL))).toBe('POLICY_CONSTRUCT_REFUSED');
  });
});
