import type { UnitKind } from '../../table-schema.ts';
import type { OutputColumn, Rel } from '../plan.ts';
import type { SqlType } from '../sql-type.ts';
import type { Fraction } from './fraction.ts';
import type { ValueRule } from './measures.ts';

/**
 * Units fall into this many classes by a hash of their token. Partial sums per class prove most of what protection
 * needs in one cheap pass: classes met ≤ units; what one unit contributes ≤ what its class does.
 */
export const UNIT_CLASSES = 64;
/** The class of rows that belong to nobody. */
export const NOBODY = UNIT_CLASSES;

/** Groups of protected rows that leave as protected numbers. Numbers in a layout are column indexes of a statement. */
export interface CellsBoundary {
  readonly kind: 'cells';
  /** One row a group: keys, terms, and bounds on what units contribute. */
  readonly cells: Rel;
  /** The same contributions exactly, for the groups whose keys stand in the table `open_groups`. */
  readonly exact: Rel;
  /** The groups that `cells` gathers, one by one; null where it gathers none. */
  readonly small: Rel | null;
  /** The group keys, then the values: what `finish` may read. */
  readonly released: readonly OutputColumn[];
  readonly layout: CellLayout;
}

export interface CellLayout {
  readonly keys: readonly number[];
  /** Canonical text of each key: equal in every grouping of the same rows by the same. */
  readonly keyTexts: readonly string[];
  /**
   * Column that is true for the groups of a public list (every key a column with declared values): such a group is
   * shown whatever it holds, an empty one too. null: a group that is too small is left out whole.
   */
  readonly listed: number | null;
  /** Column that says how many groups a row stands for: those with too few rows come as one. null: one each. */
  readonly groups: number | null;
  readonly unitsMin: number;
  /** One per column that names units; every rule holds for each of them. */
  readonly units: readonly CellUnits[];
  readonly sets: readonly CellSet[];
  readonly checks: readonly CellCheck[];
  readonly terms: readonly CellTerm[];
  readonly values: readonly CellValue[];
  readonly mode: 'aggregate' | 'perturbed';
  /** Whether nothing narrows the rows of all groups together. */
  readonly isWhole: boolean;
  readonly exact: ExactLayout;
  readonly small: SmallLayout | null;
}
/** Columns of the statement of small groups. */
export interface SmallLayout {
  readonly keys: readonly number[];
  /** One per term. */
  readonly terms: readonly number[];
  readonly rows: number;
  /** One per unit column. */
  readonly masks: readonly number[];
}
export interface CellUnits {
  readonly unit: UnitKind;
  /** Canonical text of the column. */
  readonly text: string;
  /** The stored columns that it is, or that the query makes equal to it: `resource.column`, sorted. */
  readonly names: readonly string[];
  /** True where no unit has more than one row: then rows are units. */
  readonly oneRow: boolean;
  /** True where a row with data may belong to nobody: it counts for no unit, and its magnitude is held against the cell. */
  readonly unowned: boolean;
  /** 64 bits, one per class that has rows, as an integer. */
  readonly mask: number;
}
/** Rows of a group that meet further conditions. The first set is the whole group. */
export interface CellSet {
  /** Canonical text of the rows that the sets of all groups have together (row-text.ts). */
  readonly rows: string;
  /** By what its rows were asked for beyond plain conditions (asked-text.ts). */
  readonly asked: string;
  /** The check that counts the rows of the group outside of the set; null for the whole group. */
  readonly rest: number | null;
  /** What the guard knows it by: tables whose rows it holds equally often. */
  readonly prints: readonly CellPrint[];
}
export interface CellPrint {
  /** Per unit column: text `class:rows:key sum[:key sum…];…` of the classes that have rows. */
  readonly classes: readonly number[];
  /** Tables of the key sums, in their order. */
  readonly tables: readonly PrintedTable[];
}
export interface PrintedTable {
  readonly resource: string;
  readonly version: number;
  /** Its rows stand as often as a join repeats them, and another print of the set has each once. */
  readonly repeats: boolean;
}
/** A magnitude as units contribute to it. The first check is the number of rows of the group. */
export interface CellCheck {
  readonly kind: 'rows' | 'present' | 'sum' | 'distinct';
  /** Per unit column, from sums per class; null where a class says nothing about its units. */
  readonly bounds: readonly (ContributionColumns | null)[];
  /** Mode `perturbed`: the same of absolute values, row by row, which bound what units have but not how many they are. */
  readonly gross: readonly (ContributionColumns | null)[];
  /** Column that counts the units themselves, where that is what is asked; null for everything else. */
  readonly unitCount: number | null;
}
/**
 * How many contribute (exactly: units; in bounds: classes, a lower bound), the two largest absolute contributions (in
 * bounds: of classes, an upper bound) and their total over owned rows (in bounds: only for what is never negative).
 * `unowned`: absolute contributions of rows without a unit, added up row by row.
 */
export interface ContributionColumns {
  readonly units: number;
  readonly top1: number;
  readonly top2: number;
  readonly total: number;
  readonly unowned: number;
}
export interface CellTerm {
  readonly functional: string;
  /** Canonical text of what is counted or summed over which rows (row-text.ts): where it is equal, groups add up. */
  readonly statistic: string;
  /** Position in `sets` and in `checks`. */
  readonly set: number;
  readonly check: number;
  /** Column of `cells`. */
  readonly value: number;
  /** Mode `perturbed`: by what its noise is drawn; null in other modes. */
  readonly noise: TermNoise | null;
}
/** What contributes to a number: equal for equal contributors, however they were asked for. */
export interface TermNoise {
  /** Columns: sums of keys of the rows, or of hashes of the distinct values, that contribute. */
  readonly fingerprint: readonly number[];
  /** Digits after the point in which it is perturbed. */
  readonly scale: number;
  /** Largest absolute value of one row, as declared, decimal text; null where nothing is declared. */
  readonly bound: string | null;
}
export interface CellValue {
  readonly rule: ValueRule;
  readonly forms: readonly (readonly { readonly term: number; readonly factor: Fraction }[])[];
  /** Fewest units that must contribute to each of its terms. */
  readonly unitsMin: number;
  readonly type: SqlType;
}
/** Columns of the exact statement. */
export interface ExactLayout {
  readonly keys: readonly number[];
  /** `checks[check][unit column]`. */
  readonly checks: readonly (readonly ExactContribution[])[];
}
export interface ExactContribution extends ContributionColumns {
  readonly top3: number;
  /** Sum of hashes of the units that contribute. */
  readonly fingerprint: number;
  /**
   * Conditions inside values that were computed per unit below: the units with a row where it holds, and with one where
   * it fails. Both must be as many as a cell needs, or the value beside its complement would be about few.
   */
  readonly conditions: readonly { readonly holds: number; readonly fails: number }[];
}
