import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PRINTED_VALUES_MAX, printViews, type StoredPrints, storedTable } from '../../../policies/stored-prints.ts';
import { openDuckDbEngine } from '../../../sandbox/engines/duckdb/duckdb-engine.ts';
import type { IngestReport } from '../../../sandbox/ingest/index.ts';
import { column, type IngestFixture, openIngestFixture, table } from '../ingest-fixture.ts';

/**
 * Goal: the prints of a version say what its rows say, whatever segments it has and whenever its rows came; where they would be many, or a base has
 * none, there are none.
 * Method: uploads through the worker; what is granted of prints, through the engine's own views, against the same grouping of the rows.
 */
let fixture: IngestFixture;
beforeEach(async () => {
  fixture = await openIngestFixture();
});
afterEach(() => fixture.close());

const SCHEMA = table(
  column('pid', 'text', { role: 'identifier', unit: 'person' }),
  column('firm', 'text', { role: 'identifier', unit: 'enterprise' }),
  column('kind', 'text', { role: 'dimension', values: ['a', "l'été", '秋'] }),
  column('day', 'date'),
  column('age', 'integer', { bounds: { min: 0, max: 99 } }),
  column('note', 'text'),
  column('pay', 'decimal', { role: 'measure', bounds: { min: 0, max: 1e6 } }),
  column('cost', 'decimal', { role: 'measure' }),
);
const HEADER = 'pid,firm,kind,day,age,note,pay,cost\n';
const line = (i: number, day: string): string =>
  [
    i % 7 === 0 ? '' : `P${i % 300}`,
    `F${i % 40}`,
    ['a', "l'été", '秋', ''][i % 4],
    day,
    i % 90,
    `n${i}`,
    i % 9 === 0 ? '' : `${i % 800}.25`,
    i,
  ].join(',');
const usualDay = (i: number): string => (i % 10 === 0 ? '' : `2026-01-${String(1 + (i % 28)).padStart(2, '0')}`);
const csv = (from: number, to: number, dayOf = usualDay): string =>
  `${HEADER}${Array.from({ length: to - from }, (_, at) => line(from + at, dayOf(from + at))).join('\n')}\n`;

const ALL: StoredPrints = { units: ['pid', 'firm'], columns: ['kind', 'day', 'age'], sums: ['pay'] };
const base = ({ rowKeyScheme, twins, prints }: IngestReport, version: number) => ({
  version,
  rowKeyScheme,
  twins,
  prints,
});

/** Per print: how many of its groups are not those of the rows, and the other way round. */
async function differences(version: number, prints: StoredPrints): Promise<readonly unknown[]> {
  const attached = await fixture.vault.attach('elec', version);
  const engine = openDuckDbEngine({ threads: 2, memoryMb: 500 });
  try {
    const segments = attached.files.map((file, place) => ({ file, ranks: attached.rankFiles[place] ?? null }));
    const columns = [...SCHEMA.columns.map(({ name }) => name), '_class_pid', '_class_firm'];
    const views = printViews(prints);
    await engine.grant(1, [{ name: 't', columns, segments, prints: views }]);
    const found: unknown[] = [];
    for (const [place, { table: stored }] of views.entries()) {
      const key = [[], ...prints.columns.map((one) => [one])][place]!;
      const by = ['_unit', '_class', ...key].join(', ');
      const summed = `SELECT ${by}, sum(_rows)::BIGINT AS n, sum(_keys)::BIGINT AS k, sum(_sum_pay)::DECIMAL(30,2) AS s, sum(_present_pay)::BIGINT AS p FROM "${storedTable('t', stored)}" GROUP BY ALL`;
      const made = prints.units.map(
        (unit) =>
          `SELECT '${unit}' AS _unit, _class_${unit} AS _class${key.map((one) => `, ${one}`).join('')}, count(*) AS n, sum(_row_key)::BIGINT AS k, sum(pay)::DECIMAL(30,2) AS s, count(pay) AS p FROM t GROUP BY ALL`,
      );
      const rows = `SELECT * FROM (${made.join(' UNION ALL ')})`;
      const sql = `SELECT (SELECT count(*) FROM (${summed} EXCEPT ${rows})), (SELECT count(*) FROM (${rows} EXCEPT ${summed})), (SELECT count(*) > 0 FROM (${rows}))`;
      const { values } = await engine.query(1, [], sql);
      found.push(values.map(([cell]) => cell));
    }
    return found;
  } finally {
    engine.revoke(1);
    await attached.release();
  }
}
const SAME = [0n, 0n, true];

describe('prints', () => {
  it('say what the rows of all segments say', async () => {
    const report = await fixture.upload(SCHEMA, csv(0, 40_000), {}, { segmentRowsMax: 9000, chunkBytes: 2 ** 15 });
    expect(report.segments.length).toBeGreaterThan(2);
    expect(report.prints).toEqual(ALL);
    expect(await differences(1, ALL)).toEqual([SAME, SAME, SAME, SAME]);
  });

  it('grow with a version that is appended to', async () => {
    const first = await fixture.upload(SCHEMA, csv(0, 2000));
    const second = await fixture.upload(SCHEMA, csv(2000, 2600), { version: 2, base: base(first, 1) });
    expect(second.prints).toEqual(ALL);
    expect(await differences(2, ALL)).toEqual([SAME, SAME, SAME, SAME]);
  });

  it('are none over a base that has none', async () => {
    const first = await fixture.upload(SCHEMA, csv(0, 100));
    const old = { ...base(first, 1), prints: null };
    expect((await fixture.upload(SCHEMA, csv(100, 200), { version: 2, base: old })).prints).toBeNull();
  });

  it('are not kept of a date with many values, in any part of a version', async () => {
    const many = (i: number) => new Date(Date.UTC(1990, 0, 1 + i)).toISOString().slice(0, 10);
    const few = { ...ALL, columns: ['kind', 'age'] };
    const first = await fixture.upload(SCHEMA, csv(0, PRINTED_VALUES_MAX + 1, many));
    expect(first.prints).toEqual(few);
    const second = await fixture.upload(SCHEMA, csv(0, 50), { version: 2, base: base(first, 1) });
    expect(second.prints).toEqual(few);
    expect(await differences(2, few)).toEqual([SAME, SAME, SAME]);
    const exactly = await fixture.upload(SCHEMA, csv(0, PRINTED_VALUES_MAX, many), { version: 3 });
    expect(exactly.prints).toEqual(ALL);
  });

  it('are none where no column names a unit, and where all answers are differentially private', async () => {
    const nobody = table(column('kind', 'text', { role: 'dimension', values: ['a'] }));
    expect((await fixture.upload(nobody, 'kind\na\n')).prints).toBeNull();
    const strict = { ...SCHEMA, level: 'general-4' } as const;
    expect((await fixture.upload(strict, csv(0, 10), { version: 2 })).prints).toBeNull();
  });

  it('show what is granted of a version and no more', async () => {
    const report = await fixture.upload(SCHEMA, csv(0, 100));
    const attached = await fixture.vault.attach('elec', 1);
    const engine = openDuckDbEngine({ threads: 1, memoryMb: 300 });
    try {
      const segments = attached.files.map((file) => ({ file, ranks: null }));
      const prints = printViews({ ...report.prints!, columns: ['kind'], sums: [] });
      await engine.grant(1, [{ name: 't', columns: ['kind'], segments, prints }]);
      const asked = (sql: string) => engine.query(1, [], sql).then(({ rowCount }) => rowCount);
      expect(await asked(`SELECT kind, _rows FROM "${storedTable('t', '_print_kind')}"`)).toBeGreaterThan(0);
      await expect(asked(`SELECT _sum_pay FROM "${storedTable('t', '_print_kind')}"`)).rejects.toMatchObject({
        failure: 'failed',
      });
      await expect(asked(`SELECT * FROM "${storedTable('t', '_print_age')}"`)).rejects.toMatchObject({
        failure: 'failed',
      });
    } finally {
      engine.revoke(1);
      await attached.release();
    }
  });
});
