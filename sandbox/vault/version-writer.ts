import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '#policies/stored-tables';
import { type VersionName, versionLabel } from './data-key.ts';
import { KEY_BYTES, type KeyWrapper } from './key-wrapper.ts';
import { fileContext, KEY_FILE, type SegmentInfo, writeManifest } from './manifest.ts';
import { sealFile, writeFully } from './sealed-file.ts';
import type { WorkPlaces } from './work-places.ts';

/**
 * A table version being written. Everything goes to a staging folder; `commit` makes it durable and visible with one
 * rename, `abort` leaves nothing. A crash in between leaves a staging folder whose key only this process knew.
 */
export interface VersionWriter {
  readonly resource: string;
  readonly version: number;
  /** Seals the plain DuckDB file at `path` as the next segment. The plain file stays the caller's to wipe. */
  addSegment(path: string, rows: number): Promise<SegmentInfo>;
  /** Segments so far, in order. */
  segments(): readonly SegmentInfo[];
  commit(): Promise<void>;
  /** Removes the staging folder. Harmless after `commit` and when called twice. */
  abort(): Promise<void>;
}

/** Makes a folder's entries durable. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function createVersionWriter(
  places: { readonly staging: string; readonly versions: string },
  keys: KeyWrapper,
  name: VersionName,
  work: Pick<WorkPlaces, 'hold'>,
): Promise<VersionWriter> {
  const label = versionLabel(name);
  const target = join(places.versions, label);
  const taken = await stat(target).catch(() => null);
  assert(taken === null, 'a table version is written once');
  const dir = join(places.staging, `${label}.${randomUUID()}`);
  const release = work.hold(dir);
  await mkdir(dir, { mode: 0o700 });
  const dataKey = randomBytes(KEY_BYTES);
  const segments: SegmentInfo[] = [];
  let state: 'open' | 'committed' | 'aborted' = 'open';
  return {
    ...name,
    segments: () => [...segments],
    async addSegment(path, rows) {
      assert(state === 'open', 'segments go to an open version');
      const file = `${String(segments.length).padStart(6, '0')}.seg`;
      const { bytes, sha256 } = await sealFile(dataKey, fileContext(name, file), path, join(dir, file));
      const segment = { name: file, bytes, sha256, rows };
      segments.push(segment);
      return segment;
    },
    async commit() {
      assert(state === 'open', 'a version is committed once');
      await writeManifest(dataKey, name, dir, { v: 1, segments });
      await writeKey(join(dir, KEY_FILE), await keys.wrap(dataKey, label));
      await syncDir(dir);
      await rename(dir, target);
      state = 'committed';
      release();
      dataKey.fill(0);
      await syncDir(places.versions);
    },
    async abort() {
      if (state === 'committed') return;
      state = 'aborted';
      dataKey.fill(0);
      await rm(dir, { recursive: true, force: true });
      release();
    },
  };
}

/** A new key file, durable on return. */
export async function writeKey(path: string, wrapped: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await writeFully(file, [wrapped]);
    await file.sync();
  } finally {
    await file.close();
  }
}
