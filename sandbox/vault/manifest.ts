import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '#policies/stored-tables';
import { type VersionName, versionLabel } from './data-key.ts';
import { openSealedBytes, sealBytes } from './sealed-file.ts';

/** What a version holds, sealed like its segments: the order of the segments and the hash of each stored file. */
const Segment = z.strictObject({
  name: z.string().regex(/^\d{6}\.seg$/),
  /** Of the plain DuckDB file. */
  bytes: z.int().min(0),
  /** Of the sealed file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  rows: z.int().min(0),
});
const Manifest = z.strictObject({ v: z.literal(1), segments: z.array(Segment) });

export type SegmentInfo = Readonly<z.infer<typeof Segment>>;
export type VersionManifest = Readonly<z.infer<typeof Manifest>>;

export const MANIFEST_FILE = 'manifest';
export const KEY_FILE = 'key';
/** The same under the next master key, while a rotation writes it (rewrap.ts). */
export const NEXT_KEY_FILE = `${KEY_FILE}.next`;

/** Bound into the key and every chunk of the file: which version, which place in it. */
export function fileContext(name: VersionName, file: string): string {
  return `${versionLabel(name)}/${file}`;
}

export async function writeManifest(
  dataKey: Uint8Array,
  name: VersionName,
  dir: string,
  manifest: VersionManifest,
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(manifest), 'utf8');
  await sealBytes(dataKey, fileContext(name, MANIFEST_FILE), bytes, join(dir, MANIFEST_FILE));
}

/** @throws AppError VAULT_CORRUPT */
export async function readManifest(dataKey: Uint8Array, name: VersionName, dir: string): Promise<VersionManifest> {
  const bytes = await openSealedBytes(dataKey, fileContext(name, MANIFEST_FILE), join(dir, MANIFEST_FILE));
  const parsed = Manifest.safeParse(JSON.parse(bytes.toString('utf8')));
  if (!parsed.success) throw new AppError('VAULT_CORRUPT', {}, null, parsed.error);
  return parsed.data;
}
