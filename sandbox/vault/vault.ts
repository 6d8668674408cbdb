import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '#policies/stored-tables';
import { type AttachedVersion, createAttachments } from './attachments.ts';
import { KEY_BYTES, parseVersionLabel, versionLabel, WRAPPED_KEY_BYTES } from './data-key.ts';
import { KEY_FILE } from './manifest.ts';
import { makeScratchDir, openPrivateDir, type ScratchDir } from './private-dir.ts';
import { writeFully } from './sealed-file.ts';
import { createVersionWriter, syncDir, type VersionWriter } from './version-writer.ts';

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
   * copy in use lives until its last release. Harmless when the version does not exist.
   */
  destroy(resource: string, version: number): Promise<void>;
  /** At start, before any other call: removes what no catalogue row knows, half-written versions, and plain copies. */
  sweep(known: (resource: string, version: number) => boolean): Promise<void>;
  /** A private folder in memory for work in progress, such as a registration. */
  scratch(): Promise<ScratchDir>;
  /** A new private folder on disk, for sealed spools only; removed by `sweep` if the process dies. */
  spoolDir(): Promise<ScratchDir>;
}

export interface VaultOptions {
  /** Sealed data at rest: any disk. */
  readonly dir: string;
  /** 32 bytes. Whoever has it reads everything: keep it elsewhere than `dir`. */
  readonly masterKey: Uint8Array;
  /** On Linux a tmpfs; created with mode 0700. The vault uses `<runDir>/vault` alone. */
  readonly runDir: string;
}

/** @throws AppError SANDBOX_UNAVAILABLE when `runDir` is not a private folder in memory. */
export async function openVault(options: VaultOptions): Promise<Vault> {
  assert(options.masterKey.byteLength === KEY_BYTES, 'the master key has 32 bytes');
  const masterKey = Buffer.from(options.masterKey);
  const run = join(options.runDir, 'vault');
  const places = {
    versions: join(options.dir, 'versions'),
    staging: join(options.dir, 'staging'),
    attached: join(run, 'attached'),
    scratch: join(run, 'scratch'),
  };
  await openPrivateDir(options.runDir);
  for (const dir of [options.dir, ...Object.values(places)]) await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(options.dir, 0o700);
  const attachments = createAttachments(places, masterKey);
  return {
    create: (resource, version) => createVersionWriter(places, masterKey, { resource, version }),
    attach: (resource, version) => attachments.attach({ resource, version }),
    destroy: (resource, version) => destroyVersion(places, versionLabel({ resource, version })),
    scratch: () => makeScratchDir(places.scratch, randomUUID()),
    spoolDir: () => makeScratchDir(places.staging, `spool.${randomUUID()}`),
    async sweep(known) {
      await emptyDir(places.staging);
      await emptyDir(places.scratch);
      await emptyDir(places.attached);
      for (const label of await readdir(places.versions)) {
        const name = parseVersionLabel(label);
        if (name === null || !known(name.resource, name.version)) await destroyVersion(places, label);
      }
    },
  };
}

async function emptyDir(dir: string): Promise<void> {
  for (const entry of await readdir(dir)) await rm(join(dir, entry), { recursive: true, force: true });
}

/**
 * SAD PATH: a journalling disk or an SSD may keep the old block of the key for a while; with it and the master key the
 * files could be read had they been copied before. Rotating the master key closes that.
 */
async function destroyVersion(places: { versions: string; staging: string }, label: string): Promise<void> {
  const dir = join(places.versions, label);
  await shredKey(join(dir, KEY_FILE));
  // WHY: out of sight in one step, so that a crash halfway leaves a staging folder and not half a version.
  const grave = join(places.staging, `destroyed.${randomUUID()}`);
  const moved = await rename(dir, grave).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (!moved) return;
  await syncDir(places.versions);
  await rm(grave, { recursive: true, force: true });
}

async function shredKey(path: string): Promise<void> {
  const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (file === null) return;
  try {
    await writeFully(file, [randomBytes(WRAPPED_KEY_BYTES)]);
    await file.sync();
  } finally {
    await file.close();
  }
  await rm(path, { force: true });
}
