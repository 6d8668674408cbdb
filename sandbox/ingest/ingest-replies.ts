import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { IDENTIFIER_KINDS, type StoredPrints } from '#policies/stored-tables';
import type {
  AppendOutcome,
  CsvChunk,
  IngestColumn,
  IngestReply,
  ParquetChunk,
  SealOutcome,
  UnitCounts,
} from './ingest-protocol.ts';
import { REJECT_REASONS, REJECTED_LISTED_MAX } from './ingest-report.ts';

/**
 * What an ingest worker says, held against what it can say. It reads what strangers sent and may be taken over by that: then it may lie, but it
 * names no file but its own, and its figures fit together and to what it was given.
 *
 * SAD PATH: figures that fit and are wrong all the same, such as rows given to other units, are wrong rows: a provider that wants those can
 * send them, and is trusted with its own.
 */
const count = z.int().min(0);
const name = z.string().max(200);

const appended = z.strictObject({
  rows: count,
  rejectedRows: count,
  rejected: z
    .array(z.strictObject({ line: count, column: name.nullable(), reason: z.enum(REJECT_REASONS) }))
    .max(REJECTED_LISTED_MAX),
  segmentRows: count,
  segmentBytes: count,
});
const passCounts = z.strictObject({ distinct: count, passing: z.partialRecord(z.enum(IDENTIFIER_KINDS), count) });
const extremes = z.strictObject({ min: z.string().max(40), max: z.string().max(40) });
const sealed = z.strictObject({
  /** A plain name: the gateway reads and removes what it names. */
  file: z.string().regex(/^(segment-\d{1,9}|\d{6})\.duckdb$/),
  rows: count,
  nulls: z.array(count),
  units: z.array(
    z.strictObject({
      column: name,
      rowsMax: count,
      distinct: count,
      run: z
        .string()
        .regex(/^run-\d{1,4}\.bin$/)
        .nullable(),
    }),
  ),
  rowKeyScheme: z.string().regex(/^[0-9a-f]{16}$/),
  prints: z.strictObject({ units: z.array(name), columns: z.array(name), sums: z.array(name) }).nullable(),
  ciphertext: z
    .strictObject({
      rows: count,
      isCounted: z.boolean(),
      blocksSha256: z.string().regex(/^[0-9a-f]{64}$/),
      digests: z.base64().nullable(),
    })
    .nullable(),
  scan: z.array(passCounts.nullable()),
  quality: z.strictObject({ duplicates: count, extremes: z.array(extremes.nullable()), unique: z.array(z.boolean()) }),
});
const id = z.int();
const reply = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('appended'), id, outcome: appended }),
  z.strictObject({ kind: z.literal('sealed'), id, outcome: sealed }),
  z.strictObject({ kind: z.literal('ranked'), id }),
  z.strictObject({
    kind: z.literal('failure'),
    id,
    failure: z.enum(['memory', 'engine', 'parquet', 'nested']),
  }),
]);

/** Null for anything that a healthy worker would not say. */
export function readIngestReply(message: unknown): IngestReply | null {
  const parsed = reply.safeParse(message);
  return parsed.success ? parsed.data : null;
}

/** No more rows than the chunk has, and each of them taken or rejected. */
export function isOfChunk(outcome: AppendOutcome, chunk: Omit<CsvChunk, 'id'> | Omit<ParquetChunk, 'id'>): boolean {
  const { rows, rejectedRows, rejected, segmentRows } = outcome;
  const given = chunk.kind === 'csv' ? chunk.records : chunk.rows;
  const isWhole = chunk.kind === 'csv' ? rows + rejectedRows <= given : rows + rejectedRows === given;
  return isWhole && rejected.length === Math.min(rejectedRows, REJECTED_LISTED_MAX) && segmentRows >= rows;
}

/** What is expected of a segment that is closed or looked at. */
export interface ExpectedSegment {
  readonly columns: readonly IngestColumn[];
  /** Null: whatever name it has. */
  readonly file: string | null;
  readonly rows: number;
  readonly runs: boolean;
  /** What it may have. */
  readonly prints: StoredPrints | null;
}

export function isOfSegment(outcome: SealOutcome, { columns, file, rows, runs, prints }: ExpectedSegment): boolean {
  const { nulls, scan, quality, units } = outcome;
  const named = columns.flatMap(({ schema, key }) => (schema.unit === undefined || key === null ? [] : [schema.name]));
  return (
    (file === null || outcome.file === file) &&
    outcome.rows === rows &&
    [nulls, scan, quality.extremes, quality.unique].every(({ length }) => length === columns.length) &&
    [...nulls, quality.duplicates].every((some) => some <= rows) &&
    (outcome.prints === null || isOfPrints(outcome.prints, prints)) &&
    units.length === named.length &&
    units.every((unit, place) => {
      const own = rows - (nulls[columns.findIndex(({ schema }) => schema.name === unit.column)] ?? rows);
      return unit.column === named[place] && (unit.run !== null) === runs && fits(unit, own);
    })
  );
}

/** All that was wanted, but for columns that were found to have many values. */
function isOfPrints(found: StoredPrints, wanted: StoredPrints | null): boolean {
  if (wanted === null) return false;
  const columns = wanted.columns.filter((name) => found.columns.includes(name));
  return isDeepStrictEqual(found, { ...wanted, columns });
}

/** So many units, of which one has `rowsMax` rows and none more, have `rows` together. */
function fits({ distinct, rowsMax }: UnitCounts, rows: number): boolean {
  if (rows === 0) return distinct === 0 && rowsMax === 0;
  return distinct >= 1 && rowsMax >= 1 && rows >= rowsMax + distinct - 1 && rows <= distinct * rowsMax;
}
