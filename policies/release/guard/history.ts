import { wordsAsked } from '../../sql/rewrite/asked-text.ts';
import { type Entry, SetIndex, type SetUse } from './set-index.ts';
import { identityOf, type SetPrint, type TablePrint } from './set-print.ts';

/**
 * - `released`: a value over this set left.
 * - `derived`: a reader can compute a value over it from what left: the union of a grouping's cells.
 * - `drawn`: no value of its own left, but noise of its own decided whether one would (mode `perturbed`). Counts for the cap on
 *   distinct sets, and is compared with nothing.
 * - `alias`: it was given the number of another set that is near to it (mode `perturbed`): what is near to it gets that number too. WHY not
 *   counted: hidden in a full region, it would show that it is not that other set.
 * - `universe`: the whole that other sets have their complement in; taken as known.
 */
export type KnownKind = 'released' | 'derived' | 'drawn' | 'alias' | 'universe';

export interface KnownSet {
  /** `identityOf(print)`. */
  readonly identity: string;
  readonly print: SetPrint;
  readonly kind: KnownKind;
  /** By what it was first asked for, beyond plain conditions: canonical text. */
  readonly asked: string;
  /** One grouping of one answer. Its sets are disjoint, or unions of such, each of enough units: they are not compared. */
  readonly family: string;
  /** Of an alias: the identity of the set whose number it has. */
  readonly aliasOf?: string;
}

const USES = {
  released: ['compared', 'counted', 'numbered'],
  derived: ['compared', 'numbered'],
  drawn: ['counted'],
  alias: ['numbered'],
} as const satisfies Record<string, readonly SetUse[]>;

/** Its place in the index of each of its tables. */
type Entries = ReadonlyMap<string, Entry>;

/** Every set that answers over some lineages stand on, of all accounts, jobs and versions. One writer at a time. */
export class ReleaseHistory {
  readonly #indexes = new Map<string, SetIndex>();
  readonly #known = new Map<string, Entries>();
  /** The sets whose numbers aliases have. */
  readonly #aliases = new Map<string, string>();
  /** By lineage, how many sets are aliases and nothing else. */
  readonly #aliasCounts = new Map<string, number>();
  readonly #askedNumbers = new Map<string, number>();
  readonly #askedTexts: string[] = [];
  /** Per lineage and entry: the tables of a set that is joined from several. */
  readonly #joined = new Map<string, Map<Entry, Entries>>();
  readonly #universes = new Map<string, TablePrint[]>();
  readonly #families = new Map<string, number>();
  readonly #familyNames: string[] = [];

  index(lineage: string): SetIndex {
    return getOrMake(this.#indexes, lineage, () => new SetIndex());
  }

  universesOf(lineage: string): readonly TablePrint[] {
    return this.#universes.get(lineage) ?? [];
  }

  /** The number of a family in the indexes. */
  familyNumber(family: string): number {
    return getOrMake(this.#families, family, () => this.#familyNames.push(family) - 1);
  }

  /** The family of a number. */
  familyName(number: number): string {
    return this.#familyNames[number]!;
  }

  /** The number of an asking text in the indexes. */
  askedNumber(asked: string): number {
    return getOrMake(this.#askedNumbers, asked, () => this.#askedTexts.push(asked) - 1);
  }

  askedText(number: number): string {
    return this.#askedTexts[number]!;
  }

  /** Whether a known set was first asked for by other words: by other ones of a kind, or at all. */
  isOtherwise(identity: string, asked: string, words: (asked: string) => string = wordsAsked): boolean {
    const [first] = this.#known.get(identity) ?? NONE;
    if (first === undefined || !this.has(identity)) return false;
    const before = this.#askedTexts[this.index(first[0]).askedOf(first[1])]!;
    return words(before) !== words(asked);
  }

  /** Whether a value over the set is known. */
  has(identity: string): boolean {
    const [first] = this.#known.get(identity) ?? NONE;
    return first !== undefined && this.index(first[0]).isCompared(first[1]);
  }

  /** Whether it is known of the set that it was hidden, or more. */
  hasDrawn(identity: string): boolean {
    const [first] = this.#known.get(identity) ?? NONE;
    return first !== undefined && this.index(first[0]).isCounted(first[1]);
  }

  /** The set whose number this one has: its own or, of an alias, another; null where it has none yet. */
  numberedAs(identity: string): string | null {
    return this.#aliases.get(identity) ?? (this.has(identity) ? identity : null);
  }

  aliasCount(lineage: string): number {
    return this.#aliasCounts.get(lineage) ?? 0;
  }

  /** Its place in the index of each of its tables. */
  entriesOf(identity: string): Entries {
    return this.#known.get(identity) ?? NONE;
  }

  /** Adds a set, or adds to what a known one is; true for one that was not known. */
  add({ identity, print, kind, family, asked, aliasOf }: KnownSet): boolean {
    // WHY a universe has no entry: it is compared when somebody asks for it.
    if (kind === 'universe') return this.#addUniverse(print);
    if (aliasOf !== undefined) this.#aliases.set(identity, aliasOf);
    const before = this.#known.get(identity);
    if (before !== undefined) {
      const isMore = kind !== 'alias' && !this.has(identity) && !this.hasDrawn(identity);
      if (isMore) this.#countAlias(before, -1);
      for (const [lineage, entry] of before) this.index(lineage).use(entry, USES[kind]);
      return false;
    }
    const [familyNumber, askedNumber] = [this.familyNumber(family), this.askedNumber(asked)];
    const entries = new Map<string, Entry>();
    for (const table of print) {
      const rows = print.length === 1 ? identity : identityOf([table]);
      const named = { identity: rows, family: familyNumber, asked: askedNumber };
      entries.set(table.lineage, this.index(table.lineage).add(table, named, USES[kind]));
    }
    this.#known.set(identity, entries);
    if (kind === 'alias') this.#countAlias(entries, 1);
    if (print.length > 1) {
      for (const [lineage, entry] of entries) getOrMake(this.#joined, lineage, () => new Map()).set(entry, entries);
    }
    return true;
  }

  /** The answer that a set was meant for never left. */
  remove(identity: string): void {
    const entries = this.#known.get(identity) ?? NONE;
    const [first] = entries;
    if (first !== undefined && !this.has(identity) && !this.hasDrawn(identity)) this.#countAlias(entries, -1);
    for (const [lineage, entry] of entries) {
      this.#joined.get(lineage)?.delete(entry);
      this.index(lineage).remove(entry);
    }
    this.#known.delete(identity);
    this.#aliases.delete(identity);
  }

  /** All tables of the set that an entry is part of, where they are several. */
  othersOf(lineage: string, entry: Entry): Entries {
    return this.#joined.get(lineage)?.get(entry) ?? NONE;
  }

  #countAlias(entries: Entries, by: 1 | -1): void {
    for (const lineage of entries.keys()) this.#aliasCounts.set(lineage, this.aliasCount(lineage) + by);
  }

  #addUniverse(print: SetPrint): boolean {
    let isNew = false;
    for (const table of print) {
      const known = getOrMake(this.#universes, table.lineage, () => []);
      const identity = identityOf([table]);
      if (known.some((universe) => universe.version === table.version && identityOf([universe]) === identity)) continue;
      known.push(table);
      isNew = true;
    }
    return isNew;
  }
}

const NONE: Entries = new Map();

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
