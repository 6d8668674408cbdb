import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { KEY_FILE } from './manifest.ts';
import { readFully } from './sealed-file.ts';
import { PAGE_BYTES, PROBE_AT, pageDigest, type VersionTraces } from './traces.ts';

/** What a scan looks for. Closed: certificates and log entries say these words. */
export const REMAINS = Object.freeze({
  key: { en: 'copies of the wrapped key', zh: '密钥副本' },
  page: { en: 'files with pages of the plain data', zh: '含明文数据页的文件' },
  name: { en: 'files of the name of the version', zh: '以该版本命名的文件' },
  'table-file': { en: 'plain table files that nobody has in use', zh: '无人使用的明文数据表文件' },
  'work-file': { en: 'files left in folders for work', zh: '工作目录中的遗留文件' },
  'keyless-file': { en: 'sealed files without a key', zh: '已无密钥的加密文件' },
  unreadable: { en: 'files that cannot be read', zh: '无法读取的文件' },
} as const);
export type RemainsKind = keyof typeof REMAINS;

export interface Remains {
  readonly kind: RemainsKind;
  /** Below the folder that was searched, for whoever has to remove it. Never in a response, a log or a certificate. */
  readonly path: string;
}

export interface RemainsReport {
  readonly files: number;
  readonly bytes: number;
  readonly found: readonly Remains[];
}

/** What looks left over; whether somebody works with it is for its keeper to say. */
export interface SuspectFile {
  readonly root: string;
  readonly path: string;
  readonly kinds: readonly RemainsKind[];
}

export interface Suspects {
  readonly files: number;
  readonly bytes: number;
  readonly suspects: readonly SuspectFile[];
}

export interface RemainsSearch {
  /** Searched to the bottom; links are not followed. */
  readonly roots: readonly string[];
  /** Of the vault: its versions, whose sealed files are passed over where their key is there. */
  readonly versions: string;
  /** Folders that hold plain data while somebody works on it, and half-written versions. */
  readonly workDirs: readonly string[];
  /** Null: looks for plain data as such, of whatever version. */
  readonly traces: VersionTraces | null;
}

const BUFFER_BYTES = 1 << 20;
/** Where a copied page may begin: archives and images put files at multiples of this. */
const ALIGNMENT = 512;
const SEALED_MAGIC = Buffer.from('SLUICEV1', 'latin1');
const DUCKDB_MAGIC = Buffer.from('DUCK', 'latin1');
const PARQUET_MAGIC = Buffer.from('PAR1', 'latin1');

/**
 * Searches folders for what should not be there: see REMAINS. Reads every file that is not a sealed one in its place.
 *
 * SAD PATH: it finds copies as they were, whole or in part, in archives that do not compress. Data that somebody compressed or wrote out
 * in another form is not known again, nor what lies outside of the folders, or in free blocks of a disk.
 */
export async function lookForRemains(options: RemainsSearch): Promise<Suspects> {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES + PAGE_BYTES);
  const suspects: SuspectFile[] = [];
  let files = 0;
  let bytes = 0;
  for (const root of options.roots) {
    for await (const path of filesBelow(root)) {
      const status = await lstat(path).catch(() => null);
      if (status === null) continue; // gone since
      files += 1;
      bytes += status.isFile() ? status.size : 0;
      const kinds = await kindsOf(path, status.isFile(), buffer, options);
      if (isNamedAfter(relative(root, path), options.traces)) kinds.add('name');
      if (kinds.size > 0) suspects.push({ root, path, kinds: [...kinds] });
    }
  }
  return { files, bytes, suspects };
}

async function* filesBelow(dir: string): AsyncGenerator<string> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

async function kindsOf(
  path: string,
  isFile: boolean,
  buffer: Buffer,
  options: RemainsSearch,
): Promise<Set<RemainsKind>> {
  const kinds = new Set<RemainsKind>();
  if (options.workDirs.some((dir) => path.startsWith(dir + sep))) kinds.add('work-file');
  if (!isFile) return kinds;
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null);
  if (file === null) return (await isThere(path)) ? kinds.add('unreadable') : kinds;
  try {
    await lookInside(path, file, buffer, options, kinds);
  } catch {
    kinds.add('unreadable');
  } finally {
    await file.close();
  }
  return kinds;
}

/** `elec@3` and `elec@3.copy`, not `elec@31`. */
function isNamedAfter(path: string, traces: VersionTraces | null): boolean {
  if (traces === null) return false;
  const { label } = traces;
  return path.split(sep).some((part) => part.startsWith(label) && !/^\d/.test(part.slice(label.length)));
}

async function lookInside(
  path: string,
  file: FileHandle,
  buffer: Buffer,
  options: RemainsSearch,
  kinds: Set<RemainsKind>,
): Promise<void> {
  const head = buffer.subarray(0, await readFully(file, buffer.subarray(0, 16), 0));
  if (head.subarray(0, 8).equals(SEALED_MAGIC) && path.startsWith(options.versions + sep)) {
    // Authenticated ciphertext: what else it could hold would not open.
    if (!(await isThere(join(path, '..', KEY_FILE)))) kinds.add('keyless-file');
    return;
  }
  const isTable = head.subarray(8, 12).equals(DUCKDB_MAGIC) || head.subarray(0, 4).equals(PARQUET_MAGIC);
  if (isTable) kinds.add('table-file');
  if (options.traces !== null) await lookForTraces(file, buffer, options.traces, kinds);
}

/** The file block by block, each behind the end of the one before, so that nothing is missed between two. */
async function lookForTraces(
  file: FileHandle,
  buffer: Buffer,
  traces: VersionTraces,
  kinds: Set<RemainsKind>,
): Promise<void> {
  for (let at = 0; ; at += BUFFER_BYTES) {
    const filled = await readFully(file, buffer, at);
    const block = buffer.subarray(0, filled);
    if (traces.wrappedKey !== null && block.includes(traces.wrappedKey)) kinds.add('key');
    if (hasPage(block, traces)) kinds.add('page');
    if (filled < buffer.length || (kinds.has('key') && kinds.has('page'))) return;
  }
}

function hasPage(block: Buffer, { pages }: VersionTraces): boolean {
  if (pages.size === 0) return false;
  for (let at = 0; at + PAGE_BYTES <= block.length; at += ALIGNMENT) {
    const digests = pages.get(block.readUInt32LE(at + PROBE_AT));
    if (digests?.has(pageDigest(block.subarray(at, at + PAGE_BYTES))) === true) return true;
  }
  return false;
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
