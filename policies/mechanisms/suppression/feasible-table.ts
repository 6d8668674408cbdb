import { assert } from '../../errors.ts';
import type { MarginSystem } from './margin-system.ts';

/** A change of cells that keeps every equation: how much each cell in it rises (or falls), by its number. */
export type Move = ReadonlyMap<number, number>;

/**
 * A table that readers cannot tell from the true one: it starts as the true one and changes by moves over hidden cells.
 * Remembers how far each cell came: a lower bound for what readers must take as possible.
 */
export class FeasibleTable {
  private readonly system: MarginSystem;
  private readonly signed: boolean;
  private readonly values = new Map<number, number>();
  private readonly lows = new Map<number, number>();
  private readonly highs = new Map<number, number>();

  constructor(system: MarginSystem, signed: boolean) {
    this.system = system;
    this.signed = signed;
  }

  value(cell: number): number {
    return this.values.get(cell) ?? this.system.cells[cell]!.value;
  }

  /** How far a cell can fall: to zero, unless readers know of negative values. */
  room(cell: number): number {
    return this.signed ? Number.POSITIVE_INFINITY : this.value(cell);
  }

  low(cell: number): number {
    return this.lows.get(cell) ?? this.system.cells[cell]!.value;
  }

  high(cell: number): number {
    return this.highs.get(cell) ?? this.system.cells[cell]!.value;
  }

  /** Back to the true table; how far cells came stays remembered. */
  reset(): void {
    this.values.clear();
  }

  /** Every cell that was ever changed. */
  touched(): Iterable<number> {
    return this.lows.keys();
  }

  /** How many times a move can be made before a cell is negative. */
  timesPossible(move: Move): number {
    let times = Number.POSITIVE_INFINITY;
    for (const [cell, change] of move) {
      if (change < 0) times = Math.min(times, Math.floor(this.room(cell) / -change));
    }
    return times;
  }

  apply(move: Move, times: number, isHidden: (cell: number) => boolean): void {
    assert(isBalanced(this.system, move), 'a move keeps every equation');
    for (const [cell, change] of move) {
      const value = this.value(cell) + change * times;
      // INVARIANT: this is the whole proof that the table is one that readers cannot exclude.
      assert(isHidden(cell) && Number.isSafeInteger(value), 'only hidden cells change, by whole steps');
      assert(this.signed || value >= 0, 'no cell falls below zero');
      this.values.set(cell, value);
      this.lows.set(cell, Math.min(this.low(cell), value));
      this.highs.set(cell, Math.max(this.high(cell), value));
    }
  }
}

/** Whether all sums of a table still hold after the move. */
export function isBalanced({ cells, equations }: MarginSystem, move: Move): boolean {
  const changeOf = (cell: number) => move.get(cell) ?? 0;
  const touched = new Set<number>();
  for (const cell of move.keys()) {
    for (const equation of cells[cell]!.sums) touched.add(equation);
    for (const equation of cells[cell]!.summandOf) touched.add(equation);
  }
  const rest = new Map<number, number>();
  for (const [cell, change] of move) {
    for (const equation of cells[cell]!.summandOf) rest.set(equation, (rest.get(equation) ?? 0) + change);
  }
  return [...touched].every((equation) => changeOf(equations[equation]!.parent) === (rest.get(equation) ?? 0));
}
