import type { FeasibleTable, Move } from './feasible-table.ts';
import type { MoveWanted } from './move-search.ts';

const PER_CELL_MAX = 16;

/** Moves over hidden cells that were found once: each serves every cell in it, in both directions. */
export class KnownMoves {
  private readonly moves = new Map<number, Move[]>();

  add(move: Move): void {
    for (const cell of move.keys()) {
      const known = this.moves.get(cell) ?? [];
      this.moves.set(cell, [move, ...known.slice(0, PER_CELL_MAX - 1)]);
    }
  }

  /** A move of the target by one in a direction that the table allows and that leaves pinned cells alone. */
  find(table: FeasibleTable, { target, direction, isPinned }: MoveWanted): Move | null {
    for (const known of this.moves.get(target) ?? []) {
      const change = known.get(target)!;
      if (Math.abs(change) !== 1 || [...known.keys()].some((cell) => cell !== target && isPinned(cell))) continue;
      const move = change === direction ? known : reversed(known);
      if (table.timesPossible(move) >= 1) return move;
    }
    return null;
  }
}

function reversed(move: Move): Move {
  return new Map([...move].map(([cell, change]) => [cell, -change]));
}
