import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What a scan found. */
export interface CopyScan {
  readonly files: number;
  readonly bytes: number;
  /** Files in which a piece of what was destroyed still lies. */
  readonly copiesLeft: number;
}

/** WHY short and several: a page of the store may cut one in two, and not all of them. */
const PIECE_BYTES = 40;
const PIECES = 16;
const CHUNK_BYTES = 4 * 2 ** 20;

/** Digests stand in the log for good, and say nothing of what they are of. */
const DIGEST = /[0-9a-f]{24}/;

/**
 * Pieces of a text by which a copy of it, whole or in parts, is known again.
 *
 * @param isShared whether a piece stands in what somebody else was given, and stays: the same answer to the same question.
 */
export function piecesOf(text: string, isShared: (piece: Buffer) => boolean): readonly Buffer[] {
  const bytes = Buffer.from(text);
  const step = Math.max(0, bytes.length - PIECE_BYTES) / (PIECES - 1);
  const starts = new Set(Array.from({ length: PIECES }, (_, i) => Math.floor(i * step)));
  const pieces = [...starts].map((start) => bytes.subarray(start, start + PIECE_BYTES));
  return pieces.filter((piece) => !DIGEST.test(piece.toString('latin1')) && !isShared(piece));
}

export interface CopySearch {
  readonly folders: readonly string[];
  readonly pieces: readonly Buffer[];
  /** Files whose names begin so are passed over; null: none. */
  readonly except: string | null;
}

/** Looks for the pieces in every file of the folders, whatever its kind. Files that vanish meanwhile hold nothing. */
export async function lookForCopies({ folders, pieces, except }: CopySearch): Promise<CopyScan> {
  let [files, bytes, copiesLeft] = [0, 0, 0];
  for (const path of (await Promise.all(folders.map(filesIn))).flat()) {
    const found = except !== null && basename(path).startsWith(except) ? null : await scanFile(path, pieces);
    if (found === null) continue;
    files += 1;
    bytes += found.bytes;
    copiesLeft += found.isCopy ? 1 : 0;
  }
  return { files, bytes, copiesLeft };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function scanFile(
  path: string,
  pieces: readonly Buffer[],
): Promise<{ readonly bytes: number; readonly isCopy: boolean } | null> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return null;
  try {
    let [bytes, isCopy] = [0, false];
    let tail: Buffer = Buffer.alloc(0);
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return { bytes, isCopy };
      bytes += bytesRead;
      const seen = Buffer.concat([tail, buffer.subarray(0, bytesRead)]);
      isCopy ||= pieces.some((piece) => seen.includes(piece));
      tail = seen.subarray(-(PIECE_BYTES - 1));
    }
  } finally {
    await file.close();
  }
}
