import { describe, expect, it } from 'vitest';
import type { IngestColumn, SealOutcome } from '../../../sandbox/ingest/ingest-protocol.ts';
import {
  type ExpectedSegment,
  isOfChunk,
  isOfSegment,
  readIngestReply,
} from '../../../sandbox/ingest/ingest-replies.ts';
import { checkedRun, RUN_ENTRY_BYTES } from '../../../sandbox/ingest/unit-runs.ts';
import { column, unitKey } from '../ingest-fixture.ts';

/**
 * Goal: what an ingest worker says that cannot be is not believed. Method: a true answer, which passes (control), and one change at a time.
 */
const COLUMNS: readonly IngestColumn[] = [
  { schema: column('pid', 'text', { role: 'identifier', unit: 'person' }), key: unitKey('person') },
  { schema: column('no', 'integer'), key: null },
];
const OUTCOME: SealOutcome = {
  file: 'segment-1.duckdb',
  rows: 10,
  nulls: [1, 0],
  units: [{ column: 'pid', rowsMax: 4, distinct: 5, run: 'run-0.bin' }],
  rowKeyScheme: '0123456789abcdef',
  prints: { units: ['pid'], columns: ['day'], sums: [] },
  ciphertext: null,
  scan: [null, { distinct: 3, passing: {} }],
  quality: { duplicates: 2, extremes: [null, { min: '0', max: '9' }], unique: [false, false] },
};
const WANTED = { units: ['pid'], columns: ['kind', 'day'], sums: [] };
const EXPECTED: ExpectedSegment = {
  ...{ columns: COLUMNS, prints: WANTED },
  ...{ file: 'segment-1.duckdb', rows: 10, runs: true },
};
const said = (outcome: object) => readIngestReply({ kind: 'sealed', id: 1, outcome });
const believed = (outcome: object): boolean => {
  const reply = said(outcome);
  return reply?.kind === 'sealed' && isOfSegment(reply.outcome, EXPECTED);
};
const [unit] = OUTCOME.units;

describe('what a worker says of a segment', () => {
  it('is believed when it fits (control)', () => {
    expect(believed(OUTCOME)).toBe(true);
    for (const prints of [null, WANTED]) expect(believed({ ...OUTCOME, prints })).toBe(true);
  });

  it.each([
    ['a file elsewhere', { file: '../../../home/keys/log.key' }],
    ['an absolute path', { file: '/etc/passwd' }],
    ['another file of its own', { file: 'segment-2.duckdb' }],
    ['a run elsewhere', { units: [{ ...unit, run: '../run-0.bin' }] }],
    ['no run where one was asked for', { units: [{ ...unit, run: null }] }],
    ['more rows than it took', { rows: 11 }],
    ['fewer rows', { rows: 9 }],
    ['half a row', { rows: 9.5 }],
    ['more empty cells than rows', { nulls: [11, 0] }],
    ['a column less', { nulls: [1] }],
    ['too few rows of any one unit', { units: [{ ...unit, rowsMax: 1 }] }],
    ['more rows of one unit than the others leave', { units: [{ ...unit, rowsMax: 6 }] }],
    ['more units than rows', { units: [{ ...unit, distinct: 10, rowsMax: 1 }] }],
    ['no unit at all', { units: [] }],
    ['units of another column', { units: [{ ...unit, column: 'no' }] }],
    ['negative numbers', { quality: { ...OUTCOME.quality, duplicates: -1 } }],
    ['numbers that are none', { rows: Number.NaN }],
    ['a scheme of its own', { rowKeyScheme: 'x' }],
    ['prints of a column that may have none', { prints: { ...WANTED, columns: ['no'] } }],
    ['prints in another order', { prints: { ...WANTED, columns: ['day', 'kind'] } }],
    ['prints by other units', { prints: { ...WANTED, units: [] } }],
    ['sums that nobody wants', { prints: { ...WANTED, sums: ['no'] } }],
    ['something else besides', { more: 1 }],
  ])('is not believed with %s', (_title, lie) => {
    expect(believed({ ...OUTCOME, ...lie })).toBe(false);
  });
});

describe('what a worker says of a chunk', () => {
  const chunk = { kind: 'csv', records: 10 } as Parameters<typeof isOfChunk>[1];
  const outcome = {
    rows: 8,
    rejectedRows: 1,
    rejected: [{ line: 3, column: 'no', reason: 'type' as const }],
    segmentRows: 8,
    segmentBytes: 1,
  };

  it('is believed when it fits (control)', () => {
    expect(isOfChunk(outcome, chunk)).toBe(true);
    expect(readIngestReply({ kind: 'appended', id: 1, outcome })).toEqual({ kind: 'appended', id: 1, outcome });
  });

  it.each([
    ['more rows than there are', { rows: 10 }],
    ['rejected rows that it does not name', { rejected: [] }],
    ['a segment of fewer rows than it got', { segmentRows: 7 }],
  ])('is not believed with %s', (_title, lie) => {
    expect(isOfChunk({ ...outcome, ...lie }, chunk)).toBe(false);
  });

  it.each([
    [{ ...outcome, rejected: [{ line: 3, column: 'no', reason: 'the value 4711' }] }],
    [{ ...outcome, rejected: Array.from({ length: 1001 }, () => outcome.rejected[0]) }],
  ])('says no more than reasons', (lie) => {
    expect(readIngestReply({ kind: 'appended', id: 1, outcome: lie })).toBeNull();
  });
});

describe('a run', () => {
  const entries = (list: readonly (readonly [number, number])[]) => {
    const bytes = Buffer.alloc(list.length * RUN_ENTRY_BYTES);
    for (const [at, [token, word]] of list.entries()) {
      bytes.writeBigUInt64BE(BigInt(token) << 31n, at * RUN_ENTRY_BYTES);
      bytes.writeUInt32BE(word, at * RUN_ENTRY_BYTES + 8);
    }
    return bytes;
  };
  /** In pieces that do not end where entries do. */
  async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += 17) yield bytes.subarray(at, at + 17);
  }
  async function read(list: readonly (readonly [number, number])[], figures: object, of: 'rows' | 'units', cut = 0) {
    const bytes = entries(list);
    const all: Buffer[] = [];
    const run = checkedRun(
      inPieces(bytes.subarray(0, bytes.length - cut)),
      { rows: 6, distinct: 3, rowsMax: 3, ...figures },
      of,
    );
    for await (const block of run) all.push(block);
    expect(Buffer.concat(all).equals(bytes)).toBe(true);
  }
  const ROWS = [
    [1, 5],
    [2, 0],
    [2, 0],
    [3, 1],
    [3, 8],
    [3, 9],
  ] as const;
  const COUNTS = [
    [1, 1],
    [2, 2],
    [3, 3],
  ] as const;

  it('passes as it is (control)', async () => {
    await read(ROWS, {}, 'rows');
    await read(COUNTS, {}, 'units');
  });

  it.each([
    [
      'not in the order of units',
      [
        [2, 1],
        [1, 2],
        [3, 3],
      ],
      {},
      'units',
      0,
    ],
    [
      'a unit twice',
      [
        [1, 1],
        [1, 2],
        [3, 3],
      ],
      {},
      'units',
      0,
    ],
    [
      'not in the order of chance',
      [
        [1, 5],
        [2, 1],
        [2, 0],
        [3, 1],
        [3, 8],
        [3, 9],
      ],
      {},
      'rows',
      0,
    ],
    ['of fewer rows than were stored', ROWS, { rows: 7 }, 'rows', 0],
    ['of more units', ROWS, { distinct: 2 }, 'rows', 0],
    ['of a unit with more rows than was said', COUNTS, { rowsMax: 2 }, 'units', 0],
    ['cut short', ROWS, {}, 'rows', 5],
  ] as const)('does not pass %s', async (_title, list, figures, of, cut) => {
    await expect(read(list, figures, of, cut)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
  });
});
