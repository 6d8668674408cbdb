import type { UnitKind } from '../table-schema.ts';
import type { Mode } from '../levels.ts';
import type { OutputColumn, Rel } from './plan.ts';

/** Stage `rewrite`: the plan cut at its release boundaries. Below: raw work. Above: `finish`, on protected values only. */
export interface PrivatePlan {
  readonly kind: 'private-plan';
  readonly mode: Mode;
  readonly boundaries: readonly Boundary[];
  /** Reads `released` sources only. Its columns are the answer's columns, in order. */
  readonly finish: Rel;
}

/** A maximal part of the plan whose output leaves by one policy. */
export type Boundary = RowsBoundary | CellsBoundary;

/** Mode `rows`: what `cells` gives out may leave as it is, up to the profile's cap. */
export interface RowsBoundary {
  readonly kind: 'rows';
  readonly cells: Rel;
  readonly released: readonly OutputColumn[];
}

/** Mode `aggregate`: one row a group; protection decides per row what `released` shows. */
export interface CellsBoundary {
  readonly kind: 'cells';
  readonly cells: Rel;
  /** The group keys, then the values: what `finish` may read. */
  readonly released: readonly OutputColumn[];
  readonly layout: CellLayout;
}

/** Where the protector finds what it needs in a row of `cells`; numbers are column indexes of `columnsOf(cells)`. */
export interface CellLayout {
  readonly keys: readonly number[];
  /** True where every key comes from a declared public list: a hidden group still shows its keys. */
  readonly keysPublic: boolean;
  readonly unitsMin: number;
  /** Distinct units that contribute to the group, per unit kind. A kind counts only when its rows exist in the data. */
  readonly units: readonly { readonly unit: UnitKind; readonly count: number }[];
  readonly values: readonly CellValue[];
}
export interface CellValue {
  readonly value: number;
  /**
   * Absolute contributions summed per unit: two largest and their total. One entry per unit kind, empty where the value
   * holds no magnitude. Distinct units that contribute to this very value (FILTER, NULLs).
   */
  readonly contributions: readonly {
    readonly unit: UnitKind;
    readonly units: number;
    readonly top1: number;
    readonly top2: number;
    readonly total: number;
  }[];
}
