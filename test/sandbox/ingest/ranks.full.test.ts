import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RANK_LAST } from '../../../policies/stored-twins.ts';
import { openSegmentStore } from '../../../sandbox/ingest/segment-store.ts';
import { rankRows } from '../../../sandbox/ingest/unit-rank.ts';
import { column, type IngestFixture, openIngestFixture, table, unitKey } from '../ingest-fixture.ts';
import { memoryDir } from '../memory-dir.ts';

/**
 * Goal: `_rank_… < C` keeps exactly min(C, rows) rows of every unit, chosen by chance: over one segment and over several, as CSV comes.
 * Invariants: places of a unit are 0, 1, 2 … without a gap; which rows come first says nothing of when they came.
 * Control: places in the order of arrival would fail the last of them.
 */
let fixture: IngestFixture;
beforeEach(async () => {
  fixture = await openIngestFixture();
});
afterEach(() => fixture.close());

const SCHEMA = table(
  column('pid', 'text', { role: 'identifier', unit: 'person' }),
  column('uscc', 'text', { role: 'identifier', unit: 'enterprise' }),
  column('no', 'integer', { level: 'general-4', role: 'measure', bounds: { min: 0, max: 1e6 } }),
);
const ROWS = 120_000;
const PERSONS = 2_000;
const LINES = Array.from({ length: ROWS }, (_, i) => {
  // One firm has more rows than ranks go; some rows are nobody's.
  const firm = i % 60 === 0 ? 'BIG' : `F${i % 5_000}`;
  return `${i % 11 === 0 ? '' : `P${(i * 7) % PERSONS}`},${firm},${i}`;
});
const BODY = `pid,uscc,no\n${LINES.join('\n')}\n`;
/** Small chunks: a segment is closed at the end of one. */
const SEVERAL = { segmentRowsMax: 30_000, chunkBytes: 2 ** 18 };

const EMPTY = {
  kind: 'open',
  columns: [{ schema: SCHEMA.columns[0]!, key: unitKey('person') }],
  twins: [{ kind: 'rank', of: 'pid', name: '_rank_pid' }],
  rowSalt: unitKey('rows'),
  rankKey: unitKey('ranks').subarray(0, 16),
  threads: 2,
  memoryMb: 200,
} as const;

interface Stored {
  readonly unit: string | null;
  readonly rank: number;
  readonly no: number;
}

async function stored(version: number, unit: string): Promise<readonly Stored[]> {
  const rows = await fixture.read<readonly [string | null, number, bigint]>(
    version,
    `${unit}::VARCHAR, _rank_${unit}, no`,
  );
  return rows.map(([name, rank, no]) => ({ unit: name, rank, no: Number(no) }));
}

function byUnit(rows: readonly Stored[]): ReadonlyMap<string | null, readonly Stored[]> {
  return Map.groupBy(rows, ({ unit }) => unit);
}

describe.each([
  ['one segment', {}],
  ['several segments', SEVERAL],
])('ranks of rows within their unit: %s', (title, limits) => {
  it('have no gap, and stop at the last', async () => {
    const report = await fixture.upload(SCHEMA, BODY, {}, limits);
    expect(report.twins).toEqual(['_class_pid', '_rank_pid', '_class_uscc', '_rank_uscc']);
    expect(report.segments.length > 1).toBe(title === 'several segments');
    expect(report.rowsPerUnitMax).toEqual({ person: 55, enterprise: 2_000 });
    for (const unit of ['pid', 'uscc']) {
      const all = await stored(1, unit);
      expect(all).toHaveLength(ROWS);
      const wrong = [...byUnit(all)].filter(([name, rows]) => {
        const ranks = rows.map(({ rank }) => rank).sort((a, b) => a - b);
        return ranks.some((rank, place) => rank !== (name === null ? 0 : Math.min(place, RANK_LAST)));
      });
      expect(wrong).toEqual([]);
    }
  });

  it('are by chance, and by another in another version', async () => {
    await fixture.upload(SCHEMA, BODY, {}, limits);
    await fixture.upload(SCHEMA, BODY, { version: 2 }, limits);
    const [first, second] = [await stored(1, 'pid'), await stored(2, 'pid')];
    const early = (rows: readonly Stored[]) => rows.filter(({ rank, unit }) => unit !== null && rank < 10);
    const [a, b] = [early(first), early(second)];
    expect(a).toHaveLength(10 * byUnit(a).size);
    // Of 20,000 rows a share of about one half each came in the first half; as they came, all would have: 140 deviations.
    for (const rows of [a, b]) {
      const before = rows.filter(({ no }) => no < ROWS / 2).length / rows.length;
      expect(Math.abs(before - 0.5)).toBeLessThan(0.05);
    }
    const same = new Set(a.map(({ no }) => no));
    const shared = b.filter(({ no }) => same.has(no)).length / b.length;
    expect(shared).toBeLessThan(0.4); // independent: 10 of 54 or 55
  });
});

describe('ranks', () => {
  it('of everybody else stay when a unit is left out, under the same key', async () => {
    const rows = Array.from({ length: 900 }, (_, i) => ({
      unit: (i * 7) % 30,
      key: i % 13 === 0 ? 5 : (i * 7919) % 1000,
    }));
    const ranksOf = async (kept: typeof rows): Promise<ReadonlyMap<number, readonly number[]>> => {
      const store = await openSegmentStore({ ...EMPTY, dir: memoryDir() });
      await store.begin(1000);
      const values = kept.map(({ unit, key }) => `(${unit}, ${key}, 0)`).join(', ');
      await store.connection.run(`INSERT INTO segment.data (pid, _row_key, _rank_pid) VALUES ${values}`);
      await rankRows(store.connection, 'pid', EMPTY.rankKey);
      const reader = await store.connection.runAndReadAll('SELECT pid, _rank_pid FROM segment.data ORDER BY rowid');
      const places = Map.groupBy(reader.getRows(), ([unit]) => Number(unit));
      rmSync(store.dir, { recursive: true });
      return new Map([...places].map(([unit, all]) => [unit, all.map(([, rank]) => Number(rank))]));
    };
    const all = await ranksOf(rows);
    expect([...all.get(1)!].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, place) => place));
    for (const gone of [0, 7, 29]) {
      const left = await ranksOf(rows.filter(({ unit }) => unit !== gone));
      expect(left).toEqual(new Map([...all].filter(([unit]) => unit !== gone)));
    }
  });

  it('are none where nothing is asked in mode dp, or a unit has one row', async () => {
    const plain = table(column('pid', 'text', { role: 'identifier', unit: 'person' }), column('no', 'integer'));
    expect((await fixture.upload(plain, 'pid,no\na,1\n')).twins).toEqual(['_class_pid']);
    const single = table(
      column('pid', 'text', { role: 'identifier', unit: 'person', rowsPerUnitMax: 1 }),
      column('no', 'integer', { level: 'general-4' }),
    );
    expect((await fixture.upload(single, 'pid,no\na,1\n', { version: 2 })).twins).toEqual(['_class_pid']);
  });
});
