import { gaussianRho } from '../accounting/zcdp.ts';
import { type Exact, plus, ZERO } from '../mechanisms/suppression/exact.ts';

/** How much of one unit may stand in the sets of rows of one opening; the custodian counts it over the rows themselves. */
export interface UnitShareBound {
  /** Most sets of one partition with rows of one unit; null: no bound, all its rows count as if in one set. */
  readonly groupsMax: number | null;
  /** Most rows of one unit in one set; without `groupsMax` in all sets of a partition together. */
  readonly rowsMax: number;
}

/** One opened number per set of rows, and its noise. */
export interface OpenedStatistic {
  /** The most that one row adds, in size. */
  readonly rowSize: bigint;
  readonly variance: Exact;
}

/**
 * zCDP of an opening for the units of one column.
 *
 * Guarantee: ρ of what one unit's rows, all of them, change of all opened numbers together. Neighbouring: the data with and without the
 * rows of one unit; a fortiori, with other encrypted values in them. Sensitivity: √groupsMax · rowsMax · rowSize per statistic (L2), or rowsMax · rowSize
 * without `groupsMax`. Cost: Δ²/2σ², added up over statistics. Source: Bun and Steinke (TCC 2016), Lemma 1.7, Proposition 1.6.
 */
export function openingRho(statistics: readonly OpenedStatistic[], { groupsMax, rowsMax }: UnitShareBound): Exact {
  return statistics.reduce((sum, { rowSize, variance }) => {
    const cell = BigInt(rowsMax) * rowSize;
    return plus(sum, gaussianRho(BigInt(groupsMax ?? 1) * cell * cell, variance));
  }, ZERO);
}
