import type { Cell } from '../../table-data.ts';
import type { UnitKind } from '../../table-schema.ts';
import type { OutputColumn, Rel } from '../plan.ts';
import type { SqlType } from '../sql-type.ts';
import type { Fraction } from './fraction.ts';
import type { ValueRule } from './measures.ts';
import type { QuantilePlace } from './private-quantiles.ts';

/** Groups of protected rows of which differentially private numbers leave. Numbers in a layout are column indexes. */
export interface PrivateBoundary {
  readonly kind: 'private';
  /** One row a group: keys, then sums of bounded whole numbers. */
  readonly cells: Rel;
  /** The group keys, then the values: what `finish` may read. */
  readonly released: readonly OutputColumn[];
  readonly layout: PrivateLayout;
}

export interface PrivateLayout {
  readonly keys: readonly number[];
  /** Most groups of the public list, 1 without keys; null: groups are selected. */
  readonly groupsListed: number | null;
  /** null: the groups are a public list, complete in every answer. */
  readonly selection: GroupSelection | null;
  /** One per column that names units; all are protected alike. */
  readonly units: readonly PrivateUnits[];
  readonly bounding: Bounding;
  /**
   * A value made of a unit's rows (`count(*)` per person) that nothing bounds is clamped to what so many rows can make of it; null where there is none.
   */
  readonly rowsTaken: number | null;
  readonly terms: readonly PrivateTerm[];
  readonly trees: readonly PrivateTree[];
  readonly choices: readonly PrivateChoiceSpec[];
  readonly values: readonly PrivateValue[];
  /** So many groups are shown, by the one choice of the layout, one after the other; without: all that there are. */
  readonly first?: number;
}

/** Whose rows they are, and in which stored columns that stands. */
export interface PrivateUnits {
  readonly unit: UnitKind;
  /** `resource` and column of every protected table behind the rows: what an answer is charged to. */
  readonly names: readonly { readonly resource: string; readonly column: string }[];
}

/**
 * How one unit's share of an answer is bounded.
 * - `declared`: its tables have at most so many rows of a unit, or the query made one row of each; nothing is left out.
 * - `groups`: at most `rowsMax` rows' worth in each of at most `groupsMax` groups.
 * - `rows`: at most `rowsMax` rows over all groups.
 * - `ranked`: of each table at most `rowsMax` rows of a unit, those that it stores first (ranked-rows.ts): then as `declared`.
 * - `nested`: the same of the kind of unit that no table bounds, below a grouping by one of several kinds (nested.ts).
 */
export type Bounding =
  | { readonly kind: 'declared' }
  | { readonly kind: 'groups'; readonly groupsMax: number; readonly rowsMax: number }
  | { readonly kind: 'rows'; readonly unit: number; readonly rowsMax: number }
  | { readonly kind: 'ranked'; readonly rowsMax: number }
  | { readonly kind: 'nested'; readonly rowsMax: number };

/** A sum over rows of whole numbers, each between declared bounds; one number a group. */
export interface PrivateTerm extends NoisyTerm {
  /** Column of `cells`. */
  readonly column: number;
}

/** One number a group, and the noise that is added to it. */
export interface NoisyTerm {
  /** Canonical text of what is summed over which rows. */
  readonly statistic: string;
  /** Digits after the point: the released whole number is the sum times 10^scale. */
  readonly scale: number;
  /** Per unit column. Whole numbers as text, in units of 10^−scale. */
  readonly sensitivity: readonly Sensitivity[];
  /** Of the noise, in the square of the same; on the public grid of variances. */
  readonly variance: Fraction;
}

/** Rows of a group by the leaf of a tree that their value falls into; noise on every node. */
export interface PrivateTree {
  readonly statistic: string;
  /** Column of `cells`: text `leaf:rows;…` of the leaves that have any. */
  readonly column: number;
  readonly scale: number;
  /** Bounds of the values, whole numbers as text, in units of 10^−scale, and how finely they are told apart. */
  readonly low: string;
  readonly high: string;
  readonly leavesMax: number;
  /** How many quantiles are read from it: they cost nothing more. */
  readonly questions: number;
  /** Per unit column, of all counts of all nodes. */
  readonly sensitivity: readonly Sensitivity[];
  readonly variance: Fraction;
}

/** Rows of a group by their value, out of a public list; one of them is chosen. Or (`first`) of the groups themselves several. */
export interface PrivateChoiceSpec {
  readonly statistic: string;
  /** Column of `cells`: text `place in the list:rows;…` of the values that have any; of groups their counts. */
  readonly column: number;
  readonly list: readonly Cell[];
  /** Per unit column, of the counts of rows. */
  readonly sensitivity: readonly Sensitivity[];
  /** Whether a unit only adds rows: then a choice is twice as sharp at the same cost. */
  readonly monotone: boolean;
  /** Of the choice in one group, for a unit that changes one count by the largest `cell`. */
  readonly epsilon: Fraction;
}

/** What adding or removing one unit changes at most. */
export interface Sensitivity {
  /** One cell (L∞). */
  readonly cell: string;
  /** All cells, as a vector (the square of L2). */
  readonly squared: string;
}

/** Groups whose keys are not public show only where a mechanism selects them. */
export interface GroupSelection {
  /** Column: distinct units of the group, after bounding. */
  readonly units: number;
  /** Most groups that one unit is in. */
  readonly groupsMax: number;
  /** Groups of fewer units are never selected. */
  readonly unitsMin: number;
  /** Of the noise on the number of units. */
  readonly variance: Fraction;
  /** Of all groups of one unit together. */
  readonly delta: Fraction;
}

export type PrivateValue = PrivateNumber | PrivateQuantileValue | PrivateChosenValue | PrivateStanding;
/** Of the groups that are shown, the last chosen has 1, those before it more: what they are sorted by. */
export interface PrivateStanding {
  readonly kind: 'standing';
  readonly type: SqlType;
}
export interface PrivateChosenValue {
  readonly kind: 'choice';
  readonly choice: number;
  readonly type: SqlType;
}
export interface PrivateQuantileValue {
  readonly kind: 'quantile';
  readonly tree: number;
  readonly at: QuantilePlace;
  readonly type: SqlType;
}
export interface PrivateNumber {
  readonly kind: 'number';
  readonly rule: ValueRule;
  readonly forms: readonly (readonly { readonly term: number; readonly factor: Fraction }[])[];
  readonly type: SqlType;
  /** Between which numbers a mean lies, as declared; null where nothing bounds the value. */
  readonly range: readonly [low: Fraction, high: Fraction] | null;
}
