import { assert } from '../../errors.ts';
import { UNIT_CLASSES } from '../../sql/rewrite/cell-layout.ts';

/**
 * What the guard knows of the set of stored rows behind a value: per protected table a linear sketch, in which the rows
 * are told apart by their keys (`_row_key`, signed 32 bits) and their privacy units by 64 classes. Exact whole numbers in
 * doubles, so that union of disjoint sets, difference and complement are sums and differences of prints.
 */
/** One slot a class of units, and a last one for rows that name none. */
export const PRINT_SLOTS = UNIT_CLASSES + 1;
/** Largest magnitude that a slot may have: sums of two, and eightfold sums, are then exact too. */
export const SLOT_MAX = 2 ** 49;

export interface TablePrint {
  /**
   * What prints must share to be compared: the stored table, of whatever version, and the kind of units that its classes are
   * made of. A table with two columns of one kind has a print by each column as well.
   */
  readonly lineage: string;
  readonly version: number;
  /** Sum of the row keys per slot, each row as often as it stands in the set. */
  readonly keySums: Float64Array;
  /** Rows per slot, the same way. */
  readonly rowCounts: Float64Array;
}

/** The name of a lineage: resources hold no slash. `units`: their kind, or a column. */
export function lineageOf(resource: string, units: string): string {
  return `${resource}/${units}`;
}

export function resourceOf(lineage: string): string {
  return lineage.slice(0, lineage.indexOf('/'));
}

/** A value's set: its prints by lineage: for each protected table that is joined in it, and its units. */
export type SetPrint = readonly TablePrint[];

/**
 * Null where a number is too large to be exact: such a set can be compared with nothing, and its value must stay hidden.
 * @param keySums, rowCounts `PRINT_SLOTS` whole numbers each
 */
export function tablePrint(
  lineage: string,
  version: number,
  keySums: ArrayLike<number | bigint>,
  rowCounts: ArrayLike<number | bigint>,
): TablePrint | null {
  assert(keySums.length === PRINT_SLOTS && rowCounts.length === PRINT_SLOTS, 'a print has one number per slot');
  const print = { lineage, version, keySums: new Float64Array(PRINT_SLOTS), rowCounts: new Float64Array(PRINT_SLOTS) };
  for (let slot = 0; slot < PRINT_SLOTS; slot += 1) {
    print.keySums[slot] = Number(keySums[slot]);
    print.rowCounts[slot] = Number(rowCounts[slot]);
  }
  return isExact(print) ? print : null;
}

function isExact({ keySums, rowCounts }: TablePrint): boolean {
  for (let slot = 0; slot < PRINT_SLOTS; slot += 1) {
    const sum = keySums[slot]!;
    const rows = rowCounts[slot]!;
    if (!(Number.isInteger(sum) && Math.abs(sum) <= SLOT_MAX)) return false;
    if (!(Number.isInteger(rows) && rows >= 0 && rows <= SLOT_MAX)) return false;
  }
  return true;
}

/**
 * Reads what a statement says of one set and one column of units: `class:rows:key sum[:key sum…];…`, classes from
 * `UNIT_CLASSES` on being nobody's, one sum for each of `lineages`. Null where it says anything else.
 */
export function readClassText(
  text: string,
  lineages: readonly Pick<TablePrint, 'lineage' | 'version'>[],
): readonly TablePrint[] | null {
  const rows = new Float64Array(PRINT_SLOTS);
  const sums = lineages.map(() => new Float64Array(PRINT_SLOTS));
  const width = 2 + lineages.length;
  const count = readNumbers(text);
  if (count === null || count % width !== 0) return null;
  for (let at = 0; at < count; at += width) {
    const unitClass = numbers[at]!;
    if (unitClass < 0) return null;
    const slot = Math.min(unitClass, UNIT_CLASSES);
    rows[slot]! += numbers[at + 1]!;
    for (let table = 0; table < sums.length; table += 1) sums[table]![slot]! += numbers[at + 2 + table]!;
  }
  const prints = lineages.map(({ lineage, version }, at) => {
    return { lineage, version, keySums: sums[at]!, rowCounts: rows };
  });
  return prints.every(isExact) ? prints : null;
}

const [MINUS, ZERO, NINE, COLON, SEMICOLON] = [0x2d, 0x30, 0x39, 0x3a, 0x3b];

/** What `readNumbers` read last. WHY kept: an answer of 1,000 groups has as many texts of 192 numbers. */
let numbers = new Float64Array(4 * PRINT_SLOTS);

/**
 * Whole numbers between colons and semicolons, into `numbers`: how many. Null for any other text. WHY by hand: words cut out of
 * texts cost ten times as much.
 */
function readNumbers(text: string): number | null {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const negative = text.charCodeAt(at) === MINUS;
    if (negative) at += 1;
    const start = at;
    let value = 0;
    for (let digit = text.charCodeAt(at); digit >= ZERO && digit <= NINE; digit = text.charCodeAt(at)) {
      value = value * 10 + (digit - ZERO);
      at += 1;
    }
    const end = text.charCodeAt(at);
    if (at === start || (at < text.length && end !== COLON && end !== SEMICOLON)) return null;
    if (count === numbers.length) numbers = doubled(numbers);
    numbers[count] = negative ? -value : value;
    count += 1;
  }
  return count;
}

function doubled(from: Float64Array): Float64Array<ArrayBuffer> {
  const to = new Float64Array(from.length * 2);
  to.set(from);
  return to;
}

/** One print per lineage, in a fixed order; null when any is. A table that is joined twice counts with the sum. */
export function setPrint(tables: readonly (TablePrint | null)[]): SetPrint | null {
  const byLineage = new Map<string, TablePrint>();
  for (const table of tables) {
    const before = table === null ? null : byLineage.get(table.lineage);
    const merged = before === undefined ? table : before === null || table === null ? null : combined(before, table, 1);
    if (merged === null) return null;
    byLineage.set(merged.lineage, merged);
  }
  return [...byLineage.values()].sort((a, b) => (a.lineage < b.lineage ? -1 : 1));
}

/** `a + sign·b`, slot by slot. */
function combined(a: TablePrint, b: TablePrint, sign: 1 | -1): TablePrint | null {
  if (a.lineage !== b.lineage || a.version !== b.version) return null;
  const [keySums, rowCounts] = [a.keySums.slice(), a.rowCounts.slice()];
  for (let slot = 0; slot < PRINT_SLOTS; slot += 1) {
    keySums[slot]! += sign * b.keySums[slot]!;
    rowCounts[slot]! += sign * b.rowCounts[slot]!;
  }
  const print = { lineage: a.lineage, version: a.version, keySums, rowCounts };
  return isExact(print) ? print : null;
}

/** The union of disjoint sets over the same tables. Null where it is not exact, or where they are over others. */
export function unionOfDisjoint(sets: readonly SetPrint[]): SetPrint | null {
  const [first, ...others] = sets;
  if (first === undefined) return null;
  const union = first.map((table) => ({
    ...table,
    keySums: table.keySums.slice(),
    rowCounts: table.rowCounts.slice(),
  }));
  for (const set of others) {
    if (set.length !== union.length) return null;
    for (const [at, table] of union.entries()) if (!addTo(table, set[at]!)) return null;
  }
  return union;
}

/** False where the sum is of other rows or not exact. */
function addTo(union: TablePrint, { lineage, version, keySums, rowCounts }: TablePrint): boolean {
  if (union.lineage !== lineage || union.version !== version) return false;
  for (let slot = 0; slot < PRINT_SLOTS; slot += 1) {
    const sum = union.keySums[slot]! + keySums[slot]!;
    const rows = union.rowCounts[slot]! + rowCounts[slot]!;
    if (Math.abs(sum) > SLOT_MAX || rows > SLOT_MAX) return false;
    union.keySums[slot] = sum;
    union.rowCounts[slot] = rows;
  }
  return true;
}

/** What is left of `whole` without `part`; null where `part` surely is no part of it. */
export function minus(whole: TablePrint, part: TablePrint): TablePrint | null {
  return combined(whole, part, -1);
}

/** The set of which `print` is a whole multiple: a join with a public table may repeat every row the same number of times. */
export function primitive(print: TablePrint): TablePrint {
  let divisor = 0;
  for (let slot = 0; slot < PRINT_SLOTS && divisor !== 1; slot += 1) divisor = gcd(divisor, print.rowCounts[slot]!);
  if (divisor > 1) for (const value of print.keySums) divisor = gcd(divisor, Math.abs(value));
  if (divisor <= 1) return print;
  const divided = (value: number) => value / divisor;
  return { ...print, keySums: print.keySums.map(divided), rowCounts: print.rowCounts.map(divided) };
}

function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

export function rowsOf(print: TablePrint): number {
  let rows = 0;
  for (const count of print.rowCounts) rows += count;
  return rows;
}

/** Equal for equal prints; for others with probability 2⁻⁶⁴. The version is no part of it: unchanged rows are the same rows. */
export function identityOf(set: SetPrint): string {
  return set.map(nameOf).join('+');
}

/** WHY kept: a print is asked for its name by each of the guard's rules, and is never changed once it is made. */
const names = new WeakMap<TablePrint, string>();

function nameOf(print: TablePrint): string {
  const known = names.get(print);
  if (known !== undefined) return known;
  const name = `${print.lineage}:${hashOf(print.keySums)}${hashOf(print.rowCounts)}`;
  names.set(print, name);
  return name;
}

function hashOf(values: Float64Array): string {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  let low = 0x9e3779b9;
  let high = 0x85ebca6b;
  for (const word of words) {
    low = Math.imul(low ^ word, 0x01000193) ^ (high >>> 15);
    high = Math.imul(high + word, 0xcc9e2d51) ^ (low >>> 13);
    high = (high << 13) | (high >>> 19);
  }
  return [low, high].map((half) => (mixed(half) >>> 0).toString(16).padStart(8, '0')).join('');
}

/** The finaliser of MurmurHash3. */
export function mixed(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
