import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { invalid } from '../config.ts';

/**
 * Files that only their owner may read: keys.
 */

/**
 * The bytes of the file, or `make()`'s once it has written them. Of several processes that start at once, all return
 * the bytes of the one that came first: the file appears whole, by a hard link, and is never overwritten.
 * Errors: CONFIG_INVALID naming `variable` where another account may read the file.
 */
export async function readOrCreatePrivate(
  path: string,
  variable: string,
  make: () => Promise<Uint8Array>,
): Promise<{ readonly bytes: Uint8Array; readonly created: boolean }> {
  const found = await readPrivate(path, variable);
  if (found !== null) return { bytes: found, created: false };
  const created = await createPrivate(path, await make());
  const bytes = await readPrivate(path, variable);
  if (bytes === null) throw unreadable(path, variable);
  return { bytes, created };
}

/** Null where there is no such file. Like ssh, refuses a key that group or others can read. */
export async function readPrivate(path: string, variable: string): Promise<Uint8Array | null> {
  try {
    const status = await stat(path);
    if (!status.isFile()) throw notAFile(path, variable);
    if (process.platform !== 'win32' && (status.mode & 0o077) !== 0) throw tooOpen(path, variable);
    return await readFile(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return null;
    if (code === null) throw error;
    throw unreadable(path, variable);
  }
}

/** False where another process was first. */
async function createPrivate(path: string, bytes: Uint8Array): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700);
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
    await link(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

/** `ENOENT` and the like; null for what is no error of the system. */
function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && 'syscall' in error ? String(error.code) : null;
}

function tooOpen(path: string, variable: string): Error {
  return invalid(variable, {
    en: `points to \`${path}\`, which other accounts can read; run \`chmod 600 ${path}\``,
    zh: `指向的 \`${path}\` 可被其他账户读取，请执行 \`chmod 600 ${path}\``,
  });
}

function notAFile(path: string, variable: string): Error {
  return invalid(variable, {
    en: `points to \`${path}\`, which is no file; put the file back from the backup`,
    zh: `指向的 \`${path}\` 不是文件，请从备份恢复该文件`,
  });
}

function unreadable(path: string, variable: string): Error {
  return invalid(variable, {
    en: `points to \`${path}\`, which this account cannot read`,
    zh: `指向的 \`${path}\` 无法被当前账户读取`,
  });
}
