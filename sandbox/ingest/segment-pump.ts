import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AppError,
  assert,
  commonPrints,
  type PassCounts,
  printsOf,
  type StoredPrints,
  storedTwins,
  type TableSchema,
  type UnitKind,
} from '#policies/stored-tables';
import { KEY_BYTES } from '../vault/key-wrapper.ts';
import type { ScratchDir } from '../vault/private-dir.ts';
import { openSealedFile, sealFile } from '../vault/sealed-file.ts';
import type { VersionWriter } from '../vault/version-writer.ts';
import type { CiphertextDigest, CsvChunk, ParquetChunk, SealOutcome } from './ingest-protocol.ts';
import { REJECTED_LISTED_MAX, type RejectedRow } from './ingest-report.ts';
import { addQuality, type SegmentQuality } from './segment-quality.ts';
import { checkedRun, mergeRanks, mergeRuns, type RunFigures, type UnitTotals } from './unit-runs.ts';
import { createWaitingSegments, type WaitingSegments } from './waiting-segments.ts';
import type { IngestWorker } from './worker-client.ts';

/** A segment is closed when it has so many rows or bytes, whichever comes first. */
export const SEGMENT_ROWS_MAX = 4_000_000;
export const SEGMENT_BYTES_MAX = 256 * 2 ** 20;

/** Of the whole version, what it shares with its base included. */
export interface PumpTotals {
  readonly rows: number;
  /** Of this upload alone; so are the rejected ones. */
  readonly rowsAdded: number;
  readonly rejectedRows: number;
  readonly rejected: readonly RejectedRow[];
  readonly nulls: readonly number[];
  readonly rowsPerUnitMax: Partial<Record<UnitKind, number>>;
  readonly unitsDistinct: Partial<Record<UnitKind, number>>;
  readonly rowKeyScheme: string;
  /** What all new segments have. */
  readonly prints: StoredPrints | null;
  readonly ciphertext: CiphertextDigest | null;
  readonly scan: readonly (PassCounts | null)[];
  /** Equal rows within a segment, summed; extremes of the whole table. */
  readonly quality: SegmentQuality;
}

/** Chunks in, sealed segments out: one chunk in the worker and one segment on its way to the vault at a time. */
export interface SegmentPump {
  /** Resolves when the worker is free for this chunk; its outcome is awaited by the next call. */
  push(chunk: Omit<CsvChunk, 'id'> | Omit<ParquetChunk, 'id'>): Promise<void>;
  /** Taken so far. */
  rows(): number;
  finish(): Promise<PumpTotals>;
  /** Waits for what still runs, whatever comes of it. Before the folders are wiped. */
  settle(): Promise<void>;
}

export interface PumpOptions {
  readonly worker: IngestWorker;
  /** Another one in its place. */
  readonly freshWorker: () => Promise<IngestWorker>;
  readonly writer: VersionWriter;
  readonly schema: TableSchema;
  /** The folder shared with the worker. */
  readonly dir: string;
  /** Where sealed runs wait: on disk. */
  readonly spool: () => Promise<ScratchDir>;
  readonly segmentRowsMax: number;
  /** The segments that the version shares, in their places; none where a table is replaced. */
  readonly shared: readonly SharedSegment[];
}

/** A segment of the version that is appended to, as the worker sees it. */
export interface SharedSegment {
  readonly file: string;
  readonly rows: number;
}

interface UnitRun extends RunFigures {
  readonly column: string;
  readonly path: string | null;
}

export function createSegmentPump(options: PumpOptions): SegmentPump {
  const { worker, freshWorker, writer, schema, dir, segmentRowsMax, shared } = options;
  const ranked = new Set(storedTwins(schema).flatMap(({ kind, of }) => (kind === 'rank' ? [of] : [])));
  const rejected: RejectedRow[] = [];
  const nulls = schema.columns.map(() => 0);
  const runs: UnitRun[] = [];
  const spoolKey = randomBytes(KEY_BYTES);
  let spool: Promise<ScratchDir> | null = null;
  let waiting: WaitingSegments | null = null;
  let rows = 0;
  let rejectedRows = 0;
  let segments = 0;
  let openRows = 0;
  let rowKeyScheme = '';
  let prints = printsOf(schema);
  let ciphertext: CiphertextDigest | null = null;
  let scan: readonly (PassCounts | null)[] = [];
  let quality: SegmentQuality | null = null;
  let working: Promise<void> = Promise.resolve();
  let storing: Promise<void> = Promise.resolve();

  /** Failures surface at the next await of the same promise; meanwhile they must not count as unhandled. */
  const later = (work: Promise<void>): Promise<void> => {
    work.catch(() => undefined);
    return work;
  };

  const work = async (chunk: Omit<CsvChunk, 'id'> | Omit<ParquetChunk, 'id'>): Promise<void> => {
    const outcome = await worker.append(chunk);
    rows += outcome.rows;
    rejectedRows += outcome.rejectedRows;
    rejected.push(...outcome.rejected.slice(0, REJECTED_LISTED_MAX - rejected.length));
    openRows = outcome.segmentRows;
    if (outcome.segmentRows >= segmentRowsMax || outcome.segmentBytes >= SEGMENT_BYTES_MAX) await seal(true);
  };

  const seal = async (withRuns: boolean): Promise<void> => {
    await storing;
    const outcome = await worker.seal(withRuns);
    segments += 1;
    openRows = 0;
    ciphertext = outcome.ciphertext;
    prints = commonPrints(prints, outcome.prints);
    await addFacts(outcome);
    storing = later(withRuns && ranked.size > 0 ? hold(outcome) : store(outcome));
  };

  const addFacts = async (outcome: SealOutcome): Promise<void> => {
    scan = outcome.scan;
    quality = quality === null ? outcome.quality : addQuality(schema.columns, quality, outcome.quality);
    rowKeyScheme = outcome.rowKeyScheme; // of the engine of this worker, so that of all segments
    for (const [index, count] of outcome.nulls.entries()) nulls[index] = (nulls[index] ?? 0) + count;
    // WHY here and not in `store`: the next segment's runs get the same names.
    for (const unit of outcome.units) {
      const nullRows = outcome.nulls[schema.columns.findIndex(({ name }) => name === unit.column)] ?? 0;
      const path = unit.run === null ? null : await spoolRun(unit.run);
      runs.push({ ...unit, rows: outcome.rows - nullRows, path });
    }
  };

  /** WHY from the rows again: what an earlier upload found of them is not what holds of them together with the new ones. */
  const review = async (): Promise<void> => {
    for (const [place, { file, rows: known }] of shared.entries()) {
      const outcome = await worker.review({ file, rows: known });
      rows += known;
      if (ranked.size > 0) (await openWaiting()).holdShared(file, known, place);
      await addFacts(outcome);
    }
  };

  const openWaiting = async (): Promise<WaitingSegments> => {
    spool ??= options.spool();
    const spoolDir = (await spool).dir;
    waiting ??= createWaitingSegments({ freshWorker, writer, dir, spoolDir, spoolKey });
    return waiting;
  };

  const hold = async (outcome: SealOutcome): Promise<void> => (await openWaiting()).hold(outcome);

  const spoolRun = async (file: string): Promise<string> => {
    spool ??= options.spool();
    const name = `run-${String(runs.length)}`;
    const path = join((await spool).dir, name);
    await sealFile(spoolKey, name, join(dir, file), path, { chunkPlainBytes: RUN_BLOCK_BYTES, durable: false });
    await rm(join(dir, file));
    return path;
  };

  const store = async (outcome: SealOutcome): Promise<void> => {
    const path = join(dir, outcome.file);
    await writer.addSegment(path, outcome.rows);
    await rm(path);
  };

  return {
    async push(chunk) {
      await working;
      working = later(work(chunk));
    },
    rows: () => rows,
    async finish() {
      await working;
      const rowsAdded = rows;
      if (segments === 0 || openRows > 0) await seal(segments > 0 || shared.length > 0);
      await storing;
      await review();
      const merge = (column: string, entries: readonly AsyncIterable<Buffer>[]) =>
        waiting === null || !ranked.has(column) ? mergeRuns(entries) : rankAll(waiting, column, entries);
      const totals = await unitTotals(schema, runs, (column, own) =>
        merge(
          column,
          own.map((run) => checkedRun(runEntries(run, spoolKey), run, ranked.has(column) ? 'rows' : 'units')),
        ),
      );
      await waiting?.store();
      assert(quality !== null, 'an upload has a segment, were it an empty one');
      const found = { nulls, rowKeyScheme, prints, ciphertext, scan, quality };
      return { rows, rowsAdded, rejectedRows, rejected, ...found, ...totals };
    },
    async settle() {
      await Promise.allSettled([working, storing]);
      await waiting?.close();
      await (await spool)?.wipe();
    },
  };
}

const RUN_BLOCK_BYTES = 64 * 1024;

async function unitTotals(
  schema: TableSchema,
  runs: readonly UnitRun[],
  merge: (column: string, own: readonly UnitRun[]) => Promise<UnitTotals>,
): Promise<Pick<PumpTotals, 'rowsPerUnitMax' | 'unitsDistinct'>> {
  const rowsPerUnitMax: Partial<Record<UnitKind, number>> = {};
  const unitsDistinct: Partial<Record<UnitKind, number>> = {};
  for (const { name, unit, rowsPerUnitMax: promised } of schema.columns) {
    const own = runs.filter((run) => run.column === name);
    const [only] = own;
    if (unit === undefined || only === undefined) continue;
    const totals = only.path === null ? only : await merge(name, own);
    if (promised !== undefined && totals.rowsMax > promised)
      throw new AppError('UPLOAD_UNIT_ROWS', { column: name, rowsMax: promised });
    rowsPerUnitMax[unit] = Math.max(rowsPerUnitMax[unit] ?? 0, totals.rowsMax);
    unitsDistinct[unit] = Math.max(unitsDistinct[unit] ?? 0, totals.distinct);
  }
  return { rowsPerUnitMax, unitsDistinct };
}

const rankAll = async (waiting: WaitingSegments, column: string, entries: readonly AsyncIterable<Buffer>[]) =>
  mergeRanks(entries, await waiting.ranksOf(column));

function runEntries(run: UnitRun, spoolKey: Uint8Array): AsyncIterable<Buffer> {
  const path = run.path as string;
  return openSealedFile(spoolKey, path.slice(path.lastIndexOf('/') + 1), path);
}
