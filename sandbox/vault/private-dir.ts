import { chmod, lstat, mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, assert } from '#policies/stored-tables';

/**
 * The only place where plain table data may lie: a folder of our own, mode 0700, on a file system that is memory. What
 * is unlinked there is gone: nothing was ever written to a disk.
 */

/** linux/magic.h: tmpfs and ramfs. */
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
/** Left free for the rest of the machine when an attachment is weighed. */
const FREE_BYTES_MIN = 64 * 2 ** 20;

/**
 * Creates `dir` (0700) or checks that an existing one is ours alone.
 * @throws AppError SANDBOX_UNAVAILABLE with the remedy when it is not a folder of this user, or, on Linux, not on tmpfs.
 */
export async function openPrivateDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const status = await lstat(dir);
  const mine = process.getuid === undefined || status.uid === process.getuid();
  if (!status.isDirectory() || !mine) throw unavailable('point the run folder at a folder of your own, not a link');
  await chmod(dir, 0o700);
  // WHY: other systems have no tmpfs to ask for; SECURITY.md says that their run folder rests on disk encryption.
  if (process.platform !== 'linux') return;
  if (!MEMORY_FILE_SYSTEMS.has((await statfs(dir)).type)) {
    throw unavailable('point the run folder at a tmpfs, such as one below /dev/shm or $XDG_RUNTIME_DIR');
  }
}

function unavailable(remedy: string): AppError {
  return new AppError('SANDBOX_UNAVAILABLE', { tier: 'vault', remedy });
}

/** @throws AppError SANDBOX_MEMORY when the file system of `dir` has not `bytes` to spare. */
export async function checkFreeBytes(dir: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const free = bavail * bsize;
  if (free - FREE_BYTES_MIN < bytes) throw new AppError('SANDBOX_MEMORY', { limitMb: Math.floor(free / 2 ** 20) });
}

/** A new private folder below `parent`; `wipe` unlinks it with all that is in it and may be called twice. */
export interface ScratchDir {
  readonly dir: string;
  wipe(): Promise<void>;
}

export async function makeScratchDir(parent: string, name: string): Promise<ScratchDir> {
  assert(!name.includes('/') && name.length > 0, 'a scratch folder has a plain name');
  const dir = join(parent, name);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await mkdir(dir, { mode: 0o700 });
  const remove = () => rm(dir, { recursive: true, force: true });
  // Once more where the system refuses: what is left lies open.
  return { dir, wipe: () => remove().catch(remove) };
}
