import Database from 'better-sqlite3';
import { type Connection, prepared } from './prepared.ts';

/**
 * Stretches of the log as they are hashed: one row for all of a stretch. WHY: rows and Buffers of single entries take longer than their hashes.
 */
export interface LeafStretch {
  /** Of each entry 0x00 ‖ entry, which its leaf is the hash of (RFC 6962 §2.1). */
  readonly inputs: readonly Buffer[];
  /** The recorded leaf hashes, side by side. */
  readonly leaves: Buffer;
}

/** Where a whole stretch is read from. */
export interface LeafReader {
  /** Entries `from` ≤ i < `to` with their leaves; null unless each of them is there once. */
  leafStretch(from: number, to: number): LeafStretch | null;
  close(): void;
}

interface EntriesRow {
  readonly indices: string | null;
  readonly lengths: string;
  readonly inputs: Buffer;
}
interface LeavesRow {
  readonly indices: string | null;
  readonly hashes: Buffer;
}

const selectEntries = prepared((db: Connection) =>
  db.client.prepare<[number, number], EntriesRow>(
    `SELECT group_concat(idx) AS indices, group_concat(length(bytes)) AS lengths,
       CAST(x'00' || group_concat(bytes, x'00') AS BLOB) AS inputs
     FROM (SELECT idx, bytes FROM audit_entries WHERE idx >= ? AND idx < ? ORDER BY idx)`,
  ),
);
const selectLeaves = prepared((db: Connection) =>
  db.client.prepare<[number, number], LeavesRow>(
    `SELECT group_concat(idx) AS indices, CAST(group_concat(hash, '') AS BLOB) AS hashes
     FROM (SELECT idx, hash FROM audit_leaves WHERE idx >= ? AND idx < ? ORDER BY idx)`,
  ),
);

export function readLeafStretch(db: Connection, from: number, to: number): LeafStretch | null {
  const indices = Array.from({ length: to - from }, (_, i) => from + i).join();
  const [entries, leaves] = [selectEntries(db).get(from, to), selectLeaves(db).get(from, to)];
  if (entries?.indices !== indices || leaves?.indices !== indices) return null;
  const inputs: Buffer[] = [];
  let offset = 0;
  for (const length of entries.lengths.split(',')) {
    const end = offset + 1 + Number(length);
    inputs.push(entries.inputs.subarray(offset, end));
    offset = end;
  }
  // INVARIANT: a value that is no blob, or none at all, shifts nothing unseen.
  const isWhole = inputs.length === to - from && offset === entries.inputs.length;
  return isWhole ? { inputs, leaves: leaves.hashes } : null;
}

/** A home's log for a thread that helps to check it: the caller has opened the home before. */
export function openLeafReader(storePath: string): LeafReader {
  const db: Connection = { client: new Database(storePath, { readonly: true, fileMustExist: true }) };
  return {
    leafStretch: (from, to) => readLeafStretch(db, from, to),
    close: () => db.client.close(),
  };
}
