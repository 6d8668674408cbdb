import {
  abandonVersion,
  beginVersion,
  commitVersion,
  type Db,
  findVersion,
  getResource,
  type Resource,
  type ResourceVersion,
  recordScanFinding,
  type Store,
  scanExcuses,
  sha256Hex,
} from '#catalog';
import { AppError, assert, type ErrorCode, type ScanExcuse } from '#policies';
import { type AppendBase, appendError, type IngestReport, UnderDeclaredError } from '#sandbox';
import type { Caller } from '../identity/index.ts';
import { appendChange } from '../log-change.ts';
import { storedBeside } from './stored-beside.ts';
import { tableEntry } from './table-entry.ts';

/** One upload as the route hands it over. */
export interface Upload {
  readonly format: 'csv' | 'parquet';
  readonly encoding: 'utf-8' | 'gb18030' | 'auto';
  readonly body: AsyncIterable<Uint8Array>;
  /** The Content-Length header; null when the client did not say. */
  readonly declaredBytes: number | null;
  /** SHA-256 of the body as the client declared it (hex); null when it did not. */
  readonly declaredSha256: string | null;
  /** The provider's signature over encrypted columns; null when it sent none. */
  readonly manifest: string | null;
  /** 0–1: a larger share of rejected rows fails the upload. */
  readonly rejectShareMax: number;
  /** The rows are added to the current version, which is `base` where the client said so. Null: the body is the whole table. */
  readonly append: { readonly base: number | null } | null;
  readonly signal: AbortSignal;
}

export interface UploadService {
  /**
   * Stores the body as the resource's next version. Whatever fails leaves nothing behind but a log entry.
   * Errors: RESOURCE_NOT_FOUND, RESOURCE_STATE (withdrawn, or another upload runs, or the version that it appends to was destroyed meanwhile),
   * every UPLOAD_ code, SANDBOX_BUSY.
   */
  put(caller: Caller, resource: string, upload: Upload): Promise<ResourceVersion>;
}

/** What ingest needs beside what `assemble.ts` has bound to it: vault, tier, keys, limits. */
export interface IngestUpload extends Omit<Upload, 'declaredSha256' | 'append'> {
  readonly resource: string;
  readonly version: number;
  readonly schema: Resource['schema'];
  readonly base: AppendBase | null;
  readonly excuses: readonly ScanExcuse[];
}

/** The service and what the process needs of it at its end. */
export interface Uploads extends UploadService {
  /** Cuts off what appends to the version; resolves when nothing of it is left. Before the version is destroyed. */
  cutOff(resource: string, version: number): Promise<void>;
  /** Takes no more, cuts off what runs, and resolves when none of it is left anywhere. */
  close(): Promise<void>;
}

export interface UploadDeps {
  readonly store: Store;
  readonly ingest: (upload: IngestUpload) => Promise<IngestReport>;
  /** Removes a version from the vault; harmless when it has none. */
  readonly destroy: (resource: string, version: number) => Promise<void>;
}

/** At once: each has a worker and a part of the memory that all share. */
const UPLOADS_MAX = 4;

export function createUploadService(deps: UploadDeps): Uploads {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const appends = new Map<string, { readonly cut: AbortController; readonly stored: Promise<unknown> }>();
  return {
    async put(caller, resource, upload) {
      closing.signal.throwIfAborted();
      if (running.size >= UPLOADS_MAX) throw new AppError('SANDBOX_BUSY', { retryAfterSeconds: 5 });
      const cut = new AbortController();
      const signal = AbortSignal.any([upload.signal, closing.signal, cut.signal]);
      const { version, base } = await deps.store.commit((tx) => begin(tx, resource, upload.append));
      const stored = storeUpload(deps, caller, { resource, version, base }, { ...upload, signal });
      running.add(stored);
      const name = base && labelOf(resource, base.version);
      if (name !== null) appends.set(name, { cut, stored });
      return stored.finally(() => {
        running.delete(stored);
        if (name !== null) appends.delete(name);
      });
    },
    async cutOff(resource, version) {
      const append = appends.get(labelOf(resource, version));
      append?.cut.abort(destroyed(resource, version));
      await append?.stored.catch(() => undefined);
    },
    async close() {
      closing.abort(new AppError('SANDBOX_BUSY', { retryAfterSeconds: 5 }));
      await Promise.allSettled(running);
    },
  };
}

const labelOf = (resource: string, version: number): string => `${resource}@${version}`;

function destroyed(resource: string, version: number): AppError {
  return new AppError('RESOURCE_STATE', { id: labelOf(resource, version), state: 'destroyed', accepted: ['current'] });
}

/** A version that is being stored, and what it stands on. */
interface Begun {
  readonly resource: string;
  readonly version: number;
  readonly base: (AppendBase & Pick<ResourceVersion, 'contentSha256' | 'bytes'>) | null;
}

/** INVARIANT: one upload per resource; `beginVersion` refuses a second, so that two cannot swap their order. */
function begin(tx: Db, resource: string, append: Upload['append']): Pick<Begun, 'version' | 'base'> {
  const { currentVersion } = getResource(tx, resource);
  const version = beginVersion(tx, resource);
  if (append === null) return { version, base: null };
  const current = currentVersion === null ? null : findVersion(tx, resource, currentVersion);
  if (current === null) throw appendError('no-base');
  if (append.base !== null && append.base !== current.version) throw appendError('other-base');
  const { rowKeyScheme, contentSha256, bytes } = current;
  const { twins, prints } = storedBeside(current);
  return { version, base: { version: current.version, rowKeyScheme, twins, prints, contentSha256, bytes } };
}

async function storeUpload(
  deps: UploadDeps,
  caller: Caller,
  begun: Begun,
  { declaredSha256, append: _, ...body }: Upload,
): Promise<ResourceVersion> {
  const { resource, version, base } = begun;
  const declared = deps.store.read((db) => getResource(db, resource));
  const excuses = deps.store.read((db) => scanExcuses(db, declared));
  try {
    const report = await deps.ingest({ ...body, resource, version, schema: declared.schema, base, excuses });
    refuseOtherDigest(report, declaredSha256);
    return await keep(deps, caller, declared, begun, report);
  } catch (error) {
    await abandon(deps, caller, declared, version, error);
    throw error;
  }
}

/** After the data, before the version is visible: a corrupted transfer must not become the current table. */
function refuseOtherDigest(report: IngestReport, declaredSha256: string | null): void {
  if (declaredSha256 !== null && declaredSha256 !== report.contentSha256) {
    throw new AppError('UPLOAD_DIGEST', { algorithm: 'sha-256' });
  }
}

function keep(
  deps: UploadDeps,
  caller: Caller,
  resource: Resource,
  { version, base }: Begun,
  report: IngestReport,
): Promise<ResourceVersion> {
  const { rows, rowsPerUnitMax, rowKeyScheme, appended } = report;
  const bytes = report.bytes + (base?.bytes ?? 0);
  const contentSha256 = contentDigest(base?.contentSha256 ?? null, report.contentSha256);
  const added = appended === null ? '' : `appended to version ${appended.base}, rows added ${appended.rows}, `;
  return deps.store.commit((tx) => {
    commitVersion(tx, {
      resource: resource.id,
      version,
      rows,
      bytes,
      rowsPerUnitMax,
      contentSha256,
      rowKeyScheme,
      report: withoutExtremes(report),
    });
    appendChange(tx, {
      kind: 'upload',
      caller,
      tables: [tableEntry(resource, version)],
      note: `${added}rows ${rows}, rejected ${report.rejectedRows}, sha-256 ${contentSha256}`,
    });
    const kept = findVersion(tx, resource.id, version);
    assert(kept !== null, 'a committed version is there');
    return { ...kept, report };
  });
}

/** Of a version that grew: SHA-256 of the digest before, a space and that of the rows added, as text. Who has the files can work it out. */
function contentDigest(before: string | null, added: string): string {
  return before === null ? added : sha256Hex(`${before} ${added}`);
}

/**
 * What the store keeps of a report. INVARIANT: no value of a row, so that a stolen disk has none and none outlives the version: least and
 * greatest values go to the provider with the answer to its upload, and nowhere else.
 */
function withoutExtremes(report: IngestReport): IngestReport {
  return { ...report, columns: report.columns.map(({ name, nulls }) => ({ name, nulls, min: null, max: null })) };
}

async function abandon(
  deps: UploadDeps,
  caller: Caller,
  resource: Resource,
  version: number,
  error: unknown,
): Promise<void> {
  const code: ErrorCode = error instanceof AppError ? error.code : 'INTERNAL';
  try {
    await deps.destroy(resource.id, version);
  } finally {
    // WHY even then: the next start sweeps what is left of the data, but a version left `writing` bars every upload.
    await deps.store.commit((tx) => {
      abandonVersion(tx, resource.id, version);
      if (error instanceof UnderDeclaredError) {
        for (const finding of error.findings) recordScanFinding(tx, resource, finding);
      }
      appendChange(tx, { kind: 'upload', caller, tables: [tableEntry(resource, version)], code });
    });
  }
}
