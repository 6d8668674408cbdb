import { assert } from '../errors.ts';
import { gaussianKind } from '../mechanisms/noise-pool/noise-pool.ts';
import { exactOfFraction } from '../sql/rewrite/fraction.ts';
import type { PrivateValue } from '../sql/rewrite/private-layout.ts';
import type { OpenedTerm, SealedBoundary, SealedLayout } from '../sql/rewrite/sealed-layout.ts';
import type { Tail } from '../sql/uncertainty/released-ends.ts';
import type { TableData } from '../table-data.ts';
import {
  intervalsOf,
  type PrivacyNoise,
  type PrivateTable,
  shownGroups,
  tableOfCells,
  wholeNumber,
} from './private-groups.ts';
import type { PrivateCell } from './private-values.ts';
import { openedCell, WITHHELD } from './sealed-reading.ts';

/** What is asked of the custodian: per group its sets of rows, null where one is empty, and the numbers that are wanted of them. */
export interface SealedQuestion {
  readonly layout: SealedLayout;
  readonly terms: readonly OpenedTerm[];
  readonly groups: readonly (readonly (SealedSet | null)[])[];
}
export interface SealedSet {
  /** Bitmap of row indices, base64; of `count` rows, unless a join repeats some. */
  readonly rows: string;
  readonly count: number;
  readonly sums: readonly CiphertextSum[];
}
export interface CiphertextSum {
  readonly column: string;
  readonly of: 'value' | 'square';
  /** The sum in digits, or the digest of one over blocks. Null until that is computed. */
  readonly sum: string | null;
}
/** `[group][term]`: whole numbers with noise, null where they are withheld. */
export type OpenedNumbers = readonly (readonly (bigint | null)[])[];
/** The custodian sealed them for the asker: this side has none to read. */
export type Unread = 'unread';

/** The groups that show, in the order of their keys. */
export interface SealedGroups {
  readonly rows: readonly number[];
  /** null: nothing is there to be opened. */
  readonly question: SealedQuestion | null;
}

/**
 * Which groups show is decided as in mode `dp`, over plain columns: all of a public list, of others those that chance selects. What of them
 * is opened is the custodian's to decide.
 */
export function sealedGroups({ layout }: SealedBoundary, raw: TableData, noise: PrivacyNoise): SealedGroups {
  const rows = shownGroups(layout, raw, noise);
  const groups = rows.map((row) => layout.parts.map((part) => setOf(part, raw, row)));
  const terms = layout.terms.filter((term) => term.kind === 'opened');
  const isEmpty = terms.length === 0 || groups.every((sets) => sets.every((set) => set === null));
  return { rows, question: isEmpty ? null : { layout, terms, groups } };
}

function setOf({ rows, count, sums }: SealedLayout['parts'][number], raw: TableData, row: number): SealedSet | null {
  const bitmap = raw.values[rows]![row]!;
  if (bitmap === null) return null;
  assert(typeof bitmap === 'string', 'a bitmap is text');
  const number = (column: number) => wholeNumber(raw.values[column]![row]!, 0);
  return {
    rows: bitmap,
    count: Number(number(count)),
    sums: sums.map(({ column, of, words }) => {
      if (words.length === 0) return { column, of, sum: null };
      const sum = words.reduce((total, word, position) => total + (number(word) << BigInt(64 * position)), 0n);
      return { column, of, sum: String(BigInt.asUintN(64 * words.length, sum)) };
    }),
  };
}

/**
 * A boundary's numbers out of what the custodian opened, and of sums over plain columns with noise of this side's.
 *
 * Guarantee, neighbouring, sensitivity, cost: as `privateTable`, whose noise the custodian draws for what it opens. What it withholds is
 * NULL, whatever its reason. What was sealed for the asker is NULL too, and nobody here can say which of it is withheld.
 */
export function sealedTable(
  { layout, released }: SealedBoundary,
  raw: TableData,
  { rows }: SealedGroups,
  opened: OpenedNumbers | Unread | null,
  noise: PrivacyNoise,
): PrivateTable {
  const sums = noisySums(layout, raw, rows, opened === 'unread' ? null : opened, noise);
  const keys = layout.keys.map((key) => rows.map((row) => raw.values[key]![row]!));
  const cells = (value: PrivateValue, draws: number, tail: Tail): readonly PrivateCell[] =>
    rows.map((_, group) => {
      assert(value.kind === 'number', 'sums are opened, nothing else');
      const numbers = sums.map((sum) => sum[group] ?? null);
      return openedCell(value, layout.terms, numbers, draws, tail);
    });
  const values = layout.values.flatMap((value) => cells(value, 1, 'normal'));
  const withheld = opened === 'unread' ? 0 : values.filter((cell) => cell === WITHHELD).length;
  return {
    table: tableOfCells(released, keys, layout.values, cells),
    suppressed: { cells: withheld, groups: 0, reasons: withheld === 0 ? [] : ['threshold'] },
    intervals: intervalsOf(layout, rows.length, cells),
  };
}

/** `[term][group]` */
function noisySums(
  layout: SealedLayout,
  raw: TableData,
  rows: readonly number[],
  opened: OpenedNumbers | null,
  noise: PrivacyNoise,
): readonly (readonly (bigint | null)[])[] {
  let next = 0;
  return layout.terms.map((term) => {
    if (term.kind === 'opened') {
      const position = next;
      next += 1;
      return rows.map((_, group) => opened?.[group]?.[position] ?? null);
    }
    const { column, scale, variance } = term;
    const drawn = noise.take(gaussianKind(exactOfFraction(variance)), rows.length);
    return rows.map((row, group) => wholeNumber(raw.values[column]![row]!, scale) + drawn[group]!);
  });
}
