import type { Cell } from '../../../policies/table-data.ts';
import type { Row } from './private-city.ts';

/** How much of one unit counts: written a second time, plainly, to compare with what the engine is told. */
export interface Bound {
  readonly groupsMax: number;
  readonly rowsMax: number;
  /** Which of a unit's groups come first. */
  readonly before: (unit: Cell, a: string, b: string) => number;
}

export interface Asked {
  readonly unit: string;
  readonly keys: readonly string[];
  /** One sum each: the summand, NULL for rows that add nothing, and its bounds. */
  readonly sums: readonly {
    readonly of: (row: Row) => number | null;
    readonly low: number;
    readonly high: number;
    /** Whether a unit of too many rows counts by its mean. */
    readonly averaged?: boolean;
  }[];
}

/** Sums by group, of rows of which each unit has a bounded share: `groups.get(JSON of the keys)`, one number a sum. */
export function boundedSums(rows: readonly Row[], asked: Asked, bound: Bound): ReadonlyMap<string, readonly number[]> {
  const perUnit = new Map<Cell, Map<string, Row[]>>();
  for (const row of rows) {
    const key = JSON.stringify(asked.keys.map((name) => row[name]));
    const groups = perUnit.get(row[asked.unit]!) ?? new Map<string, Row[]>();
    groups.set(key, [...(groups.get(key) ?? []), row]);
    perUnit.set(row[asked.unit]!, groups);
  }
  const totals = new Map<string, number[]>();
  for (const [unit, groups] of perUnit) {
    const kept = [...groups].sort(([a], [b]) => bound.before(unit, a, b)).slice(0, bound.groupsMax);
    for (const [key, own] of kept) {
      const total = totals.get(key) ?? asked.sums.map(() => 0);
      totals.set(
        key,
        asked.sums.map((sum, index) => total[index]! + shareOf(own, sum, bound.rowsMax)),
      );
    }
  }
  return totals;
}

function shareOf(rows: readonly Row[], { of, low, high, averaged }: Asked['sums'][number], rowsMax: number): number {
  const values = rows.map(of).filter((value) => value !== null);
  const clamped = values.map((value) => Math.min(high, Math.max(low, value)));
  const sum = clamped.reduce((a, b) => a + b, 0);
  const fair = averaged === true && values.length > rowsMax ? (sum * rowsMax) / values.length : sum;
  return Math.min(Math.max(high, 0) * rowsMax, Math.max(Math.min(low, 0) * rowsMax, fair));
}
