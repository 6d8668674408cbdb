import { link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, assert } from '#policies/stored-tables';
import { parseVersionLabel } from './data-key.ts';
import { type KeyWrapper, wrapperIdOf } from './key-wrapper.ts';
import { KEY_FILE } from './manifest.ts';
import { writeFully } from './sealed-file.ts';
import { absent, shredFile } from './shred.ts';
import { syncDir } from './version-writer.ts';

/** Folders of a vault that hold a wrapped key each, and are named after what it is of. */
const KEY_DIRS = ['versions', 'erasures'] as const;

/** Every wrapped key of a vault, with the context that it was wrapped for; not those that an erasure has overwritten before it was cut off. */
export async function wrappedKeys(
  dir: string,
): Promise<readonly { readonly path: string; readonly context: string }[]> {
  const found = [];
  for (const parent of KEY_DIRS) {
    for (const label of await readdir(join(dir, parent)).catch(() => [])) {
      const path = join(dir, parent, label, KEY_FILE);
      if (parseVersionLabel(label) !== null && (await wrapperOf(path)) !== null) found.push({ path, context: label });
    }
  }
  return found;
}

/** Id of what wrapped the key in a file; null where the file holds none. */
async function wrapperOf(path: string): Promise<string | null> {
  return wrapperIdOf(await readFile(path).catch(() => new Uint8Array()));
}

/**
 * Whether a rotation will come to its end, before it begins: half-way, no gateway starts on the home.
 *
 * @throws AppError MASTER_KEY_WRONG, VAULT_CORRUPT, KEY_SERVICE_FAILED.
 */
export async function requireRewrappable(dir: string, from: KeyWrapper, to: KeyWrapper): Promise<void> {
  for (const { path, context } of await wrappedKeys(dir)) {
    if ((await wrapperOf(path)) !== to.id) (await from.unwrap(await readFile(path), context)).fill(0);
  }
}

/**
 * Wraps what a file holds under another key. Either the old or the new file is there whenever it is cut off, the new one is known to open,
 * and the old bytes are overwritten: where it was cut off before that, by the next run or start (`clearReplacement`).
 *
 * @returns false where it was wrapped so already.
 */
export async function rewrapFile(path: string, context: string, from: KeyWrapper, to: KeyWrapper): Promise<boolean> {
  await clearReplacement(path);
  const before = await readFile(path);
  if (wrapperIdOf(before) === to.id) return false;
  const secret = await from.unwrap(before, context);
  const after = await to.wrap(secret, context);
  assert((await to.unwrap(after, context)).equals(secret), 'what is wrapped anew opens');
  secret.fill(0);
  const draft = nextOf(path);
  await writeDurable(draft, after);
  await replaceSecret(draft, path);
  return true;
}

const nextOf = (path: string): string => `${path}.next`;
const formerOf = (path: string): string => `${path}.former`;

/** Puts a file in another's place, and overwrites what was there. */
export async function replaceSecret(draft: string, path: string): Promise<void> {
  await shredFormer(path);
  // WHY a second name: what loses its only one cannot be overwritten any more once the process has ended.
  await link(path, formerOf(path));
  await rename(draft, path);
  await syncDir(dirname(path));
  await shredFormer(path);
}

/** Overwrites what a replacement that was cut off has left beside a file: the draft that came to nothing, and what was replaced. */
export async function clearReplacement(path: string): Promise<void> {
  await shredFile(nextOf(path));
  await shredFormer(path);
}

const shredFormer = (path: string): Promise<void> => shredCopy(formerOf(path), path);

/**
 * Overwrites and removes a secret beside the one in force.
 * INVARIANT: where both names are of one file, as when a replacement was cut off in between, what it holds stays.
 */
export async function shredCopy(copy: string, path: string): Promise<void> {
  const [other, current] = [await stat(copy).catch(absent), await stat(path).catch(absent)];
  if (other !== null && other.ino === current?.ino && other.dev === current.dev) await rm(copy);
  else await shredFile(copy);
}

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

/** At a start, once every key opens: nothing is left of a rotation that was cut off and never went on. */
export async function clearRotation(dir: string): Promise<void> {
  for (const { path } of await wrappedKeys(dir)) await clearReplacement(path);
}

/** @throws AppError MASTER_KEY_WRONG (needed, given) where a key of the vault needs another wrapper: a rotation was cut off. */
export async function requireWrapper(dir: string, wrapper: KeyWrapper): Promise<void> {
  for (const { path } of await wrappedKeys(dir)) {
    const needed = await wrapperOf(path);
    if (needed !== null && needed !== wrapper.id) throw new AppError('MASTER_KEY_WRONG', { needed, given: wrapper.id });
  }
}
