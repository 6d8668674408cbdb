import { beforeAll, describe, expect, it } from 'vitest';
import { printOfSet } from '../../../policies/release/candidate-sets.ts';
import { PRINT_SLOTS } from '../../../policies/release/guard/set-print.ts';
import type { CellsBoundary } from '../../../policies/sql/rewrite/cell-layout.ts';
import { openGateway, type SqlGateway } from '../../attack/sql-gateway.ts';
import { travellingTown } from '../../attack/travelling-town.ts';

/**
 * Goal: what is grouped on either side of a match before the two meet is what a grouping of the joined rows would be. Method: the prints of each
 * line's set beside those that DuckDB makes of the join itself, with DISTINCT; numbers beside the same SQL; one question by several words.
 */
const MATCHES: Readonly<Record<string, { readonly sql: string; readonly condition: string }>> = {
  'by any job': { sql: 'SELECT pid FROM job', condition: 'TRUE' },
  'by a job of some firms': {
    sql: "SELECT j.pid FROM job j JOIN firm f USING (uscc) WHERE f.trade = 'a'",
    condition: "f.trade = 'a'",
  },
};
const VALUES = 'count(*), sum(minutes), count(DISTINCT pid)';
const WORDS: Readonly<Record<string, (match: string) => string>> = {
  in: (match) => `SELECT line, ${VALUES} FROM trip WHERE day < 4 AND pid IN (${match}) GROUP BY line`,
  exists: (match) =>
    `SELECT line, ${VALUES} FROM trip t WHERE EXISTS (SELECT 1 FROM (${match}) m WHERE m.pid = t.pid) AND day < 4 GROUP BY line`,
  'beside groups': (match) =>
    `SELECT line, count(*), sum(minutes), count(DISTINCT t.pid) FROM trip t JOIN (SELECT pid, count(*) AS n FROM (${match}) GROUP BY pid) m ON m.pid = t.pid WHERE day < 4 GROUP BY line`,
};

let gateway: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(travellingTown());
});

type Slots = Readonly<Record<string, string>>;

/** Prints by line and lineage. */
async function printsOf(sql: string): Promise<Readonly<Record<string, Slots>>> {
  const compiled = await gateway.compile(sql);
  expect(compiled.cells[0]!.includes(' SEMI JOIN ')).toBe(true); // of rows that are grouped before they meet
  const { layout } = compiled.private.boundaries[0] as CellsBoundary;
  const raw = await gateway.engineOf(compiled).query(compiled.cells[0]!, []);
  const lines = Array.from({ length: raw.rowCount }, (_, row) => {
    const prints = printOfSet(layout, 0, raw, row)!.map(({ lineage, rowCounts, keySums }) => {
      return [lineage, textOf(Array.from(rowCounts), Array.from(keySums))] as const;
    });
    return [String(raw.values[layout.keys[0]!]![row]), Object.fromEntries(prints)] as const;
  });
  return Object.fromEntries(lines.filter(([, prints]) => Object.keys(prints).length > 0));
}

const textOf = (rows: readonly number[], sums: readonly number[]) =>
  rows.flatMap((count, slot) => (count === 0 ? [] : [`${slot}:${count}:${sums[slot]}`])).join(';');

const TABLES = { trip: 't', job: 'j' } as const;
const UNITS = { person: 't.pid', enterprise: 'j.uscc' } as const;

async function printOfJoin(
  line: string,
  condition: string,
  table: keyof typeof TABLES,
  unit: keyof typeof UNITS,
  once: boolean,
) {
  const distinct = once ? 'DISTINCT ' : '';
  const key = `${distinct}${TABLES[table]}._row_key`;
  const rows = await gateway.raw(
    `SELECT hash(${UNITS[unit]}) & 63 AS class, count(${key}), sum(${key}) FROM "trip@1" t JOIN "job@1" j ON j.pid = t.pid LEFT JOIN firm f ON f.uscc = j.uscc WHERE t.line = '${line}' AND t.day < 4 AND ${condition} GROUP BY class`,
  );
  const [counts, sums] = [new Array<number>(PRINT_SLOTS).fill(0), new Array<number>(PRINT_SLOTS).fill(0)];
  for (const [slot, count, sum] of rows as readonly (readonly [number, number, number])[]) {
    counts[slot] = count;
    sums[slot] = sum;
  }
  return textOf(counts, sums);
}

describe.each(Object.entries(MATCHES))('rows matched %s', (_, { sql, condition }) => {
  it.each(Object.keys(WORDS))('have the prints of the join: %s', async (words) => {
    const prints = await printsOf(WORDS[words]!(sql));
    expect(Object.keys(prints).sort()).toEqual(['blue', 'green', 'red']);
    for (const [line, slots] of Object.entries(prints)) {
      for (const table of ['trip', 'job'] as const)
        for (const unit of ['person', 'enterprise'] as const)
          expect(slots[`${table}/${unit}`]).toBe(await printOfJoin(line, condition, table, unit, true));
      expect(slots['trip/person*']).toBe(slots['trip/person']);
      expect(slots['trip/enterprise*']).toBe(await printOfJoin(line, condition, 'trip', 'enterprise', false));
      expect(slots['job/person*']).toBe(await printOfJoin(line, condition, 'job', 'person', false));
      expect(slots['job/enterprise*']).toBe(await printOfJoin(line, condition, 'job', 'enterprise', false));
    }
  });

  it('have one print, by whatever words', async () => {
    const [first, ...others] = await Promise.all(Object.values(WORDS).map((words) => printsOf(words(sql))));
    for (const other of others) expect(other).toEqual(first);
  });

  it.each(Object.keys(WORDS))('have the numbers of DuckDB: %s', async (words) => {
    const asked = WORDS[words]!(sql);
    const [shown, plain] = [(await gateway.ask(asked)).rows, await gateway.raw(asked)];
    expect([...shown].sort()).toEqual([...plain].sort());
  });
});

describe('rows without a match', () => {
  it.each(Object.values(MATCHES))('have the numbers of DuckDB: $condition', async ({ sql }) => {
    const asked = `SELECT line, count(*), sum(minutes), round(avg(minutes), 6) FROM trip WHERE pid NOT IN (${sql}) GROUP BY line`;
    const shown = (await gateway.ask(asked)).rows.filter((row) => !row.includes(null));
    const plain = (await gateway.raw(asked)).map((row) => JSON.stringify(row));
    expect(shown.length).toBeGreaterThan(1);
    for (const row of shown) expect(plain).toContain(JSON.stringify(row));
  });
});
