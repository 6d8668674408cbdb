import { AppError, assert } from '../errors.ts';
import type { Mode, PolicyProfile } from '../levels.ts';
import type { UnitKind } from '../table-schema.ts';
import { type Decision, labelledMode } from './decide.ts';
import type { OutputColumn, Rel } from './plan.ts';
import type { ResolvedQuery } from './resolve.ts';
import { cutPlan } from './rewrite/cut.ts';

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
  /** Most rows that may leave. `cells` asks for one more, so that the protector sees whether there are more. */
  readonly rowsMax: number;
  /** True where this is the whole answer, which may be cut. What `finish` computes with must be complete. */
  readonly cappable: boolean;
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
  /**
   * Column that is true for the groups of a public list (every key a column with declared values): such a group is
   * shown whatever it holds, an empty one too. null: a group that is too small is left out whole.
   */
  readonly listed: number | null;
  /** Column that says how many groups a row stands for: those with too few units come as one row. null: one each. */
  readonly groups: number | null;
  readonly unitsMin: number;
  /** Distinct units in the group, one entry per column that names units; every one must reach `unitsMin`. */
  readonly units: readonly CellUnits[];
  readonly values: readonly CellValue[];
  /** Magnitudes that must be safe before a value that rests on them is shown. */
  readonly checks: readonly CellCheck[];
  /** For each aggregate that the user wrote: the `values` (by position) that it is computed from. */
  readonly measures: readonly (readonly number[])[];
}
export interface CellUnits {
  readonly unit: UnitKind;
  readonly count: number;
  /**
   * 64 bits, one per class of units, as an integer: OR over groups and count the bits for a lower bound on the distinct
   * units in all of them. null for a grand total, which is never left out.
   */
  readonly mask: number | null;
}
export interface CellValue {
  readonly value: number;
  /** Fewest units that must contribute to this very value. */
  readonly unitsMin: number;
  /** Positions in `CellLayout.checks`. */
  readonly checks: readonly number[];
  /** The value as a linear combination of per-row terms, for the span check; null where it is none (distinct counts). */
  readonly terms: readonly LinearTerm[] | null;
}
export interface CellCheck {
  /** One entry per entry of `CellLayout.units`, in that order. */
  readonly contributions: readonly Contribution[];
}
/** `term` is the canonical text of what is summed; `factor` is exact decimal text. */
export interface LinearTerm {
  readonly term: string;
  readonly factor: string;
}
/**
 * The units whose contribution to this very value is neither NULL nor zero, and their absolute contributions, summed
 * per unit: the two largest and the total. `top1`, `top2`, `total` are null where no unit can contribute more than 1.
 * `unowned`: absolute contributions of rows without a unit, added up row by row; null where every row has one.
 */
export interface Contribution {
  readonly units: number;
  readonly top1: number | null;
  readonly top2: number | null;
  readonly total: number | null;
  readonly unowned: number | null;
  /**
   * Conditions that the user wrote into the value (FILTER, CASE): the units with a row where it holds, and with a row
   * where it does not. Both must be as many as a cell needs, or the value beside its complement would be about few.
   */
  readonly conditions: readonly { readonly holds: number; readonly fails: number }[];
}

/**
 * Cuts the plan where protected rows become groups. Everything the user wrote above a cut runs on released values.
 * @throws AppError POLICY_ROWS_REFUSED, POLICY_UNIT_MISSING, POLICY_AGGREGATE_REFUSED, POLICY_CONSTRUCT_REFUSED,
 *   POLICY_IDENTIFIER_USE, SQL_TOO_COMPLEX
 */
export function rewrite(resolved: ResolvedQuery, decision: Decision, profile: PolicyProfile): PrivatePlan {
  const { boundaries, finish } = cutPlan(resolved, decision, profile);
  if (boundaries.length > BOUNDARIES_MAX) {
    throw new AppError('SQL_TOO_COMPLEX', { what: 'aggregations in one query', limit: BOUNDARIES_MAX });
  }
  for (const boundary of boundaries) {
    // INVARIANT: only what is public through and through leaves as rows, by the same labels that chose the mode.
    if (boundary.kind === 'rows')
      assert(labelledMode(boundary.cells, profile) === 'rows', 'rows boundaries are public');
  }
  return Object.freeze({ kind: 'private-plan', mode: decision.mode, boundaries: Object.freeze(boundaries), finish });
}

const BOUNDARIES_MAX = 16;
