import type { Level, LookupMode, Mode } from '#policies';
import { assert, isDrillOrganisation } from '#policies/vocabulary';
import { canonicalJson, sha256 } from './canonical.ts';
import { closePeople, type LoggedPerson, openEntry, saveOpenings } from './logged-people.ts';
import { type Connection, prepared } from './prepared.ts';

export const AUDIT_KINDS = [
  'intent',
  'outcome',
  'refusal',
  'resource',
  'upload',
  'plan',
  'grant',
  'party-key',
  'operator',
  'log-read',
  'log-key',
  'master-key',
  'freeze',
  'canary',
  'destruction',
  'integrity',
  'erasure',
  'product',
  'consent',
  'intake',
  'sync',
  'start',
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** One line of the access log. Never a value of protected data; what is long goes in by its digest. */
export interface AuditEntry {
  readonly v: 1;
  readonly kind: AuditKind;
  /** ISO 8601 UTC with milliseconds: the store's `now()`. */
  readonly at: string;
  readonly job?: string;
  readonly who?: LoggedPerson & { readonly role: string };
  /** Whom it is about, where that is somebody else. */
  readonly about?: LoggedPerson;
  readonly plan?: string;
  readonly planHash?: string;
  readonly purpose?: string;
  readonly tables?: readonly {
    readonly resource: string;
    readonly version: number;
    readonly columns: readonly string[];
    readonly level: Level;
  }[];
  /** Ids of the grants that cover the tables. */
  readonly grants?: readonly string[];
  readonly mode?: Mode | LookupMode;
  readonly decision?: 'permit' | 'deny';
  readonly code?: string;
  /** Version or hash of the policies that decided. */
  readonly policies?: string;
  readonly queryHash?: string;
  readonly product?: string;
  /** Of a question about one subject: a digest of it, keyed, and another for each organisation that asks. */
  readonly subject?: string;
  readonly budget?: Readonly<Record<string, unknown>>;
  readonly resultSha256?: string;
  readonly timingClass?: string;
  /** The entry of the outcome whose answer is given again: nothing runs. */
  readonly repeats?: number;
  /** How many names were erased from earlier entries. */
  readonly erased?: number;
  readonly note?: string;
  /** Part of a drill: nothing of it happened to anybody. */
  readonly drill?: true;
}

/** The log's format (C2SP tlog-tiles) gives an entry's length two bytes. */
export const ENTRY_BYTES_MAX = 65_535;
const AT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** WHY one buffer: hashing in one call is twice as fast as in three, and needs prefix and entry side by side. */
const leafBuffer = Buffer.alloc(1 + ENTRY_BYTES_MAX);

const NEXT_INDEX = 'SELECT coalesce(max(idx) + 1, 0) FROM audit_entries';
const nextIndex = prepared((db: Connection) => db.client.prepare<[], number>(NEXT_INDEX).pluck());
const insertEntry = prepared((db: Connection) =>
  db.client.prepare<[Buffer]>(`INSERT INTO audit_entries (idx, bytes) VALUES ((${NEXT_INDEX}), ?)`),
);
const insertLeaf = prepared((db: Connection) =>
  db.client.prepare<[number, Buffer]>('INSERT INTO audit_leaves (idx, hash) VALUES (?, ?)'),
);
const selectEntries = prepared((db: Connection) =>
  db.client
    .prepare<[number, number], Buffer>('SELECT bytes FROM audit_entries WHERE idx >= ? AND idx < ? ORDER BY idx')
    .pluck(),
);

const selectScan = prepared((db: Connection) =>
  db.client
    .prepare<[number, number], [number, Buffer]>(
      'SELECT idx, bytes FROM audit_entries WHERE idx >= ? ORDER BY idx LIMIT ?',
    )
    .raw(),
);

/** SHA-256(0x00 ‖ entry): a leaf of the log's tree (RFC 6962 §2.1). */
export function leafHash(bytes: Uint8Array): Buffer {
  assert(bytes.length <= ENTRY_BYTES_MAX, 'an entry fits its length field');
  leafBuffer.set(bytes, 1);
  return sha256(leafBuffer.subarray(0, 1 + bytes.length));
}

/**
 * Writes the entry at the end of the log, as the canonical JSON that its leaf hash stands for. Part of the caller's
 * transaction: what it records and the record are true together or not at all. Searchable once indexed (audit-index.ts).
 *
 * @returns its index; the first is 0, and none is ever left out.
 */
export function appendEntry(tx: Connection, entry: AuditEntry): { readonly index: number } {
  assert(AT.test(entry.at), 'an entry carries a full UTC timestamp');
  const isDrill = isDrillOrganisation(entry.who?.org ?? '');
  const { closed, openings } = closePeople(isDrill ? { ...entry, drill: true } : entry);
  const bytes = Buffer.from(canonicalJson(closed));
  assert(bytes.length <= ENTRY_BYTES_MAX, 'an entry fits; what is long goes in by its digest');
  const index = Number(insertEntry(tx).run(bytes).lastInsertRowid);
  insertLeaf(tx).run(index, leafHash(bytes));
  saveOpenings(tx, index, openings);
  return { index };
}

/** How many entries the log holds. */
export function entryCount(db: Connection): number {
  return nextIndex(db).get() ?? 0;
}

/** Up to `limit` rows from index `from` on as `[index, bytes]`, as they lie in the store: for checks that trust nothing. */
export function scanEntries(db: Connection, from: number, limit: number): readonly (readonly [number, Buffer])[] {
  return selectScan(db).all(from, limit);
}

/** The canonical bytes of entries `from` ≤ i < `to`, in order. The caller bounds the stretch. */
export function readEntryBytes(db: Connection, from: number, to: number): readonly Buffer[] {
  return selectEntries(db).all(from, to);
}

/** The same, with the names that are kept of them. */
export function readEntries(db: Connection, from: number, to: number): readonly AuditEntry[] {
  return readEntryBytes(db, from, to).map((bytes, i) => parseEntry(db, from + i, bytes));
}

/** Entry `index` from its bytes, with the names that are kept of it. */
export function parseEntry(db: Connection, index: number, bytes: Buffer): AuditEntry {
  return openEntry(db, index, parseClosedEntry(bytes));
}

/** The log is this software's own writing: what its bytes say was an AuditEntry when it was written, but for the names. */
export function parseClosedEntry(bytes: Buffer): AuditEntry {
  return JSON.parse(bytes.toString('utf8')) as AuditEntry;
}
