import { hash, randomFillSync } from 'node:crypto';
import type { AuditEntry } from './audit-entries.ts';
import { canonicalJson } from './canonical.ts';
import { type Connection, prepared } from './prepared.ts';

/**
 * People in the log. An entry's canonical bytes name an account by a salted commitment, SHA-256(salt ‖ ["org","sub"]); salt and name lie
 * beside it and can be erased (PIPL art. 47), after which nobody can tell who it was, and every proof over the log still holds.
 * Whoever is shown an entry with its salt can close it and check that it is the logged one.
 */
export interface LoggedPerson {
  readonly org: string;
  /** The account; `ERASED` where nobody knows it any more. */
  readonly sub: string;
  /** The commitment, base64url. Absent from entries of before there were any: those hold the account itself. */
  readonly person?: string;
  /** base64url; absent once erased. */
  readonly salt?: string;
}

/** No account has this name. */
export const ERASED = '-';

export const PERSON_PARTS = ['who', 'about'] as const;
type Part = (typeof PERSON_PARTS)[number];
const SALT_BYTES = 16;

const insertOpening = prepared((db: Connection) =>
  db.client.prepare<[number, Part, string, string, Buffer]>(
    'INSERT INTO audit_openings (idx, part, org, sub, salt) VALUES (?, ?, ?, ?, ?)',
  ),
);
export interface Opening {
  readonly part: Part;
  readonly org: string;
  readonly sub: string;
  readonly salt: Buffer;
}
const selectOpenings = prepared((db: Connection) =>
  db.client.prepare<[number], Opening>('SELECT part, org, sub, salt FROM audit_openings WHERE idx = ?'),
);

const selectRange = prepared((db: Connection) =>
  db.client.prepare<[number, number, number], Opening & { readonly idx: number }>(
    'SELECT idx, part, org, sub, salt FROM audit_openings WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT ?',
  ),
);

/** Up to `limit` names kept of entries `from` ≤ idx < `to`, as they lie in the store: for checks that trust nothing. */
export function readOpenings(
  db: Connection,
  from: number,
  to: number,
  limit: number,
): readonly (Opening & { readonly idx: number })[] {
  return selectRange(db).all(from, to, limit);
}

export function personCommitment(salt: Uint8Array, { org, sub }: Pick<LoggedPerson, 'org' | 'sub'>): string {
  return hash('sha256', Buffer.concat([salt, Buffer.from(canonicalJson([org, sub]))]), 'base64url');
}

/** The entry as its leaf hashes it, which names nobody, and what opens it: a new salt for each person in it. */
export function closePeople(entry: AuditEntry): { readonly closed: object; readonly openings: readonly Opening[] } {
  const openings: Opening[] = [];
  const closed = mapPeople(entry, ({ org, sub }, part) => {
    const salt = drawSalt();
    openings.push({ part, org, sub, salt });
    return { org, person: personCommitment(salt, { org, sub }) };
  });
  return { closed, openings };
}

/** A logged entry as its leaf hashes it: without what can be erased. The canonical JSON of what this returns are its bytes. */
export function closeEntry(entry: AuditEntry): object {
  return mapPeople(entry, (person) => {
    if (person.person === undefined) return person;
    const { sub: _, salt: __, ...closed } = person;
    return closed;
  });
}

/** Keeps who is who, beside the entry. */
export function saveOpenings(tx: Connection, index: number, openings: readonly Opening[]): void {
  for (const { part, org, sub, salt } of openings) insertOpening(tx).run(index, part, org, sub, salt);
}

/** Whether every name that somebody shows with a logged entry is the one that it commits to. */
export function namesFit(entry: AuditEntry): boolean {
  return PERSON_PARTS.every((part) => {
    const { org = '', sub = ERASED, person, salt = '' }: Partial<LoggedPerson> = entry[part] ?? {};
    const isNobody = person === undefined || sub === ERASED;
    return isNobody || personCommitment(Buffer.from(salt, 'base64url'), { org, sub }) === person;
  });
}

/** The entry with the names that are kept of it. INVARIANT: a name that its commitment does not fit is none. */
export function openEntry(db: Connection, index: number, closed: AuditEntry): AuditEntry {
  if (PERSON_PARTS.every((part) => closed[part]?.person === undefined)) return closed;
  const openings = selectOpenings(db).all(index);
  return mapPeople(closed, (person, part) => {
    const opening = openings.find((one) => one.part === part);
    if (person.person === undefined) return person;
    if (opening === undefined || personCommitment(opening.salt, opening) !== person.person)
      return { ...person, sub: ERASED };
    return { ...person, sub: opening.sub, salt: opening.salt.toString('base64url') };
  });
}

const deleteOpenings = prepared((db: Connection) =>
  db.client.prepare<[string, string]>('DELETE FROM audit_openings WHERE org = ? AND sub = ?'),
);

const ERASURES = 'audit.erasures';
const selectErasures = prepared((db: Connection) =>
  db.client.prepare<[string], number>('SELECT CAST(json AS INTEGER) FROM settings WHERE name = ?').pluck(),
);
const raiseErasures = prepared((db: Connection) =>
  db.client.prepare<[]>(
    `INSERT INTO settings (name, json) VALUES ('${ERASURES}', '1') ON CONFLICT DO UPDATE SET json = CAST(json + 1 AS TEXT)`,
  ),
);

/** How often names were erased: a search index of before such a time must not be used. */
export function countErasures(db: Connection): number {
  return selectErasures(db).get(ERASURES) ?? 0;
}

/** Whether a home has a place for names at all: one of an older layout has not. */
export function keepsNames(db: Connection): boolean {
  return db.client.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit_openings'").get() !== undefined;
}

/**
 * Erases who it was from every entry that names the account, so that nothing of the name is left in the table's pages. Reads the whole
 * table. What lies outside the table: see `Store.purge`.
 *
 * @returns from how many places.
 */
export function eraseOpenings(tx: Connection, { org, sub }: Pick<LoggedPerson, 'org' | 'sub'>): number {
  tx.client.pragma('secure_delete = ON');
  try {
    raiseErasures(tx).run();
    return deleteOpenings(tx).run(org, sub).changes;
  } finally {
    tx.client.pragma('secure_delete = OFF');
  }
}

function mapPeople<P extends Partial<LoggedPerson>>(
  entry: AuditEntry,
  change: (person: LoggedPerson, part: Part) => P,
) {
  const { who, about } = entry;
  return {
    ...entry,
    ...(who === undefined ? {} : { who: { ...change(who, 'who'), role: who.role } }),
    ...(about === undefined ? {} : { about: change(about, 'about') }),
  };
}

const pool = Buffer.alloc(256 * SALT_BYTES);
let drawn = pool.length;

/** WHY in bulk: asking for a few bytes takes longer than the rest of an entry's commitment. */
function drawSalt(): Buffer {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += SALT_BYTES;
  return Buffer.from(pool.subarray(drawn - SALT_BYTES, drawn));
}
