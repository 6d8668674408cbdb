import {
  type AuditEntry,
  entryCount,
  keepsNames,
  openStoreReader,
  PERSON_PARTS,
  parseClosedEntry,
  personCommitment,
  readOpenings,
  type StoreReader,
  scanEntries,
} from '#catalog';

/** Whether the names beside a log are those that its entries commit to, and every other one was erased on record. */
export interface NamesReport {
  readonly kept: number;
  /** As the log says of itself. */
  readonly erased: number;
  readonly problem?: {
    readonly what: 'name-changed' | 'name-missing';
    /** The entry. */
    readonly index: number;
  };
}

const STRETCH = 4_096;
/** All that a stretch can have, and one more: what somebody added must not fill the memory. */
const OPENINGS_MAX = PERSON_PARTS.length * STRETCH + 1;

/**
 * For a log that was found intact: entries are believed here.
 *
 * @throws AppError `STORE_FAILED`, `HOME_NEWER`.
 */
export function verifyNames(storePath: string): NamesReport {
  const store = openStoreReader(storePath);
  try {
    store.hold();
    return check(store);
  } finally {
    store.close();
  }
}

function check(store: StoreReader): NamesReport {
  const count = store.read(entryCount);
  // A home of an older layout has no place for names, and no entry that commits to one.
  const hasNames = store.read(keepsNames);
  const openingsOf = (from: number, to: number) =>
    hasNames ? store.read((db) => readOpenings(db, from, to, OPENINGS_MAX)) : [];
  let [kept, erased, missing] = [0, 0, 0];
  let firstMissing = 0;
  for (let from = 0; from < count; from += STRETCH) {
    const openings = openingsOf(from, Math.min(from + STRETCH, count));
    const byPlace = new Map(openings.map((one) => [`${one.idx} ${one.part}`, one]));
    for (const [index, bytes] of store.read((db) => scanEntries(db, from, STRETCH))) {
      const entry = parseClosedEntry(bytes);
      erased += entry.erased ?? 0;
      for (const [part, person] of peopleOf(entry)) {
        const opening = byPlace.get(`${index} ${part}`);
        byPlace.delete(`${index} ${part}`);
        if (opening === undefined) {
          if (missing === 0) firstMissing = index;
          missing += 1;
        } else if (personCommitment(opening.salt, opening) === person) kept += 1;
        else return { kept, erased, problem: { what: 'name-changed', index } };
      }
    }
    const [stray] = byPlace.values();
    if (stray !== undefined) return { kept, erased, problem: { what: 'name-changed', index: stray.idx } };
  }
  const [beyond] = [...openingsOf(count, Number.MAX_SAFE_INTEGER), ...openingsOf(Number.MIN_SAFE_INTEGER, 0)];
  if (beyond !== undefined) return { kept, erased, problem: { what: 'name-changed', index: beyond.idx } };
  if (missing !== erased) return { kept, erased, problem: { what: 'name-missing', index: firstMissing } };
  return { kept, erased };
}

function peopleOf(entry: AuditEntry): readonly (readonly [part: string, person: string])[] {
  return PERSON_PARTS.flatMap((part) => {
    const person = entry[part]?.person;
    return person === undefined ? [] : [[part, person] as const];
  });
}
