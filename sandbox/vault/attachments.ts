import { randomUUID } from 'node:crypto';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '#policies/stored-tables';
import { type VersionName, versionLabel } from './data-key.ts';
import type { KeyWrapper } from './key-wrapper.ts';
import { type SegmentInfo, segmentInfo, type VersionFile, withVersion } from './manifest.ts';
import { checkFreeBytes, type ScratchDir } from './private-dir.ts';
import { openSealedFile, writeFully } from './sealed-file.ts';
import type { WorkPlaces } from './work-places.ts';

/**
 * Decrypted copies of table versions on the private tmpfs, one per version whoever asks: counted, and wiped when the
 * last user lets go.
 */
export interface AttachedVersion {
  readonly resource: string;
  readonly version: number;
  /** The folder of the plain files: mount this, read-only. */
  readonly dir: string;
  /** Absolute paths of the plain DuckDB files, in the order of the segments; each holds a table `data`. */
  readonly files: readonly string[];
  /**
   * By segment: another such file, whose `data` has the ranks of the segment's rows in this version, row by row; null where those in the
   * segment hold.
   */
  readonly rankFiles: readonly (string | null)[];
  readonly segments: readonly SegmentInfo[];
  /** Lets go. The last one wipes the copy. Harmless when called twice. */
  release(): Promise<void>;
}

interface Copy extends Pick<AttachedVersion, 'files' | 'rankFiles' | 'segments'> {
  readonly scratch: ScratchDir;
}

interface Holding {
  readonly label: string;
  users: number;
  readonly copy: Promise<Copy>;
  /** Resolves once the copy is wiped. */
  readonly wiped: PromiseWithResolvers<void>;
}

export interface Attachments {
  attach(name: VersionName): Promise<AttachedVersion>;
  /** Whoever attaches from now on reads the version anew, which fails once its key is gone. */
  retire(name: VersionName): void;
  /** Resolves when nobody has a copy of the version that is there now. */
  unused(name: VersionName): Promise<void>;
  /** Whether the file is, by whatever name, a plain file that somebody has now. */
  holdsFile(file: { readonly dev: number; readonly ino: number }): Promise<boolean>;
}

export function createAttachments(
  places: { readonly versions: string; readonly attached: string },
  keys: KeyWrapper,
  work: WorkPlaces,
): Attachments {
  /** The one that a new user shares. */
  const holdings = new Map<string, Holding>();
  const alive = new Set<Holding>();
  const letGo = async (label: string, holding: Holding): Promise<void> => {
    holding.users -= 1;
    assert(holding.users >= 0, 'an attachment is released once per user');
    if (holding.users > 0) return;
    // INVARIANT: out of the map before the first await, so that a new user makes a copy of its own.
    if (holdings.get(label) === holding) holdings.delete(label);
    const copy = await holding.copy.catch(() => null);
    try {
      await copy?.scratch.wipe();
    } finally {
      // Also where that failed: an erasure goes on, and its scan finds what is left.
      alive.delete(holding);
      holding.wiped.resolve();
    }
  };
  return {
    retire: (name) => void holdings.delete(versionLabel(name)),
    async unused(name) {
      const label = versionLabel(name);
      await Promise.all([...alive].filter((one) => one.label === label).map(({ wiped }) => wiped.promise));
    },
    async holdsFile({ dev, ino }) {
      const copies = await Promise.all([...alive].map(({ copy }) => copy.catch(() => null)));
      const files = copies.flatMap((copy) =>
        copy === null ? [] : [...copy.files, ...copy.rankFiles.filter((file) => file !== null)],
      );
      const found = await Promise.all(files.map((file) => lstat(file).catch(() => null)));
      return found.some((status) => status?.ino === ino && status.dev === dev);
    },
    async attach(name) {
      const label = versionLabel(name);
      let holding = holdings.get(label);
      if (holding === undefined) {
        const copy = decryptVersion(places, keys, name, work);
        holding = { label, users: 0, copy, wiped: Promise.withResolvers() };
        holdings.set(label, holding);
        alive.add(holding);
      }
      const held = holding;
      held.users += 1;
      try {
        const copy = await held.copy;
        let released = false;
        const release = async (): Promise<void> => {
          if (released) return;
          released = true;
          await letGo(label, held);
        };
        const { scratch, files, rankFiles, segments } = copy;
        return { ...name, dir: scratch.dir, files, rankFiles, segments, release };
      } catch (error) {
        await letGo(label, held);
        throw error;
      }
    },
  };
}

/** @throws AppError VAULT_CORRUPT, SANDBOX_MEMORY; nothing stays on the tmpfs then. */
async function decryptVersion(
  places: { readonly versions: string; readonly attached: string },
  keys: KeyWrapper,
  name: VersionName,
  work: WorkPlaces,
): Promise<Copy> {
  return await withVersion({ versions: places.versions, keys }, name, async ({ segments, fileOf, ranksOf }) => {
    const sealed = segments.map((segment) => ({ file: fileOf(segment), ranks: ranksOf(segment) }));
    await checkFreeBytes(
      places.attached,
      sealed.reduce((sum, { file, ranks }) => sum + file.bytes + (ranks?.bytes ?? 0), 0),
    );
    const scratch = await work.make(places.attached, `${versionLabel(name)}.${randomUUID()}`);
    try {
      const files: string[] = [];
      const rankFiles: (string | null)[] = [];
      for (const { file, ranks } of sealed) {
        files.push(await decryptFile(file, scratch.dir));
        rankFiles.push(ranks && (await decryptFile(ranks, scratch.dir)));
      }
      return { scratch, files, rankFiles, segments: segments.map(segmentInfo) };
    } catch (error) {
      await scratch.wipe();
      throw error;
    }
  });
}

/** @returns the path of the plain file. */
async function decryptFile({ source, plain, key, context }: VersionFile, dir: string): Promise<string> {
  const target = join(dir, plain);
  const file = await open(target, 'wx', 0o600);
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of openSealedFile(key, context, source)) {
      await writing;
      writing = writeFully(file, [chunk]); // while the next chunk is deciphered
      writing.catch(() => undefined);
    }
    await writing;
    return target;
  } finally {
    await Promise.allSettled([writing]);
    await file.close();
  }
}
