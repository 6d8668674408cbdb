import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type VersionName, versionLabel } from './data-key.ts';
import type { KeyWrapper } from './key-wrapper.ts';
import { KEY_FILE, withVersion } from './manifest.ts';
import { openSealedFile } from './sealed-file.ts';

/**
 * How a version's data is known again once it is erased: the bytes of its wrapped key, and digests of pages of its plain files, spread
 * evenly. Digests only: none of the data itself is kept.
 */
export interface VersionTraces {
  /** `resource@version`. */
  readonly label: string;
  /** Null where the key was gone already. */
  readonly wrappedKey: Buffer | null;
  /** By the word of a page at PROBE_AT: SHA-256 of the pages that have it. */
  readonly pages: ReadonlyMap<number, ReadonlySet<string>>;
  /** 0 where the version could not be read: then only its key, its name and plain files as such are looked for. */
  readonly pageCount: number;
}

export const PAGE_BYTES = 4096;
/** Where in a page the word lies by which pages are told apart before any digest. */
export const PROBE_AT = 1024;
const PAGES_PER_FILE_MAX = 256;
/** A page of fewer different bytes may stand in any file. */
const BYTES_DIFFERENT_MIN = 48;

export function pageDigest(page: Uint8Array): string {
  return createHash('sha256').update(page).digest('base64');
}

export async function tracesOf(versions: string, name: VersionName, keys: KeyWrapper): Promise<VersionTraces> {
  const dir = join(versions, versionLabel(name));
  const wrappedKey = await readFile(join(dir, KEY_FILE)).catch(() => null);
  const pages = new Map<number, Set<string>>();
  // WHY a failure is passed over: a damaged version must be erasable too. The certificate says how many pages were known.
  const pageCount = await readPages(versions, name, keys, pages).catch(() => 0);
  return { label: versionLabel(name), wrappedKey, pages, pageCount };
}

function readPages(
  versions: string,
  name: VersionName,
  keys: KeyWrapper,
  pages: Map<number, Set<string>>,
): Promise<number> {
  return withVersion({ versions, keys }, name, async ({ segments, fileOf }) => {
    let count = 0;
    for (const { source, key, context, bytes } of segments.map(fileOf)) {
      const stride = Math.max(1, Math.floor(bytes / PAGE_BYTES / PAGES_PER_FILE_MAX));
      let page = 0;
      for await (const chunk of openSealedFile(key, context, source)) {
        for (let at = 0; at + PAGE_BYTES <= chunk.length; at += PAGE_BYTES, page += 1) {
          if (page % stride === 0 && keepPage(chunk.subarray(at, at + PAGE_BYTES), pages)) count += 1;
        }
      }
    }
    return count;
  });
}

function keepPage(page: Buffer, pages: Map<number, Set<string>>): boolean {
  const probe = page.readUInt32LE(PROBE_AT);
  if (probe === 0 || new Set(page).size < BYTES_DIFFERENT_MIN) return false;
  const digests = pages.get(probe) ?? new Set();
  pages.set(probe, digests.add(pageDigest(page)));
  return true;
}

const Stored = z.strictObject({
  v: z.literal(1),
  label: z.string(),
  wrappedKey: z.base64().nullable(),
  pages: z.array(z.tuple([z.int().min(0), z.array(z.string())])),
  pageCount: z.int().min(0),
});

export function encodeTraces({ label, wrappedKey, pages, pageCount }: VersionTraces): Buffer {
  const listed = [...pages].map(([probe, digests]) => [probe, [...digests]]);
  const stored = { v: 1, label, wrappedKey: wrappedKey?.toString('base64') ?? null, pages: listed, pageCount };
  return Buffer.from(JSON.stringify(stored));
}

export function decodeTraces(bytes: Buffer): VersionTraces {
  const { label, wrappedKey, pages, pageCount } = Stored.parse(JSON.parse(bytes.toString('utf8')));
  return {
    label,
    wrappedKey: wrappedKey === null ? null : Buffer.from(wrappedKey, 'base64'),
    pages: new Map(pages.map(([probe, digests]) => [probe, new Set(digests)])),
    pageCount,
  };
}
