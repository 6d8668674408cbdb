import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, assert, domainOf, type TableSchema } from '#policies';
import type { IsolationTier } from '../isolation/spawn.ts';
import { checkFreeBytes } from '../vault/private-dir.ts';
import type { Vault } from '../vault/vault.ts';
import { readBodyBlocks } from './body-blocks.ts';
import { cutCsv } from './csv-chunks.ts';
import type { IngestColumn } from './ingest-protocol.ts';
import { type IngestReport, RowsRejectedError, type UploadEncoding } from './ingest-report.ts';
import { createSegmentPump, type PumpTotals, SEGMENT_ROWS_MAX, type SegmentPump } from './segment-pump.ts';
import { readTextBlocks } from './text-blocks.ts';
import { startIngestWorker } from './worker-client.ts';

/** The way in: a provider's file becomes an encrypted table version, or leaves nothing behind. */

export interface IngestLimits {
  /** Of the raw body. */
  readonly bytesMax: number;
  readonly engineThreads: number;
  /** Of the worker's engine, MiB. */
  readonly memoryMbMax: number;
  /** For one chunk or one segment in the worker. */
  readonly deadlineMs: number;
  readonly segmentRowsMax: number;
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = Object.freeze({
  bytesMax: 64 * 2 ** 30,
  engineThreads: 2,
  memoryMbMax: 768,
  deadlineMs: 300_000,
  segmentRowsMax: SEGMENT_ROWS_MAX,
});

export interface IngestDependencies {
  readonly vault: Vault;
  readonly tier: IsolationTier;
  /** The 64-byte key of an identifier domain (`domainOf`). It goes to the worker of this upload and nowhere else. */
  readonly unitKeys: (domain: string) => Uint8Array;
  readonly limits: IngestLimits;
}

export interface IngestProgress {
  /** Of the body, read so far. */
  readonly bytes: number;
  /** Checked and taken so far. */
  readonly rows: number;
}

export interface Upload {
  readonly resource: string;
  readonly version: number;
  readonly schema: TableSchema;
  readonly format: 'csv' | 'parquet';
  /** CSV only. Default `auto`. */
  readonly encoding?: UploadEncoding | 'auto';
  readonly body: AsyncIterable<Uint8Array>;
  /** Content-Length, when the client said one. */
  readonly declaredBytes: number | null;
  readonly signal?: AbortSignal | undefined;
  /** Largest share of rows that may be rejected, 0–1; one row more and nothing is stored. */
  readonly rejectShareMax: number;
  readonly onProgress?: (progress: IngestProgress) => void;
}

/** Room that work in progress may take on the tmpfs: two chunks, two segments, the engine's own spill. */
const WORK_BYTES_MAX = 640 * 2 ** 20;

/**
 * Reads, checks and stores an upload in constant memory, whatever its size. On any error nothing is stored, no plain
 * byte is left on the tmpfs, and the worker is gone.
 * @throws RowsRejectedError (with the report); AppError UPLOAD_FORMAT, UPLOAD_ENCODING, UPLOAD_HEADER,
 *   UPLOAD_TOO_LARGE, UPLOAD_INTERRUPTED, SANDBOX_FAILED, SANDBOX_MEMORY, SANDBOX_TIMEOUT
 */
export async function ingest(dependencies: IngestDependencies, upload: Upload): Promise<IngestReport> {
  const { vault, limits } = dependencies;
  assert(upload.schema.columns.length > 0, 'a table has columns');
  const scratch = await vault.scratch();
  const dir = join(scratch.dir, 'data');
  const writer = await vault.create(upload.resource, upload.version);
  await mkdir(dir, { mode: 0o700 });
  const worker = startIngestWorker({
    tier: dependencies.tier,
    dir,
    columns: ingestColumns(upload.schema, dependencies.unitKeys),
    threads: limits.engineThreads,
    memoryMb: limits.memoryMbMax,
    deadlineMs: limits.deadlineMs,
  });
  let rows = 0;
  const pump = createSegmentPump({
    worker,
    writer,
    schema: upload.schema,
    dir,
    spool: () => vault.spoolDir(),
    segmentRowsMax: limits.segmentRowsMax,
    onRows: (taken) => {
      rows = taken;
    },
  });
  try {
    await checkFreeBytes(dir, Math.min(WORK_BYTES_MAX, 2 * (upload.declaredBytes ?? WORK_BYTES_MAX)));
    const report = await readCsv(upload, limits, dir, pump, () => rows, writer.segments);
    const share = report.rejectedRows / Math.max(1, report.rows + report.rejectedRows);
    if (share > upload.rejectShareMax) throw new RowsRejectedError(report);
    await writer.commit();
    return report;
  } catch (error) {
    throw noSpace(error) ? new AppError('SANDBOX_MEMORY', { limitMb: WORK_BYTES_MAX / 2 ** 20 }, null, error) : error;
  } finally {
    await worker.end();
    await pump.settle();
    await writer.abort();
    await scratch.wipe();
  }
}

function noSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}

function ingestColumns(schema: TableSchema, unitKeys: IngestDependencies['unitKeys']): readonly IngestColumn[] {
  return schema.columns.map((column) => ({
    schema: column,
    key: column.role === 'identifier' ? unitKeys(domainOf(schema, column)) : null,
  }));
}

async function readCsv(
  upload: Upload,
  limits: IngestLimits,
  dir: string,
  pump: SegmentPump,
  rows: () => number,
  segments: () => IngestReport['segments'],
): Promise<IngestReport> {
  const body = readBodyBlocks(upload.body, {
    declaredBytes: upload.declaredBytes,
    bytesMax: limits.bytesMax,
    signal: upload.signal ?? null,
  });
  const text = readTextBlocks(body.blocks, upload.encoding ?? 'auto');
  let delimiter: string | null = null;
  const chunks = cutCsv(text.blocks, upload.schema, dir, (header) => {
    delimiter = header.delimiter;
  });
  for await (const chunk of chunks) {
    await pump.push(chunk);
    upload.onProgress?.({ bytes: body.bytes(), rows: rows() });
  }
  const totals = await pump.finish();
  const { bytes, sha256 } = body.totals();
  upload.onProgress?.({ bytes, rows: totals.rows });
  return makeReport(upload.schema, totals, segments(), {
    bytes,
    contentSha256: sha256,
    encoding: text.encoding(),
    delimiter,
  });
}

function makeReport(
  schema: TableSchema,
  totals: PumpTotals,
  segments: IngestReport['segments'],
  body: Pick<IngestReport, 'bytes' | 'contentSha256' | 'encoding' | 'delimiter'>,
): IngestReport {
  const { nulls, ...counts } = totals;
  const columns = schema.columns.map(({ name }, index) => ({ name, nulls: nulls[index] ?? 0 }));
  return { ...counts, ...body, columns, segments };
}
