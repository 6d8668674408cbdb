import { assert } from '../../errors.ts';
import { UNIT_CLASSES } from '../../sql/rewrite/cell-layout.ts';
import { classTokens, KEY_UNIT } from './difference.ts';
import { rowsOf, type TablePrint } from './set-print.ts';

/**
 * The sets known of one lineage, laid out for search. Sets differ provably in `need` units when they differ in as many of
 * the 64 classes; `near` finds all those that do not, without looking at most of the others.
 *
 * Method (prefix filter, Chaudhuri, Ganti, Kaushik, ICDE 2006): order the occupied classes of every set. Two sets that
 * differ in fewer than `need` classes share one of the first `need` in both, unless both occupy fewer than `need`.
 * So each set is posted under its first classes' contents, and those of few classes in a list of their own.
 */
export type Entry = number;

/** Classes that must differ are rounded up to one of these, each with postings of its own, made when first asked for. */
const NEEDS = [10, 20, 32] as const;
/** WHY no more: 64 classes of more than about 50 units are all occupied, and could prove nothing. See verdict.ts. */
export const NEED_MAX = 32;

/** What is known of a set beside its print. */
export interface SetName {
  /** Of this table's rows alone. */
  readonly identity: string;
  /** Sets of one grouping of one answer have one number. */
  readonly family: number;
  readonly asked: number;
}

/** `compared`: with what is asked: near sets are hidden. `counted`: for the cap on distinct sets. `numbered`: near sets have its number. */
export type SetUse = 'compared' | 'counted' | 'numbered';

/** Says whether to stop. */
type Found = (entry: Entry, differing: number) => boolean;

interface Postings {
  readonly need: number;
  heads: Int32Array;
  next: Int32Array;
  entryOf: Int32Array;
  count: number;
  readonly small: Entry[];
}

export class SetIndex {
  #size = 0;
  #tokens = new Uint32Array(0);
  #sums = new Float32Array(0);
  #rows = new Float64Array(0);
  #occupied = new Int32Array(0);
  #family = new Int32Array(0);
  #flags = new Uint8Array(0);
  #seen = new Int32Array(0);
  #version = new Int32Array(0);
  #asked = new Int32Array(0);
  readonly #identities: string[] = [];
  #probe = 0;
  readonly #postings = new Map<number, Postings>();

  get size(): number {
    return this.#size;
  }

  add(print: TablePrint, { identity, family, asked }: SetName, uses: readonly SetUse[]): Entry {
    const entry = this.#size;
    if (entry === this.#rows.length) this.#grow();
    this.#size += 1;
    const at = entry * UNIT_CLASSES;
    classTokens(print, this.#tokens, at);
    for (let slot = 0; slot < UNIT_CLASSES; slot += 1) this.#sums[at + slot] = print.keySums[slot]! / KEY_UNIT;
    this.#rows[entry] = rowsOf(print);
    this.#occupied[entry] = occupiedClasses(this.#tokens, at);
    this.#family[entry] = family;
    this.#version[entry] = print.version;
    this.#asked[entry] = asked;
    this.#seen[entry] = 0;
    this.#identities.push(identity);
    this.#flags[entry] = flagsOf(uses);
    for (const postings of this.#postings.values()) this.#post(postings, entry);
    return entry;
  }

  /**
   * The set was never released after all. Its number may be given to another one as soon as none after it is left: answers that fail
   * take no room for good.
   */
  remove(entry: Entry): void {
    this.#flags[entry] = 0;
    while (this.#size > 0 && this.#flags[this.#size - 1] === 0) this.#takeBackLast();
  }

  /** For that as well from now on. */
  use(entry: Entry, uses: readonly SetUse[]): void {
    this.#flags[entry]! |= flagsOf(uses);
  }

  isCompared(entry: Entry): boolean {
    return (this.#flags[entry]! & COMPARED) !== 0;
  }

  isCounted(entry: Entry): boolean {
    return (this.#flags[entry]! & COUNTED) !== 0;
  }

  familyOf(entry: Entry): number {
    return this.#family[entry]!;
  }

  rowsOf(entry: Entry): number {
    return this.#rows[entry]!;
  }

  /** The number of the words by which it was first asked for. */
  askedOf(entry: Entry): number {
    return this.#asked[entry]!;
  }

  versionOf(entry: Entry): number {
    return this.#version[entry]!;
  }

  /** Of this table's rows alone: `identityOf([print])`. */
  identityOf(entry: Entry): string {
    return this.#identities[entry]!;
  }

  /** Key sums per class in standard deviations of a key: `sums[entry * 64 + class]`. */
  get sums(): Float32Array {
    return this.#sums;
  }

  /** Classes in which the set of `tokens` and a known one differ, counted up to `limit`. */
  differing(tokens: Uint32Array, entry: Entry, limit: number): number {
    const at = entry * UNIT_CLASSES;
    let differing = 0;
    for (let slot = 0; slot < UNIT_CLASSES; slot += 1) {
      if (tokens[slot] !== this.#tokens[at + slot] && ++differing >= limit) return differing;
    }
    return differing;
  }

  /** Occupied classes of units that have the same rows in both. */
  classesShared(tokens: Uint32Array, entry: Entry): number {
    const at = entry * UNIT_CLASSES;
    let shared = 0;
    for (let slot = 0; slot < UNIT_CLASSES; slot += 1) {
      if (tokens[slot] !== 0 && tokens[slot] === this.#tokens[at + slot]) shared += 1;
    }
    return shared;
  }

  /** Sets that share one of the first occupied classes with `tokens`, each once. */
  sharing(tokens: Uint32Array, found: (entry: Entry) => void): void {
    this.#probe += 1;
    this.#walk(this.#postingsFor(NEEDS[0]), tokens, (entry) => {
      if (this.#isFirstLook(entry)) found(entry);
      return false;
    });
  }

  /** Every set that is compared, outside `family`, that differs from `tokens` in fewer than `need` classes; `found` says when to stop. */
  near(tokens: Uint32Array, need: number, family: number, found: Found): void {
    const isOutside = (entry: Entry) => this.isCompared(entry) && this.#family[entry] !== family;
    this.#near(tokens, need, isOutside, found);
  }

  /** The same of every set that has a number. */
  nearNumbered(tokens: Uint32Array, need: number, found: Found): void {
    this.#near(tokens, need, (entry) => (this.#flags[entry]! & NUMBERED) !== 0, found);
  }

  #near(tokens: Uint32Array, need: number, isMeant: (entry: Entry) => boolean, found: Found): void {
    assert(need >= 1 && need <= NEED_MAX, 'as many classes as can be proven');
    const postings = this.#postingsFor(need);
    this.#probe += 1;
    const look = (entry: Entry): boolean => {
      if (!this.#isFirstLook(entry) || !isMeant(entry)) return false;
      const differing = this.differing(tokens, entry, need);
      return differing < need && found(entry, differing);
    };
    if (this.#walk(postings, tokens, look) || occupiedClasses(tokens) >= postings.need) return;
    for (const entry of postings.small) if (look(entry)) return;
  }

  /** In this search. */
  #isFirstLook(entry: Entry): boolean {
    if (this.#seen[entry] === this.#probe) return false;
    this.#seen[entry] = this.#probe;
    return true;
  }

  /** All posts under the first occupied classes of `tokens`, until `look` says to stop. */
  #walk({ need, heads, next, entryOf }: Postings, tokens: Uint32Array, look: (entry: Entry) => boolean): boolean {
    for (let slot = 0, classes = 0; slot < UNIT_CLASSES && classes < need; slot += 1) {
      const token = tokens[slot]!;
      if (token === 0) continue;
      classes += 1;
      for (let post = heads[bucketOf(token, slot, heads.length)]!; post >= 0; post = next[post]!) {
        const entry = entryOf[post]!;
        if (this.#tokens[entry * UNIT_CLASSES + slot] === token && look(entry)) return true;
      }
    }
    return false;
  }

  #postingsFor(need: number): Postings {
    const rounded = NEEDS.find((known) => known >= need)!;
    let postings = this.#postings.get(rounded);
    if (postings === undefined) {
      const empty = () => new Int32Array(1024).fill(-1);
      postings = { need: rounded, heads: empty(), next: empty(), entryOf: empty(), count: 0, small: [] };
      this.#postings.set(rounded, postings);
      for (let entry = 0; entry < this.#size; entry += 1) this.#post(postings, entry);
    }
    return postings;
  }

  #post(postings: Postings, entry: Entry): void {
    if (this.#occupied[entry]! < postings.need) postings.small.push(entry);
    const at = entry * UNIT_CLASSES;
    let classes = 0;
    for (let slot = 0; slot < UNIT_CLASSES && classes < postings.need; slot += 1) {
      if (this.#tokens[at + slot] === 0) continue;
      classes += 1;
      if (postings.count === postings.next.length) this.#enlarge(postings);
      link(postings, postings.count, entry, bucketOf(this.#tokens[at + slot]!, slot, postings.heads.length));
      postings.count += 1;
    }
  }

  /** INVARIANT: posts are linked in the order of their sets, so those of the last one stand first in their buckets. */
  #takeBackLast(): void {
    this.#size -= 1;
    this.#identities.pop();
    for (const postings of this.#postings.values()) this.#unpost(postings, this.#size);
  }

  #unpost(postings: Postings, last: Entry): void {
    const { need, heads, next, small } = postings;
    if (small.at(-1) === last) small.pop();
    postings.count -= Math.min(need, this.#occupied[last]!);
    for (let slot = 0; slot < UNIT_CLASSES; slot += 1) {
      const bucket = bucketOf(this.#tokens[last * UNIT_CLASSES + slot]!, slot, heads.length);
      while (heads[bucket]! >= postings.count) heads[bucket] = next[heads[bucket]!]!;
    }
  }

  /** Twice the room, and twice the buckets: every post is linked anew, under the classes of its set in order. */
  #enlarge(postings: Postings): void {
    const { count, entryOf } = postings;
    postings.next = new Int32Array(count * 2);
    postings.entryOf = new Int32Array(count * 2);
    postings.heads = new Int32Array(count * 2).fill(-1);
    let slot = 0;
    for (let post = 0; post < count; post += 1) {
      const entry = entryOf[post]!;
      if (post === 0 || entry !== entryOf[post - 1]) slot = 0;
      while (this.#tokens[entry * UNIT_CLASSES + slot] === 0) slot += 1;
      link(postings, post, entry, bucketOf(this.#tokens[entry * UNIT_CLASSES + slot]!, slot, postings.heads.length));
      slot += 1;
    }
  }

  #grow(): void {
    const room = Math.max(256, this.#rows.length * 2);
    this.#tokens = grown(this.#tokens, new Uint32Array(room * UNIT_CLASSES));
    this.#sums = grown(this.#sums, new Float32Array(room * UNIT_CLASSES));
    this.#rows = grown(this.#rows, new Float64Array(room));
    this.#occupied = grown(this.#occupied, new Int32Array(room));
    this.#family = grown(this.#family, new Int32Array(room));
    this.#flags = grown(this.#flags, new Uint8Array(room));
    this.#seen = grown(this.#seen, new Int32Array(room));
    this.#version = grown(this.#version, new Int32Array(room));
    this.#asked = grown(this.#asked, new Int32Array(room));
  }
}

const COMPARED = 1;
const COUNTED = 2;
const NUMBERED = 4;

const flagsOf = (uses: readonly SetUse[]): number =>
  (uses.includes('compared') ? COMPARED : 0) |
  (uses.includes('counted') ? COUNTED : 0) |
  (uses.includes('numbered') ? NUMBERED : 0);

function link(postings: Postings, post: number, entry: Entry, bucket: number): void {
  postings.entryOf[post] = entry;
  postings.next[post] = postings.heads[bucket]!;
  postings.heads[bucket] = post;
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** `buckets` is a power of two. */
function bucketOf(token: number, slot: number, buckets: number): number {
  return (token ^ Math.imul(slot + 1, 0x9e3779b1)) & (buckets - 1);
}

/** Classes that have rows, of the set whose tokens begin at `at`. */
export function occupiedClasses(tokens: Uint32Array, at = 0): number {
  let classes = 0;
  for (let slot = 0; slot < UNIT_CLASSES; slot += 1) if (tokens[at + slot] !== 0) classes += 1;
  return classes;
}
