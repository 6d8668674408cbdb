import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { type AttachedVersion, createAttachments } from './attachments.ts';
import { parseVersionLabel, type VersionName, versionLabel } from './data-key.ts';
import { eraseVersion } from './erasure.ts';
import type { KeyWrapper } from './key-wrapper.ts';
import { openPrivateDir, type ScratchDir } from './private-dir.ts';
import type { RemainsReport } from './remains.ts';
import { clearRotation, requireWrapper } from './rewrap.ts';
import { scanForRemains } from './scan.ts';
import { absent } from './shred.ts';
import { createTraceStore } from './trace-store.ts';
import { tracesOf, type VersionTraces } from './traces.ts';
import { createVersionWriter, type VersionWriter } from './version-writer.ts';
import { createWorkPlaces } from './work-places.ts';

/**
 * Table data at rest: `<dir>/versions/<resource>@<version>/{key,manifest,000000.seg,…}`, every file sealed under a
 * random key of that version, which the master key wraps. Plain data lies only below `runDir`, in memory.
 */
export interface Vault {
  /** Nothing is visible until `commit()`. */
  create(resource: string, version: number): Promise<VersionWriter>;
  /**
   * A decrypted, read-only copy on the private tmpfs, shared by all who attach it at once.
   * @throws AppError VAULT_CORRUPT (changed, cut, mixed up or destroyed), SANDBOX_MEMORY (no room on the tmpfs)
   */
  attach(resource: string, version: number): Promise<AttachedVersion>;
  /**
   * Erases the version: its wrapped key is overwritten and removed first, then the files. Later attachments fail; a
   * copy in use lives until its last release (`unused`). Harmless when the version does not exist.
   */
  destroy(resource: string, version: number): Promise<void>;
  /** Before `destroy`: how its data is known again. Kept, sealed, until `forgetTraces`. */
  traces(resource: string, version: number): Promise<VersionTraces>;
  /** Once a scan has shown that nothing is left. */
  forgetTraces(resource: string, version: number): Promise<void>;
  /** Resolves when the last copy of the version that is in use now is wiped. */
  unused(resource: string, version: number): Promise<void>;
  /**
   * Searches the vault, the run folder and `dirs` for plain data that nobody has in use, and for what `traces` knows.
   * Folders below which others lie are searched once.
   */
  scan(traces: VersionTraces | null, dirs: readonly string[]): Promise<RemainsReport>;
  /** The versions that are there, half-written and destroyed ones not among them. */
  list(): Promise<readonly VersionName[]>;
  /** At start, before any other call: removes versions that `known` is false of, half-written versions, and plain copies. */
  sweep(known: (resource: string, version: number) => boolean): Promise<void>;
  /** A private folder in memory for work in progress, such as a registration. */
  scratch(): Promise<ScratchDir>;
  /** A new private folder on disk, for sealed spools only; removed by `sweep` if the process dies. */
  spoolDir(): Promise<ScratchDir>;
  /** When nobody uses it any more: wipes every plain copy, also those whose own wipe failed. */
  close(): Promise<void>;
}

export interface VaultOptions {
  /** Sealed data at rest: any disk. */
  readonly dir: string;
  /** Whoever has what is behind it reads everything: keep it elsewhere than `dir`. */
  readonly keys: KeyWrapper;
  /** On Linux a tmpfs; created with mode 0700. The vault uses `<runDir>/vault` alone. */
  readonly runDir: string;
}

/**
 * @throws AppError SANDBOX_UNAVAILABLE when `runDir` is not a private folder in memory; MASTER_KEY_WRONG when a version needs another
 *   wrapper than `keys`.
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const { keys } = options;
  const places = placesOf(options);
  await openPrivateDir(options.runDir);
  for (const dir of [options.dir, ...Object.values(places)]) await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(options.dir, 0o700);
  await requireWrapper(options.dir, keys);
  await clearRotation(options.dir);
  const work = createWorkPlaces();
  const attachments = createAttachments(places, keys, work);
  const traces = createTraceStore(places.erasures, keys);
  work.hold(places.erasures);
  return {
    create: (resource, version) => createVersionWriter(places, keys, { resource, version }, work),
    attach: (resource, version) => attachments.attach({ resource, version }),
    async traces(resource, version) {
      const name = { resource, version };
      const kept = await traces.read(name);
      if (kept !== null) return kept;
      const fresh = await tracesOf(places.versions, name, keys);
      await traces.keep(name, fresh);
      return fresh;
    },
    forgetTraces: (resource, version) => traces.forget({ resource, version }),
    async destroy(resource, version) {
      await eraseVersion(places, versionLabel({ resource, version }), work);
      // INVARIANT: after the key is gone, so that nobody reads the version anew in between.
      attachments.retire({ resource, version });
    },
    unused: (resource, version) => attachments.unused({ resource, version }),
    async scan(sought, dirs) {
      const isInUse = async (path: string, file: Stats) => work.holds(path) || (await attachments.holdsFile(file));
      return await scanForRemains({ ...scanPlaces(options, dirs), traces: sought }, isInUse);
    },
    scratch: () => work.make(places.scratch, randomUUID()),
    spoolDir: () => work.make(places.staging, `spool.${randomUUID()}`),
    async sweep(known) {
      await emptyDir(places.staging);
      await emptyDir(places.scratch);
      await emptyDir(places.attached);
      for (const name of await versionsIn(places.versions)) {
        if (!known(name.resource, name.version)) await eraseVersion(places, versionLabel(name), work);
      }
    },
    list: () => versionsIn(places.versions),
    async close() {
      for (const dir of [places.attached, places.scratch]) await emptyDir(dir);
    },
  };
}

/** WHY other names are passed over: nothing of the vault has them, so that somebody put them there. */
async function versionsIn(dir: string): Promise<readonly VersionName[]> {
  return (await readdir(dir)).flatMap((label) => parseVersionLabel(label) ?? []);
}

async function emptyDir(dir: string): Promise<void> {
  for (const entry of (await readdir(dir).catch(absent)) ?? [])
    await rm(join(dir, entry), { recursive: true, force: true });
}

/** What a vault has, looked at from outside: nothing where there is none. */
export async function versionsInVault(dir: string): Promise<readonly VersionName[]> {
  return (await versionsIn(versionsDir(dir)).catch(absent)) ?? [];
}

export const versionsDir = (dir: string): string => join(dir, 'versions');

function placesOf({ dir, runDir }: Pick<VaultOptions, 'dir' | 'runDir'>) {
  const run = join(runDir, 'vault');
  return {
    versions: versionsDir(dir),
    staging: join(dir, 'staging'),
    erasures: join(dir, 'erasures'),
    attached: join(run, 'attached'),
    scratch: join(run, 'scratch'),
  };
}

function scanPlaces(options: Pick<VaultOptions, 'dir' | 'runDir'>, dirs: readonly string[]) {
  const { versions, staging, attached, scratch } = placesOf(options);
  const roots = outermost([options.dir, options.runDir, ...dirs]);
  return { roots, versions, workDirs: [staging, attached, scratch, join(options.runDir, 'workers')] };
}

/** The scan of a vault that nobody has open: everything in a folder for work was left there. Writes nothing. */
export function scanClosedVault(
  options: Pick<VaultOptions, 'dir' | 'runDir'>,
  dirs: readonly string[],
): Promise<RemainsReport> {
  return scanForRemains({ ...scanPlaces(options, dirs), traces: null }, async () => false);
}

/** Folders without those that lie in another of them. */
function outermost(dirs: readonly string[]): readonly string[] {
  const all = [...new Set(dirs.map((dir) => resolve(dir)))];
  return all.filter((dir) => !all.some((other) => other !== dir && dir.startsWith(other + sep)));
}
