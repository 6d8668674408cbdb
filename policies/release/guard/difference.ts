import { UNIT_CLASSES } from '../../sql/rewrite/cell-layout.ts';
import { mixed, PRINT_SLOTS, SLOT_MAX, type TablePrint } from './set-print.ts';

/** How far apart two sets of rows of one table are, as far as their prints prove or suggest it. */

/**
 * Per class what its rows are, however often each of them is repeated: 32 bits of (sum of keys / rows), 0 for no rows.
 * WHY the quotient: a join with a public table that repeats rows must not make a near set look far. Correctly rounded
 * division gives equal doubles for equal quotients.
 */
export function classTokens(print: TablePrint, into = new Uint32Array(UNIT_CLASSES), at = 0): Uint32Array {
  for (let slot = 0; slot < UNIT_CLASSES; slot += 1) {
    const rows = print.rowCounts[slot]!;
    into[at + slot] = rows === 0 ? 0 : tokenOf(print.keySums[slot]! / rows);
  }
  return into;
}

/**
 * The tokens of what is left of `whole` without `part`, as `classTokens(minus(whole, part))`: asked of every set, so that no print is
 * made for it. Null where nothing is left, or `part` surely is no part.
 */
export function restTokens(whole: TablePrint, part: TablePrint): Uint32Array | null {
  if (whole.version !== part.version) return null;
  const tokens = new Uint32Array(UNIT_CLASSES);
  let left = 0;
  for (let slot = 0; slot < PRINT_SLOTS; slot += 1) {
    const rows = whole.rowCounts[slot]! - part.rowCounts[slot]!;
    const sum = whole.keySums[slot]! - part.keySums[slot]!;
    if (rows < 0 || Math.abs(sum) > SLOT_MAX) return null;
    left += rows;
    if (slot < UNIT_CLASSES) tokens[slot] = rows === 0 ? 0 : tokenOf(sum / rows);
  }
  return left === 0 ? null : tokens;
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

function tokenOf(quotient: number): number {
  double[0] = quotient;
  const token = mixed(halves[0]! ^ mixed(halves[1]! + 0x3243f6a9)) >>> 0;
  return token === 0 ? 1 : token;
}

/**
 * A lower bound on the privacy units whose rows differ between two sets: the classes that differ.
 *
 * Sound: equal multisets of rows differ in no class, a unit lies in one class, and repetition is left out of the
 * comparison. A class that differs is taken for equal with probability 2⁻³² (per class, over the secret salt of keys).
 * Limits: 64 classes prove no more than 64 units; n differing units lie in about 64·(1 − e^(−n/64)) classes.
 */
export function unitsDiffering(a: TablePrint, b: TablePrint): number {
  const [left, right] = [classTokens(a), classTokens(b)];
  let differing = 0;
  for (let slot = 0; slot < UNIT_CLASSES; slot += 1) if (left[slot] !== right[slot]) differing += 1;
  return differing;
}

/** Var(key) of keys even over [−2³¹, 2³¹). */
const KEY_VARIANCE = 2 ** 64 / 12;

/**
 * Rows that are in one set and not in the other, estimated: Σ Δ² / Var(key), as each row's key is a random number of mean 0.
 * Source: Alon, Matias, Szegedy, STOC 1996. Standard error about √(2/64) = 18%.
 */
export function rowsDiffering(a: TablePrint, b: TablePrint): number {
  let squares = 0;
  for (let slot = 0; slot < PRINT_SLOTS; slot += 1) squares += (a.keySums[slot]! - b.keySums[slot]!) ** 2;
  return squares / KEY_VARIANCE;
}

/** Scales sums of keys so that their squares count rows. */
export const KEY_UNIT = Math.sqrt(KEY_VARIANCE);
