import { randomUUID } from 'node:crypto';
import { lstat, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, assert } from '#policies/stored-tables';
import { type VersionName, versionLabel } from './data-key.ts';
import type { KeyWrapper } from './key-wrapper.ts';
import { fileContext, KEY_FILE, readManifest, type SegmentInfo } from './manifest.ts';
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
  readonly segments: readonly SegmentInfo[];
  /** Lets go. The last one wipes the copy. Harmless when called twice. */
  release(): Promise<void>;
}

interface Copy {
  readonly scratch: ScratchDir;
  readonly files: readonly string[];
  readonly segments: readonly SegmentInfo[];
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
    await copy?.scratch.wipe();
    alive.delete(holding);
    holding.wiped.resolve();
  };
  return {
    retire: (name) => void holdings.delete(versionLabel(name)),
    async unused(name) {
      const label = versionLabel(name);
      await Promise.all([...alive].filter((one) => one.label === label).map(({ wiped }) => wiped.promise));
    },
    async holdsFile({ dev, ino }) {
      const copies = await Promise.all([...alive].map(({ copy }) => copy.catch(() => null)));
      const files = copies.flatMap((copy) => copy?.files ?? []);
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
        return { ...name, dir: copy.scratch.dir, files: copy.files, segments: copy.segments, release };
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
  const source = join(places.versions, versionLabel(name));
  const dataKey = await readDataKey(keys, name, source);
  const { segments } = await readManifest(dataKey, name, source);
  await checkFreeBytes(
    places.attached,
    segments.reduce((sum, segment) => sum + segment.bytes, 0),
  );
  const scratch = await work.make(places.attached, `${versionLabel(name)}.${randomUUID()}`);
  try {
    const files: string[] = [];
    for (const segment of segments) {
      const file = join(scratch.dir, segment.name.replace(/\.seg$/, '.duckdb'));
      await decryptFile(dataKey, fileContext(name, segment.name), join(source, segment.name), file);
      files.push(file);
    }
    return { scratch, files, segments };
  } catch (error) {
    await scratch.wipe();
    throw error;
  } finally {
    dataKey.fill(0);
  }
}

/** A missing key is a destroyed or damaged version: both look the same. */
async function readDataKey(keys: KeyWrapper, name: VersionName, dir: string): Promise<Buffer> {
  const wrapped = await readFile(join(dir, KEY_FILE)).catch((error: unknown) => {
    throw new AppError('VAULT_CORRUPT', {}, null, error);
  });
  return await keys.unwrap(wrapped, versionLabel(name));
}

async function decryptFile(dataKey: Uint8Array, context: string, source: string, target: string): Promise<void> {
  const plain = await open(target, 'wx', 0o600);
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of openSealedFile(dataKey, context, source)) {
      await writing;
      writing = writeFully(plain, [chunk]); // while the next chunk is deciphered
      writing.catch(() => undefined);
    }
    await writing;
  } finally {
    await Promise.allSettled([writing]);
    await plain.close();
  }
}
