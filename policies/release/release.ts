import { privacyCostOf } from '../accounting/privacy-cost.ts';
import { assert } from '../errors.ts';
import type { PolicyProfile } from '../levels.ts';
import type { CompiledQuery } from '../sql/compile.ts';
import { columnsOf } from '../sql/plan.ts';
import type { TableData } from '../table-data.ts';
import type { ProtectedCells } from './protect.ts';
import type { ReleasedResult } from './released-result.ts';
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
  assert(table.values.length === decision.outputs.length, 'one column per output label');
  const named = columnsOf(compiled.private.finish);
  const columns = decision.outputs.map(({ name, type }) => Object.freeze({ name, type }));
  const result: Omit<ReleasedResult, ReleasedBrand> = {
    kind: 'released',
    mode: decision.mode,
    columns: decision.outputs,
    table: Object.freeze({ columns: Object.freeze(columns), values: table.values, rowCount: table.rowCount }),
    intervals: valueIntervals(compiled.private, cells, table, named, profile.perturbation),
    suppressed: cells.suppressed,
    cost: Object.freeze(privacyCostOf(compiled.charges, null, profile.privacyBudgets)),
  };
  return Object.freeze(result) as ReleasedResult;
}

/** The brand has no value at run time: only the cast above gives it. */
type ReleasedBrand = Exclude<
  keyof ReleasedResult,
  'kind' | 'mode' | 'columns' | 'table' | 'intervals' | 'suppressed' | 'cost'
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
