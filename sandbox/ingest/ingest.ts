import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  AppError,
  assert,
  commonPrints,
  domainOf,
  encryptedColumns,
  judgeColumn,
  printsOf,
  type ScanExcuse,
  type StoredPrints,
  storedTwins,
  type TableSchema,
} from '#policies/stored-tables';
import type { IsolationTier } from '../isolation/spawn.ts';
import type { AttachedVersion } from '../vault/attachments.ts';
import { checkFreeBytes, type ScratchDir } from '../vault/private-dir.ts';
import { openSealedSpool } from '../vault/sealed-spool.ts';
import type { Vault } from '../vault/vault.ts';
import type { VersionWriter } from '../vault/version-writer.ts';
import { BLOCK_BYTES, type BodyTotals, readBodyBlocks } from './body-blocks.ts';
import { cutCsv } from './csv-chunks.ts';
import type { IngestColumn } from './ingest-protocol.ts';
import { type IngestReport, RowsRejectedError, UnderDeclaredError, type UploadEncoding } from './ingest-report.ts';
import { cutParquet, spoolParquet } from './parquet-chunks.ts';
import { createSegmentPump, type PumpTotals, SEGMENT_ROWS_MAX, type SegmentPump } from './segment-pump.ts';
import { checkedBlocks, type SignedBlocks, signedBlocks } from './signed-blocks.ts';
import { storedSchema } from './stored-schema.ts';
import { readTextBlocks } from './text-blocks.ts';
import { RANK_KEY_BYTES } from './unit-rank.ts';
import { appendError } from './upload-problem.ts';
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
  /** Text that the worker gets at once. Larger is a little faster; two of them lie in memory. */
  readonly chunkBytes: number;
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = Object.freeze({
  bytesMax: 64 * 2 ** 30,
  engineThreads: 2,
  memoryMbMax: 768,
  deadlineMs: 300_000,
  segmentRowsMax: SEGMENT_ROWS_MAX,
  chunkBytes: 31 * 2 ** 20,
});

export interface IngestDependencies {
  readonly vault: Vault;
  readonly tier: IsolationTier;
  /** The 64-byte key of an identifier domain (`domainOf`), and the salt of a resource's row keys. It goes to the worker of this upload and nowhere else. */
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
  /** The version that the body's rows are added to. Null or absent: the body is the whole version. */
  readonly base?: AppendBase | null;
  /** Compact JWS of the provider over the encrypted columns (homomorphic/block-manifest.ts). Null where it sent none. */
  readonly manifest?: string | null;
  /** What its columns were confirmed not to hold, whatever they look like. */
  readonly excuses?: readonly ScanExcuse[];
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

/** What was recorded of a version when it was stored. */
export interface AppendBase {
  readonly version: number;
  readonly rowKeyScheme: string | null;
  readonly twins: readonly string[];
  readonly prints: StoredPrints | null;
}

/** WHY bounded: each is a file that every job over the table opens. */
export const SEGMENTS_MAX = 128;

/** Room that work in progress may take on the tmpfs: two chunks, two segments, the engine's own spill. */
const WORK_BYTES_MAX = 640 * 2 ** 20;

/**
 * Reads, checks and stores an upload in constant memory, whatever its size. On any error nothing is stored, no plain
 * byte is left on the tmpfs, and the worker is gone.
 * @throws RowsRejectedError (with the report); AppError UPLOAD_APPEND, VAULT_CORRUPT, UPLOAD_UNDER_DECLARED, UPLOAD_FORMAT, UPLOAD_ENCODING, UPLOAD_HEADER,
 *   UPLOAD_TOO_LARGE, UPLOAD_INTERRUPTED, SANDBOX_FAILED, SANDBOX_MEMORY, SANDBOX_TIMEOUT
 */
export async function ingest(dependencies: IngestDependencies, upload: Upload): Promise<IngestReport> {
  assert(upload.schema.columns.length > 0, 'a table has columns');
  const base = upload.base ?? null;
  // WHY: what was encrypted is signed as a whole, by indices that count from the first row of the table.
  if (base !== null && encryptedColumns(upload.schema).length > 0) throw appendError('encrypted');
  const signed = await signedBlocks(upload);
  const writer = await dependencies.vault.create(upload.resource, upload.version);
  try {
    // INVARIANT: held until the version is there or is not, so that the base's destruction waits for it.
    const held = base === null ? null : await dependencies.vault.attach(upload.resource, base.version);
    const scratch = await dependencies.vault.scratch();
    try {
      if (base !== null) await writer.share(base.version);
      const report = await fill(dependencies, upload, writer, scratch.dir, signed, held);
      const share = report.rejectedRows / Math.max(1, (report.appended?.rows ?? report.rows) + report.rejectedRows);
      // WHY none beside ciphertext: what was encrypted is signed as a whole, row by row.
      if (share > (signed === null ? upload.rejectShareMax : 0)) throw new RowsRejectedError(report);
      refuseUnderDeclared(report.findings);
      refuseUnlike(report, base);
      await writer.commit();
      return report;
    } finally {
      await scratch.wipe();
      await writer.abort();
      await held?.release();
    }
  } catch (error) {
    if (upload.signal?.aborted === true && upload.signal.reason instanceof AppError) throw upload.signal.reason;
    throw noSpace(error) ? new AppError('SANDBOX_MEMORY', { limitMb: WORK_BYTES_MAX / 2 ** 20 }, null, error) : error;
  } finally {
    await writer.abort();
  }
}

/** Keys of rows that were made in another way would not compare: the differencing guard would not know old rows again. */
function refuseUnlike(report: IngestReport, base: AppendBase | null): void {
  if (base === null) return;
  if (report.appended?.rows === 0) throw appendError('no-rows');
  if (report.rowKeyScheme !== base.rowKeyScheme) throw appendError('row-keys');
  if (report.segments.length > SEGMENTS_MAX) throw appendError('segments');
}

/** Columns that are not declared as what they hold: nothing of the upload is kept. */
function refuseUnderDeclared(findings: IngestReport['findings']): void {
  const found = findings.filter(({ verdict }) => verdict === 'under-declared');
  if (found.length === 0) return;
  throw new UnderDeclaredError(found);
}

function findingsOf({ schema, excuses }: Upload, scan: PumpTotals['scan']): IngestReport['findings'] {
  return schema.columns.flatMap((column, place) => {
    const counts = scan[place] ?? null;
    return (counts === null ? null : judgeColumn(column, counts, excuses)) ?? [];
  });
}

function noSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}

/** Everything but the decision to keep it. The worker has ended when the promise settles. */
async function fill(
  { vault, tier, unitKeys, limits }: IngestDependencies,
  upload: Upload,
  writer: VersionWriter,
  scratchDir: string,
  signed: SignedBlocks | null,
  held: AttachedVersion | null,
): Promise<IngestReport> {
  const dir = join(scratchDir, 'data');
  await mkdir(dir, { mode: 0o700 });
  await checkFreeBytes(dir, Math.min(WORK_BYTES_MAX, 2 * (upload.declaredBytes ?? WORK_BYTES_MAX)));
  const schema = storedSchema(upload.schema);
  const columns = ingestColumns(schema, unitKeys);
  const rowSalt = unitKeys(rowSaltDomain(upload.resource));
  const { engineThreads: threads, memoryMbMax: memoryMb, deadlineMs, segmentRowsMax } = limits;
  const secrets = { rowSalt, rankKey: randomBytes(RANK_KEY_BYTES) };
  const beside = { twins: storedTwins(schema), prints: printsOf(schema) };
  const baseDir = held?.dir ?? null;
  const start = () =>
    startIngestWorker({ tier, dir, baseDir, columns, ...beside, ...secrets, threads, memoryMb, deadlineMs });
  let worker = start();
  const freshWorker = async () => {
    await worker.end();
    upload.signal?.throwIfAborted();
    worker = start();
    return worker;
  };
  const spool = () => vault.spoolDir();
  const shared =
    held === null ? [] : held.segments.map(({ rows }, place) => ({ file: basename(held.files[place]!), rows }));
  const pump = createSegmentPump({ worker, freshWorker, writer, schema, dir, spool, segmentRowsMax, shared });
  const body = readBodyBlocks(upload.body, {
    declaredBytes: upload.declaredBytes,
    bytesMax: limits.bytesMax,
    signal: upload.signal ?? null,
  });
  // WHY: an abort must not wait for a chunk that the worker has before it.
  const stop = () => void worker.end();
  upload.signal?.addEventListener('abort', stop, { once: true });
  const progress = (): void => upload.onProgress?.({ bytes: body.bytes(), rows: pump.rows() });
  try {
    const read = upload.format === 'csv' ? readCsv : readParquet;
    const text = await read({ upload, schema, limits, dir, pump, spool, progress }, body.blocks);
    const totals = await pump.finish();
    progress();
    const encrypted = signed === null || totals.rejectedRows > 0 ? null : checkedBlocks(signed, totals.ciphertext);
    return makeReport(upload, encrypted, totals, writer.segments(), { ...text, ...body.totals() });
  } finally {
    upload.signal?.removeEventListener('abort', stop);
    await worker.end();
    await pump.settle();
  }
}

function ingestColumns(schema: TableSchema, unitKeys: IngestDependencies['unitKeys']): readonly IngestColumn[] {
  return schema.columns.map((column) => ({
    schema: column,
    key: column.role === 'identifier' ? unitKeys(domainOf(schema, column)) : null,
  }));
}

/** One salt for all versions of a resource. No identifier domain holds a space. */
function rowSaltDomain(resource: string): string {
  return `row keys ${resource}`;
}

interface Reading {
  readonly upload: Upload;
  /** As stored. */
  readonly schema: TableSchema;
  readonly limits: IngestLimits;
  readonly dir: string;
  readonly pump: SegmentPump;
  readonly spool: () => Promise<ScratchDir>;
  readonly progress: () => void;
}

type TextFacts = Pick<IngestReport, 'encoding' | 'delimiter'>;

async function readCsv(
  { upload, schema, limits, dir, pump, progress }: Reading,
  blocks: AsyncIterable<Buffer>,
): Promise<TextFacts> {
  const text = readTextBlocks(blocks, upload.encoding ?? 'auto');
  let delimiter: string | null = null;
  const chunks = cutCsv(text.blocks, schema, { dir, chunkBytes: limits.chunkBytes }, (header) => {
    delimiter = header.delimiter;
  });
  for await (const chunk of chunks) {
    await pump.push(chunk);
    progress();
  }
  return { encoding: text.encoding(), delimiter };
}

async function readParquet(
  { schema, dir, pump, spool, progress }: Reading,
  blocks: AsyncIterable<Buffer>,
): Promise<TextFacts> {
  const folder = await spool();
  const file = await openSealedSpool(join(folder.dir, 'body'), BLOCK_BYTES);
  try {
    await spoolParquet(blocks, file);
    for await (const chunk of cutParquet(file, schema, dir)) {
      await pump.push(chunk);
      progress();
    }
    return { encoding: null, delimiter: null };
  } finally {
    await file.close();
    await folder.wipe();
  }
}

const uniqueIn =
  ({ unique }: PumpTotals['quality']) =>
  ({ name }: { readonly name: string }, place: number): readonly string[] =>
    unique[place] === true ? [name] : [];

function makeReport(
  upload: Upload,
  encrypted: IngestReport['encrypted'],
  totals: PumpTotals,
  segments: IngestReport['segments'],
  body: TextFacts & BodyTotals,
): IngestReport {
  const { schema, base = null } = upload;
  const { nulls, ciphertext: _, scan, quality, rowsAdded, ...counts } = totals;
  const { encoding, delimiter, bytes, sha256: contentSha256 } = body;
  const columns = schema.columns.map(({ name }, index) => {
    const { min = null, max = null } = quality.extremes[index] ?? {};
    return { name, nulls: nulls[index] ?? 0, min, max };
  });
  // Ranks are given to all rows anew; other twins are there where every segment has them.
  const twins = storedTwins(schema).filter(({ name, kind }) => kind === 'rank' || (base?.twins.includes(name) ?? true));
  return {
    ...counts,
    appended: base === null ? null : { base: base.version, rows: rowsAdded },
    bytes,
    contentSha256,
    encoding,
    delimiter,
    twins: twins.map(({ name }) => name),
    uniqueColumns: schema.level === 'general-1' ? schema.columns.flatMap(uniqueIn(quality)) : [],
    prints: base === null ? totals.prints : commonPrints(base.prints, totals.prints),
    encrypted,
    columns,
    segments,
    duplicateRows: quality.duplicates,
    findings: findingsOf(upload, scan),
  };
}
