import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, assert } from '#policies/stored-tables';
import { parseVersionLabel } from './data-key.ts';
import { type KeyWrapper, wrapperIdOf } from './key-wrapper.ts';
import { KEY_FILE } from './manifest.ts';
import { writeFully } from './sealed-file.ts';
import { syncDir } from './version-writer.ts';

/** Folders of a vault that hold a wrapped key each, and are named after what it is of. */
const KEY_DIRS = ['versions', 'erasures'] as const;

/** Every wrapped key of a vault, with the context that it was wrapped for. */
export async function wrappedKeys(
  dir: string,
): Promise<readonly { readonly path: string; readonly context: string }[]> {
  const found = [];
  for (const parent of KEY_DIRS) {
    for (const label of await readdir(join(dir, parent)).catch(() => [])) {
      if (parseVersionLabel(label) !== null) found.push({ path: join(dir, parent, label, KEY_FILE), context: label });
    }
  }
  return found;
}

/**
 * Wraps what a file holds under another key. Either the old or the new file is there whenever it is cut off, the new one is known to open,
 * and the old bytes are overwritten.
 *
 * @returns false where it was wrapped so already.
 */
export async function rewrapFile(path: string, context: string, from: KeyWrapper, to: KeyWrapper): Promise<boolean> {
  const before = await readFile(path);
  if (wrapperIdOf(before) === to.id) return false;
  const secret = await from.unwrap(before, context);
  const after = await to.wrap(secret, context);
  assert((await to.unwrap(after, context)).equals(secret), 'what is wrapped anew opens');
  secret.fill(0);
  const draft = `${path}.next`;
  await writeDurable(draft, after);
  await replaceSecret(draft, path);
  return true;
}

/** Puts a file in another's place, and overwrites what was there. */
export async function replaceSecret(draft: string, path: string): Promise<void> {
  const former = await open(path, 'r+');
  try {
    const { size } = await former.stat();
    await rename(draft, path);
    await syncDir(dirname(path));
    await writeFully(former, [randomBytes(size)]);
    await former.sync();
  } finally {
    await former.close();
  }
}

/** What a rotation that was cut off has left is written again. */
async function writeDurable(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await writeFully(file, [bytes]);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Wraps every key of a vault under another one; data is not touched. Cut off anywhere, it can be run again.
 *
 * @returns how many keys it wrapped, and how many were so already.
 */
export async function rewrapVault(
  dir: string,
  from: KeyWrapper,
  to: KeyWrapper,
): Promise<{ readonly rewrapped: number; readonly before: number }> {
  let rewrapped = 0;
  const keys = await wrappedKeys(dir);
  for (const { path, context } of keys) if (await rewrapFile(path, context, from, to)) rewrapped += 1;
  return { rewrapped, before: keys.length - rewrapped };
}

/** @throws AppError MASTER_KEY_WRONG (needed, given) where a key of the vault needs another wrapper: a rotation was cut off. */
export async function requireWrapper(dir: string, wrapper: KeyWrapper): Promise<void> {
  for (const { path } of await wrappedKeys(dir)) {
    const needed = wrapperIdOf(await readFile(path).catch(() => new Uint8Array()));
    if (needed !== null && needed !== wrapper.id) throw new AppError('MASTER_KEY_WRONG', { needed, given: wrapper.id });
  }
}
