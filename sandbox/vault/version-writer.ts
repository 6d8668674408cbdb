import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '#policies/stored-tables';
import { type VersionName, versionLabel } from './data-key.ts';
import { KEY_BYTES, type KeyWrapper } from './key-wrapper.ts';
import {
  fileContext,
  type HeldSegment,
  KEY_FILE,
  type SegmentInfo,
  segmentInfo,
  withVersion,
  writeManifest,
} from './manifest.ts';
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
  /**
   * Begins with the segments of a version of the same resource, before any other: each is one file with two names, read under its own key.
   * Whichever of the two versions is destroyed, the other keeps it; when no version has it any more, no key of it is left.
   * @throws AppError VAULT_CORRUPT
   */
  share(base: number): Promise<void>;
  /** Seals the plain DuckDB file at `path`: the ranks that this version gives the rows of its segment `place`, one of those it shares. */
  addRanks(place: number, path: string): Promise<void>;
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
  const segments: HeldSegment[] = [];
  let state: 'open' | 'committed' | 'aborted' = 'open';
  const forgetKeys = () => {
    for (const key of [dataKey, ...segments.map((segment) => segment.key)]) key.fill(0);
  };
  return {
    ...name,
    segments: () => segments.map(segmentInfo),
    async addSegment(path, rows) {
      assert(state === 'open', 'segments go to an open version');
      const file = `${placeName(segments.length)}.seg`;
      const context = fileContext(name, file);
      const key = randomBytes(KEY_BYTES);
      const { bytes, sha256 } = await sealFile(key, context, path, join(dir, file));
      const segment = { name: file, bytes, sha256, rows, key, context, ranks: null };
      segments.push(segment);
      return segmentInfo(segment);
    },
    async share(base) {
      assert(state === 'open' && segments.length === 0, 'what is shared comes first');
      const from = { resource: name.resource, version: base };
      await withVersion({ versions: places.versions, keys }, from, async (opened) => {
        for (const segment of opened.segments) {
          // WHY a link: the file system counts who has it, through every crash.
          await link(opened.fileOf(segment).source, join(dir, segment.name));
          segments.push({ ...segment, key: Buffer.from(segment.key), ranks: null });
        }
      });
    },
    async addRanks(place, path) {
      const segment = segments[place];
      assert(state === 'open' && segment !== undefined, 'ranks are of a segment');
      const file = `${placeName(place)}.ranks`;
      const sealed = await sealFile(dataKey, fileContext(name, file), path, join(dir, file));
      segments[place] = { ...segment, ranks: { name: file, ...sealed } };
    },
    async commit() {
      assert(state === 'open', 'a version is committed once');
      await writeManifest(dataKey, name, dir, segments);
      await writeKey(join(dir, KEY_FILE), await keys.wrap(dataKey, label));
      await syncDir(dir);
      await rename(dir, target);
      state = 'committed';
      release();
      forgetKeys();
      await syncDir(places.versions);
    },
    async abort() {
      if (state === 'committed') return;
      state = 'aborted';
      forgetKeys();
      await rm(dir, { recursive: true, force: true });
      release();
    },
  };
}

/** Six digits: a folder's names sort as the places do. */
const placeName = (place: number): string => String(place).padStart(6, '0');

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
