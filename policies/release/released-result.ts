import type { Mode } from '../levels.ts';
import type { OutputLabel } from '../sql/decide.ts';
import type { Certainty } from '../sql/uncertainty/uncertainty.ts';
import type { TableData } from '../table-data.ts';

/** What was withheld, in kind: never which reason a single cell had. */
export interface Suppressed {
  /** Values shown as null because protection withheld them. */
  readonly cells: number;
  /** Groups left out whole. */
  readonly groups: number;
  readonly reasons: readonly ('threshold' | 'dominance' | 'complementary' | 'row-cap')[];
}

declare const released: unique symbol;
/** The only thing a route may send. Only `policies/release` makes one. */
export interface ReleasedResult {
  readonly [released]: true;
  readonly kind: 'released';
  readonly mode: Mode;
  readonly columns: readonly OutputLabel[];
  readonly table: TableData;
  /** 95% interval per cell, `[low, high]`, by column name; empty in modes that add no noise. */
  readonly intervals: Readonly<Record<string, readonly (readonly [number, number] | null)[]>>;
  /** Per column, in mode `dp` and behind a custodian: whether noise has a part in it, and whether it has intervals; null in other modes. */
  readonly certainty: readonly Certainty[] | null;
  readonly suppressed: Suppressed;
  readonly cost: { readonly rho: number; readonly epsilonAtDelta: number; readonly remaining: number | null };
}
