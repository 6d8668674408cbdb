import type { KnownKind, KnownSet, SetPrint, TablePrint } from '#policies';
import { assert, PRINT_SLOTS, tablePrint } from '#policies';
import type { Db } from './db.ts';
import { prepared } from './prepared.ts';

/** What released answers stand on. Insert in the transaction of the outcome that releases them; nothing is deleted. */
export interface NewKnownSets {
  readonly job: string;
  readonly mode: string;
  readonly sets: readonly KnownSet[];
  /** Under which scheme the rows of a print have their keys (`ResourceVersion.rowKeyScheme`). */
  readonly rowKeySchemeOf: (print: TablePrint) => string;
}

const upsertSet = prepared((db) =>
  db.client.prepare<[string, KnownKind, string, string, string, string, string, string | null], { id: number }>(
    `INSERT INTO known_sets (identity, kind, family, asked, mode, job, at, alias_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (identity) DO UPDATE SET
       kind = CASE WHEN kind = excluded.kind THEN kind ELSE 'released' END, alias_of = coalesce(alias_of, excluded.alias_of)
     RETURNING id`,
  ),
);
const insertPrint = prepared((db) =>
  db.client.prepare<[string, number, number, string, Buffer]>(
    `INSERT INTO known_set_prints (lineage, set_id, version, row_key_scheme, print) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (lineage, set_id) DO NOTHING`,
  ),
);
interface StoredPrint {
  readonly id: number;
  readonly identity: string;
  readonly kind: KnownKind;
  readonly family: string;
  readonly asked: string;
  readonly aliasOf: string | null;
  readonly lineage: string;
  readonly version: number;
  readonly scheme: string;
  readonly print: Buffer;
}
const selectSets = prepared((db) =>
  db.client.prepare<[string], StoredPrint>(
    `SELECT s.id, s.identity, s.kind, s.family, s.asked, s.alias_of AS aliasOf, p.lineage, p.version, p.row_key_scheme AS scheme, p.print
     FROM known_set_prints of JOIN known_sets s ON s.id = of.set_id JOIN known_set_prints p ON p.set_id = s.id
     WHERE of.lineage = ? ORDER BY s.id, p.lineage`,
  ),
);
const selectSchemes = prepared((db) =>
  db.client.prepare<[string], { scheme: string }>(
    'SELECT DISTINCT row_key_scheme AS scheme FROM known_set_prints WHERE lineage = ?',
  ),
);

const selectSetCount = prepared((db) =>
  db.client
    .prepare<[string, string], number>(
      `SELECT count(DISTINCT set_id) FROM known_set_prints WHERE lineage >= ? || '/' AND lineage < ? || '0'`,
    )
    .pluck(),
);

/** A set known already stays as it is; of another kind as well, it is as one that was released: compared and counted. */
export function insertKnownSets(tx: Db, { job, mode, sets, rowKeySchemeOf }: NewKnownSets): void {
  const at = tx.now();
  for (const { identity, kind, family, asked, print, aliasOf = null } of sets) {
    const row = upsertSet(tx).get(identity, kind, family, asked, mode, job, at, aliasOf);
    assert(row !== undefined, 'an insertion gives its id');
    for (const table of print) {
      insertPrint(tx).run(table.lineage, row.id, table.version, rowKeySchemeOf(table), encodePrint(table));
    }
  }
}

/** All sets that touch a lineage, with their prints in every lineage, in the order in which they became known. */
export function* readKnownSets(db: Db, lineage: string): Generator<KnownSet> {
  let open: { readonly head: StoredPrint; readonly print: TablePrint[] } | null = null;
  for (const row of selectSets(db).iterate(lineage)) {
    if (open !== null && open.head.id !== row.id) {
      yield knownSet(open.head, open.print);
      open = null;
    }
    open ??= { head: row, print: [] };
    open.print.push(decodePrint(row));
  }
  if (open !== null) yield knownSet(open.head, open.print);
}

/** How many different sets of rows of a resource, in any version, released answers stand on or noise was drawn for. */
export function knownSetCount(db: Db, resource: string): number {
  return selectSetCount(db).get(resource, resource) ?? 0;
}

/** Under which schemes the stored prints of a lineage have their keys. */
export function rowKeySchemes(db: Db, lineage: string): readonly string[] {
  return selectSchemes(db)
    .all(lineage)
    .map(({ scheme }) => scheme);
}

function knownSet({ identity, kind, family, asked, aliasOf }: StoredPrint, print: SetPrint): KnownSet {
  return { identity, kind, family, asked, print, ...(aliasOf === null ? {} : { aliasOf }) };
}

const SLOT_BYTES = 17;

function encodePrint({ keySums, rowCounts }: TablePrint): Buffer {
  const occupied = [...rowCounts.keys()].filter((slot) => rowCounts[slot] !== 0 || keySums[slot] !== 0);
  const bytes = Buffer.alloc(occupied.length * SLOT_BYTES);
  for (const [at, slot] of occupied.entries()) {
    bytes.writeUInt8(slot, at * SLOT_BYTES);
    bytes.writeDoubleLE(keySums[slot]!, at * SLOT_BYTES + 1);
    bytes.writeDoubleLE(rowCounts[slot]!, at * SLOT_BYTES + 9);
  }
  return bytes;
}

function decodePrint({ lineage, version, print: bytes }: StoredPrint): TablePrint {
  const [keySums, rowCounts] = [new Float64Array(PRINT_SLOTS), new Float64Array(PRINT_SLOTS)];
  for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
    const slot = bytes.readUInt8(at);
    keySums[slot] = bytes.readDoubleLE(at + 1);
    rowCounts[slot] = bytes.readDoubleLE(at + 9);
  }
  const print = tablePrint(lineage, version, keySums, rowCounts);
  assert(print !== null && bytes.length % SLOT_BYTES === 0, 'a stored print is exact');
  return print;
}
