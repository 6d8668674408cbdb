import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KEY_FILE } from './manifest.ts';
import { clearReplacement } from './rewrap.ts';
import { absent, shredFile } from './shred.ts';
import { syncDir } from './version-writer.ts';
import type { WorkPlaces } from './work-places.ts';

/**
 * Overwrites the wrapped key of a version, which is the erasure (NIST SP 800-88r1 §2.5), then removes its files. Harmless where there is
 * no such version, and where an earlier erasure was cut off.
 *
 * SAD PATH: a journalling disk or an SSD may keep the old block of the key for a while; with it and the master key the
 * files could be read had they been copied before. Rotating the master key, and destroying the old one, closes that.
 */
export async function eraseVersion(
  places: { readonly versions: string; readonly staging: string },
  label: string,
  work: Pick<WorkPlaces, 'hold'>,
): Promise<void> {
  const dir = join(places.versions, label);
  await clearReplacement(join(dir, KEY_FILE));
  await shredFile(join(dir, KEY_FILE));
  // WHY: out of sight in one step, so that a crash halfway leaves a staging folder and not half a version.
  const grave = join(places.staging, `destroyed.${randomUUID()}`);
  const release = work.hold(grave);
  try {
    const moved = await rename(dir, grave).then(() => true, absent);
    if (moved !== null) await syncDir(places.versions);
    await rm(grave, { recursive: true, force: true });
  } finally {
    release();
  }
}
