import { beforeAll, describe, expect, it } from 'vitest';
import { freshMemory } from '../policies/release/fresh-memory.ts';
import { openGateway, type SqlGateway } from './sql-gateway.ts';
import { workingTown } from './working-town.ts';

/**
 * Goal: who has a job tells nothing of one firm or of a few persons, though persons alone are counted.
 * Method: a part of the town where one firm employs everybody, and one where three people have no job; two questions that one firm's rows
 * lie between. Controls: the same questions straight in DuckDB, over the other parts, and as the first that is asked.
 */
let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(workingTown());
});

const shownIn = async (sql: string, asked: SqlGateway = gateway) =>
  new Map((await asked.ask(sql)).rows as [string, unknown][]);
const EMPLOYED = 'SELECT part, count(*) FROM people WHERE pid IN (SELECT pid FROM job) GROUP BY part';
const WITHOUT = 'SELECT part, count(*) FROM people WHERE pid NOT IN (SELECT pid FROM job) GROUP BY part';

describe('persons counted by what firms say', () => {
  it('hides how many one firm employs, and how many it does not', async () => {
    for (const sql of [EMPLOYED, WITHOUT]) {
      const [shown, plain] = [await shownIn(sql), new Map((await gateway.raw(sql)) as [string, number][])];
      expect(plain.get('mill')).toBeGreaterThanOrEqual(50);
      expect(shown.get('mill') ?? null).toBeNull();
      expect(shown.get('east')).toBe(plain.get('east'));
    }
  });

  it('hides the three that are left, and what they follow from', async () => {
    const both = await openGateway(workingTown(), undefined, undefined, freshMemory());
    const all = await shownIn('SELECT part, count(*) FROM people GROUP BY part', both);
    expect((await gateway.raw(WITHOUT)).find(([part]) => part === 'full')?.[1]).toBe(3);
    const [without, employed] = [await shownIn(WITHOUT, both), await shownIn(EMPLOYED, both)];
    expect(without.get('full') ?? null).toBeNull();
    expect([all.get('full') ?? null, employed.get('full') ?? null]).toContain(null);
    expect(without.get('east')).toBe(Number(all.get('east')) - Number(employed.get('east')));
  });

  it('hides a second number that one firm’s rows alone would tell from the first', async () => {
    const sql = (condition: string) =>
      `SELECT part, count(*) FROM people WHERE pid IN (SELECT j.pid FROM job j JOIN firm f USING (uscc) WHERE ${condition}) GROUP BY part`;
    const [all, but] = [sql('staff > 0'), sql('staff > 0 AND staff <> 37')];
    const alone = await shownIn(but);
    expect(alone.get('east')).not.toBeNull();
    const guarded = await openGateway(workingTown(), undefined, undefined, freshMemory());
    const first = await shownIn(all, guarded);
    expect(Number(first.get('east')) - Number(alone.get('east'))).toBeGreaterThan(0);
    expect((await shownIn(but, guarded)).get('east') ?? null).toBeNull();
  });
});
