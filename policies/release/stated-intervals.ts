import type { CompiledQuery } from '../sql/compile.ts';
import type { Cell, TableData } from '../table-data.ts';
import type { PrivateCell } from './private-values.ts';
import type { ProtectedCells } from './protect.ts';
import type { ReleasedResult } from './released-result.ts';

/**
 * 95% intervals of an answer of mode `dp`, by column: those of the released numbers where the answer only repeats them, else what `finish` worked out
 * behind its own columns. null where nothing bounds a value, such as a quotient whose divisor may be zero.
 */
export function statedIntervals(
  { private: { uncertainty }, finish, finishColumns, decision }: CompiledQuery,
  cells: Pick<ProtectedCells, 'intervals'>,
  answer: TableData,
): ReleasedResult['intervals'] {
  const width = decision.outputs.length;
  let pair = 0;
  const found = uncertainty.certainty.flatMap((certainty, column) => {
    if (certainty !== 'stated') return [];
    const values = answer.values[column]!;
    const [low, high] = [answer.values[width + 2 * pair], answer.values[width + 2 * pair + 1]];
    pair += 1;
    const within =
      finish === null
        ? cells.intervals[0]!(finishColumns[column]!)
        : values.map((_, row) => endsOf(low![row]!, high![row]!));
    return [[decision.outputs[column]!.name, values.map((value, row) => around(value, within[row] ?? null))] as const];
  });
  return Object.freeze(Object.fromEntries(found));
}

function endsOf(low: Cell, high: Cell): PrivateCell['interval'] {
  return typeof low === 'number' && typeof high === 'number' ? [low, high] : null;
}

/** Ends are doubles: what they were rounded by may not put a value outside of its own interval. */
function around(value: Cell, ends: PrivateCell['interval']): PrivateCell['interval'] {
  if (value === null || ends === null) return null;
  return [Math.min(ends[0], Number(value)), Math.max(ends[1], Number(value))];
}
