import { stat } from 'node:fs/promises';
import { AppError } from '#policies/stored-tables';
import type { VersionName } from './data-key.ts';
import type { KeyWrapper } from './key-wrapper.ts';
import { type VersionFile, withVersion } from './manifest.ts';
import { plainBytesOf } from './sealed-format.ts';
import { versionsDir } from './vault.ts';

/**
 * Whether a version opens with its key and every file that its manifest names is there in its whole length. A look from outside, which
 * deciphers no data: a changed bit shows when the version is attached.
 *
 * @throws AppError KEY_SERVICE_FAILED
 */
export async function isWhole(dir: string, keys: KeyWrapper, name: VersionName): Promise<boolean> {
  try {
    return await withVersion({ versions: versionsDir(dir), keys }, name, async ({ segments, fileOf, ranksOf }) => {
      const files = segments.flatMap((segment) => [fileOf(segment), ranksOf(segment) ?? []].flat());
      return (await Promise.all(files.map(hasItsLength))).every(Boolean);
    });
  } catch (error) {
    if (error instanceof AppError && error.code !== 'KEY_SERVICE_FAILED') return false;
    throw error;
  }
}

async function hasItsLength({ source, bytes }: VersionFile): Promise<boolean> {
  try {
    return plainBytesOf((await stat(source)).size) === bytes;
  } catch {
    return false;
  }
}
