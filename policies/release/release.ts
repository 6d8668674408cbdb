import { privacyCostOf } from '../accounting/privacy-cost.ts';
import { assert } from '../errors.ts';
import type { PolicyProfile } from '../levels.ts';
import type { CompiledQuery } from '../sql/compile.ts';
import { columnsOf } from '../sql/plan.ts';
import type { TableData } from '../table-data.ts';
import type { ProtectedCells } from './protect.ts';
import type { ReleasedResult } from './released-result.ts';
import { statedIntervals } from './stated-intervals.ts';
import { valueIntervals } from './value-intervals.ts';

/**
 * Stage `release`: makes the only value that a route may send. `answer` is what `finish` gave, or, where there is none,
 * ignored: the answer is then boundary 0's protected cells in the order of `finishColumns`.
 */
export function release(
  compiled: CompiledQuery,
  cells: ProtectedCells,
  answer: TableData | null,
  profile: PolicyProfile,
): ReleasedResult {
  const { decision } = compiled;
  assert(decision.profileVersion === profile.version, 'one profile from decision to release');
  const table = compiled.finish === null ? pick(cells, compiled.finishColumns) : answer;
  assert(table !== null, 'an answer for a query with a finish');
  const { uncertainty, mode } = compiled.private;
  const ends = compiled.finish === null ? 0 : 2 * uncertainty.stated.length;
  const width = decision.outputs.length;
  assert(table.values.length === width + ends, 'one column per output label, and its ends');
  const columns = decision.outputs.map(({ name, type }) => Object.freeze({ name, type }));
  const result: Omit<ReleasedResult, ReleasedBrand> = {
    kind: 'released',
    mode: decision.mode,
    columns: decision.outputs,
    table: Object.freeze({
      columns: Object.freeze(columns),
      values: table.values.slice(0, width),
      rowCount: table.rowCount,
    }),
    intervals:
      mode === 'dp' || mode === 'homomorphic'
        ? statedIntervals(compiled, cells, table)
        : valueIntervals(compiled.private, table, columnsOf(compiled.private.finish), profile.perturbation),
    certainty: mode === 'dp' || mode === 'homomorphic' ? uncertainty.certainty : null,
    suppressed: cells.suppressed,
    cost: Object.freeze(privacyCostOf(compiled.charges, null, profile.privacyBudgets)),
  };
  return Object.freeze(result) as ReleasedResult;
}

/** The brand has no value at run time: only the cast above gives it. */
type ReleasedBrand = Exclude<
  keyof ReleasedResult,
  'kind' | 'mode' | 'columns' | 'table' | 'intervals' | 'certainty' | 'suppressed' | 'cost'
>;

function pick(cells: ProtectedCells, columns: readonly number[]): TableData {
  const [table] = cells.tables;
  assert(table !== undefined, 'a boundary to answer from');
  return {
    columns: columns.map((index) => table.columns[index]!),
    values: columns.map((index) => table.values[index]!),
    rowCount: table.rowCount,
  };
}
