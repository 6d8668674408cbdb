import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '#policies/stored-tables';
import { type VersionName, versionLabel } from './data-key.ts';
import { KEY_BYTES, type KeyWrapper } from './key-wrapper.ts';
import { openSealedBytes, sealBytes } from './sealed-file.ts';

/** What a version holds, sealed like its segments: their order, and of each stored file its hash and what opens it. */
const StoredFile = {
  /** Of the plain DuckDB file. */
  bytes: z.int().min(0),
  /** Of the sealed file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
};
const Segment = z.strictObject({
  name: z.string().regex(/^\d{6}\.seg$/),
  ...StoredFile,
  rows: z.int().min(0),
});
/**
 * The key of a segment is its own, so that another version can hold it without holding what opens the rest of this one. The context is
 * that of the version which wrote it first.
 */
const SharedSegment = z.strictObject({
  ...Segment.shape,
  key: z.base64().transform((text) => Buffer.from(text, 'base64')),
  context: z.string(),
  /** Ranks that this version gives the segment's rows, in the place of those in it (ingest/unit-rank.ts); under the version's own key. */
  ranks: z.strictObject({ name: z.string().regex(/^\d{6}\.ranks$/), ...StoredFile }).nullable(),
});
const Manifest = z.discriminatedUnion('v', [
  z.strictObject({ v: z.literal(1), segments: z.array(Segment) }),
  z.strictObject({ v: z.literal(2), segments: z.array(SharedSegment) }),
]);

export type SegmentInfo = Readonly<z.infer<typeof Segment>>;
export type HeldSegment = Readonly<z.output<typeof SharedSegment>>;

/** Without what opens it. */
export function segmentInfo({ name, bytes, sha256, rows }: SegmentInfo): SegmentInfo {
  return { name, bytes, sha256, rows };
}

export const MANIFEST_FILE = 'manifest';
export const KEY_FILE = 'key';

/** Bound into the key and every chunk of the file: which version, which place in it. */
export function fileContext(name: VersionName, file: string): string {
  return `${versionLabel(name)}/${file}`;
}

export async function writeManifest(
  dataKey: Uint8Array,
  name: VersionName,
  dir: string,
  segments: readonly HeldSegment[],
): Promise<void> {
  const listed = segments.map(({ key, ...segment }) => ({ ...segment, key: key.toString('base64') }));
  const bytes = Buffer.from(JSON.stringify({ v: 2, segments: listed }), 'utf8');
  await sealBytes(dataKey, fileContext(name, MANIFEST_FILE), bytes, join(dir, MANIFEST_FILE));
}

/**
 * Segments of a version from before they had keys of their own are under the version's.
 * @throws AppError VAULT_CORRUPT
 */
export async function readManifest(
  dataKey: Uint8Array,
  name: VersionName,
  dir: string,
): Promise<readonly HeldSegment[]> {
  const bytes = await openSealedBytes(dataKey, fileContext(name, MANIFEST_FILE), join(dir, MANIFEST_FILE));
  const parsed = Manifest.safeParse(JSON.parse(bytes.toString('utf8')));
  if (!parsed.success) throw new AppError('VAULT_CORRUPT', {}, null, parsed.error);
  if (parsed.data.v === 2) {
    if (parsed.data.segments.some(({ key }) => key.length !== KEY_BYTES)) throw new AppError('VAULT_CORRUPT');
    return parsed.data.segments;
  }
  return parsed.data.segments.map((segment) => ({
    ...segment,
    key: Buffer.from(dataKey),
    context: fileContext(name, segment.name),
    ranks: null,
  }));
}

/** One sealed file of a version, and the name of the plain one that it becomes. */
export interface VersionFile {
  readonly source: string;
  readonly plain: string;
  readonly bytes: number;
  readonly key: Uint8Array;
  readonly context: string;
}

/** All of a version, opened with its key. */
export interface OpenedVersion {
  readonly segments: readonly HeldSegment[];
  fileOf(segment: HeldSegment): VersionFile;
  /** Null where the segment's own ranks hold. */
  ranksOf(segment: HeldSegment): VersionFile | null;
}

/**
 * A missing key is a destroyed or damaged version: both look the same. The key is forgotten when `use` has ended.
 * @throws AppError VAULT_CORRUPT
 */
export async function withVersion<Result>(
  { versions, keys }: { readonly versions: string; readonly keys: KeyWrapper },
  name: VersionName,
  use: (version: OpenedVersion) => Promise<Result>,
): Promise<Result> {
  const dir = join(versions, versionLabel(name));
  const wrapped = await readFile(join(dir, KEY_FILE)).catch((error: unknown) => {
    throw new AppError('VAULT_CORRUPT', {}, null, error);
  });
  const key = await keys.unwrap(wrapped, versionLabel(name));
  let segments: readonly HeldSegment[] = [];
  try {
    segments = await readManifest(key, name, dir);
    return await use({
      segments,
      fileOf: (segment) => ({
        source: join(dir, segment.name),
        plain: segment.name.replace(/\.seg$/, '.duckdb'),
        bytes: segment.bytes,
        key: segment.key,
        context: segment.context,
      }),
      ranksOf: ({ ranks }) =>
        ranks && {
          source: join(dir, ranks.name),
          plain: `${ranks.name}.duckdb`,
          bytes: ranks.bytes,
          key,
          context: fileContext(name, ranks.name),
        },
    });
  } finally {
    key.fill(0);
    for (const segment of segments) segment.key.fill(0);
  }
}
