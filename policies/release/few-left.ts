import { UNIT_CLASSES } from '../sql/rewrite/cell-layout.ts';
import { PRINT_SLOTS, type SetPrint } from './guard/set-print.ts';

/** Prints as vectors: per lineage and slot the number of rows and the sum of their keys. Sums of sets are sums of vectors. */
export type PrintVector = Float64Array;

const NUMBERS = 2;
const LINEAGE_LENGTH = NUMBERS * PRINT_SLOTS;

export function vectorOf(print: SetPrint): PrintVector {
  const vector = new Float64Array(print.length * LINEAGE_LENGTH);
  for (const [at, { rowCounts, keySums }] of print.entries()) {
    for (let slot = 0; slot < PRINT_SLOTS; slot += 1) {
      const place = at * LINEAGE_LENGTH + NUMBERS * slot;
      vector[place] = rowCounts[slot]!;
      vector[place + 1] = keySums[slot]!;
    }
  }
  return vector;
}

/** A sum and difference of sets. */
type Combination = readonly { readonly position: number; readonly sign: 1 | -1 }[];

/** Sets in one combination that is looked at. More only as a whole without its parts. */
const TOGETHER_MAX = 4;

/**
 * What a reader can form by addition and subtraction of sets and what is provably of no `need` units: some rows by some lineage, in
 * fewer classes of units. All combinations of three and four sets, and of each set the rest after taking away as many others as fit.
 * @param budget combinations that may be looked at, counted down
 * @returns the sets of the first that is found; null where there is none; 'exhausted' where not all could be looked at
 */
export function combinationOfFew(
  vectors: readonly PrintVector[],
  need: number,
  budget: { left: number },
): readonly number[] | null | 'exhausted' {
  for (const combination of combinations(vectors)) {
    budget.left -= 1;
    if (budget.left < 0) return 'exhausted';
    if (isOfFew(vectors, combination, need)) return combination.map(({ position }) => position);
  }
  return null;
}

function* combinations(vectors: readonly PrintVector[]): Generator<Combination> {
  for (const whole of vectors.keys()) yield restOf(vectors, whole);
  yield* extended(vectors.length, []);
}

/**
 * WHY signs of both kinds: a sum of sets is of no fewer than each. The first is positive: the reverse says the same. Pairs
 * are the guard's.
 */
function* extended(count: number, begun: Combination): Generator<Combination> {
  if (begun.length > 2 && begun.some(({ sign }) => sign < 0)) yield begun;
  if (begun.length === TOGETHER_MAX) return;
  for (let position = (begun.at(-1)?.position ?? -1) + 1; position < count; position += 1) {
    yield* extended(count, [...begun, { position, sign: 1 }]);
    if (begun.length > 0) yield* extended(count, [...begun, { position, sign: -1 }]);
  }
}

/** Largest first, all that is not more than what is left. */
function restOf(vectors: readonly PrintVector[], whole: number): Combination {
  const rest = vectors[whole]!.slice();
  const taken: { position: number; sign: 1 | -1 }[] = [{ position: whole, sign: 1 }];
  const bySize = [...vectors.keys()].sort((a, b) => sizeOf(vectors[b]!) - sizeOf(vectors[a]!) || a - b);
  for (const position of bySize) {
    const part = vectors[position]!;
    if (position === whole || !fits(part, rest)) continue;
    for (const [at, entry] of part.entries()) rest[at]! -= entry;
    taken.push({ position, sign: -1 });
  }
  return taken;
}

function fits(part: PrintVector, rest: PrintVector): boolean {
  for (let at = 0; at < rest.length; at += NUMBERS) if (part[at]! > rest[at]!) return false;
  return true;
}

/** Rows, by all lineages. */
export function sizeOf(vector: PrintVector): number {
  let size = 0;
  for (let at = 0; at < vector.length; at += NUMBERS) size += vector[at]!;
  return size;
}

function isOfFew(vectors: readonly PrintVector[], combination: Combination, need: number): boolean {
  if (combination.length < 3) return false;
  for (let start = 0; start < vectors[0]!.length; start += LINEAGE_LENGTH) {
    const classes = classesIn(vectors, combination, start, need);
    if (classes > 0 && classes < need) return true;
  }
  return false;
}

/** Classes of units in which anything is left, counted up to `need`; rows of nobody alone count as one. */
function classesIn(vectors: readonly PrintVector[], combination: Combination, start: number, need: number): number {
  let classes = 0;
  for (let slot = 0; slot < PRINT_SLOTS && classes < need; slot += 1) {
    if (slot === UNIT_CLASSES && classes > 0) break;
    const place = start + NUMBERS * slot;
    let [rows, keys] = [0, 0];
    for (const { position, sign } of combination) {
      rows += sign * vectors[position]![place]!;
      keys += sign * vectors[position]![place + 1]!;
    }
    if (rows !== 0 || keys !== 0) classes += 1;
  }
  return classes;
}
