import { chainOf, findExchange, innermostOf } from './chains.ts';
import { FeasibleTable, isBalanced, type Move } from './feasible-table.ts';
import type { HiddenPattern } from './hidden-pattern.ts';
import { KnownMoves } from './known-moves.ts';
import type { SystemCell } from './margin-system.ts';
import { findMove, type MoveWanted, type SearchEffort } from './move-search.ts';
import { soleOwners } from './sole-owners.ts';

/** How far a cell must be able to rise and fall from its true value, and how wide the whole range must be. */
export interface Need {
  readonly rise: number;
  readonly fall: number;
  readonly width: number;
  /** How wide it must be for the only contributor of another cell, who knows that cell. */
  readonly widthForOwners: number;
}

/** Steps of a search that may not hide anything: it either finds a move soon, or hiding is tried. */
const FREE_STEPS_MAX = 1000;

/** WHY: a target that gains a little with each move is better served by hiding its totals. */
const MOVES_MAX = 200;
const DIRECTIONS = [1, -1] as const;

/** Cells that stay as they are, because the reader in mind knows them. */
type Pinned = (cell: number) => boolean;
const NOBODY: Pinned = () => false;

/** WHY not the empty ones: nobody is in them, and where empty groups are not listed their sums tell as much. */
function isProtected({ listed }: SystemCell): boolean {
  return listed?.cell.hidden === true && listed.cell.contributors > 0;
}

/** One cell to protect from one reader, and how far a table has come with it. */
interface Attempt {
  readonly table: FeasibleTable;
  readonly target: number;
  readonly need: Need;
  readonly isPinned: Pinned;
}

/**
 * Protects hidden cells one after another by finding tables that readers cannot exclude; hides more where there are
 * too few. What was shown for one cell stays true when more is hidden, so no cell is looked at twice.
 */
export class TargetGuard {
  /** Hidden cells that somebody is in: coarse ones first, since their complements often serve finer ones too. */
  readonly targets: readonly number[];
  /** How many of them had all totals above them hidden. */
  forced = 0;
  private readonly pattern: HiddenPattern;
  private readonly signed: boolean;
  private readonly effort: SearchEffort;
  private readonly freeEffort: SearchEffort;
  /** One table for all targets: mass moved to one of them serves the next. */
  private readonly common: FeasibleTable;
  private readonly known = new KnownMoves();
  private readonly widthsForOwners = new Map<number, number>();
  private readonly owners: ReadonlyMap<number, number>;

  constructor(pattern: HiddenPattern, signed: boolean, effort: SearchEffort) {
    const { cells } = pattern.system;
    this.pattern = pattern;
    this.signed = signed;
    this.effort = effort;
    this.freeEffort = { ...effort, stepsMax: FREE_STEPS_MAX };
    this.common = new FeasibleTable(pattern.system, signed);
    this.targets = [...cells.keys()]
      .filter((cell) => isProtected(cells[cell]!))
      .sort((a, b) => cells[b]!.depth - cells[a]!.depth || a - b);
    this.owners = soleOwners(pattern.system);
  }

  /** @returns false where even hiding every total above the cell is not enough */
  protect(target: number, need: Need): boolean {
    if (!this.reach({ table: this.common, target, need, isPinned: NOBODY })) return false;
    const width = this.widthsForOwners.get(target) ?? 0;
    return width >= need.widthForOwners || this.protectFromOwners(target, need.widthForOwners);
  }

  /**
   * WHY one table first: an owner whose cells it leaves alone cannot exclude it, so only owners of cells that it changes
   * need another.
   */
  private protectFromOwners(target: number, width: number): boolean {
    const need: Need = { rise: 0, fall: 0, width, widthForOwners: 0 };
    const attempt = (isPinned: Pinned): Attempt => ({ table: this.trueTable(), target, need, isPinned });
    const isOthers = (cell: number) => this.isKnownToOther(cell, target);
    if (this.reachWithoutOwners(attempt(isOthers))) return true;
    const first = attempt(NOBODY);
    if (!this.reach(first)) return false;
    const owners = new Set([...first.table.touched()].filter(isOthers).map((cell) => this.owners.get(cell)));
    return [...owners].every((owner) => this.reach(attempt((cell) => this.owners.get(cell) === owner)));
  }

  /** A table that leaves all cells with one contributor alone serves every cell that it changes. */
  private reachWithoutOwners(attempt: Attempt): boolean {
    const { table, target } = attempt;
    if (!this.reachFreely(attempt)) return false;
    if (this.owners.has(target)) return true;
    for (const cell of table.touched()) {
      const width = table.high(cell) - table.low(cell);
      this.widthsForOwners.set(cell, Math.max(width, this.widthsForOwners.get(cell) ?? 0));
    }
    return true;
  }

  private trueTable(): FeasibleTable {
    return new FeasibleTable(this.pattern.system, this.signed);
  }

  private reach(attempt: Attempt): boolean {
    if (this.reachFreely(attempt)) return true;
    // WHY: after many moves what could follow the target may have gone far away from it.
    attempt.table.reset();
    for (let round = 0; round < MOVES_MAX; round += 1) {
      if (this.reachFreely(attempt)) return true;
      if (!this.makeOneMove(attempt)) break;
    }
    this.forced += 1;
    return this.reachByTotals(attempt);
  }

  private reachFreely(attempt: Attempt): boolean {
    for (const direction of DIRECTIONS) this.goFreely(attempt, direction);
    return DIRECTIONS.every((direction) => this.amountLeft(attempt, direction) === 0);
  }

  /** Moves the target as far as it must, or as far as moves over hidden cells are found. */
  private goFreely(attempt: Attempt, direction: 1 | -1): void {
    const { table, target, isPinned } = attempt;
    for (let moves = 0; moves < MOVES_MAX; moves += 1) {
      const amount = this.amountLeft(attempt, direction);
      if (amount === 0) return;
      const wanted = { target, direction, amount, isPinned, mayHide: false };
      const move = this.known.find(table, wanted) ?? findMove(this.pattern, table, wanted, this.freeEffort);
      if (move === null) return;
      this.make(table, move, amount);
    }
  }

  /** WHY one move only: what it hides may serve the rest of the way, and the other direction. */
  private makeOneMove(attempt: Attempt): boolean {
    const { table, target, isPinned } = attempt;
    for (const direction of DIRECTIONS) {
      this.goFreely(attempt, direction);
      const amount = this.amountLeft(attempt, direction);
      if (amount === 0) continue;
      const move = this.costlyMove(table, { target, direction, amount, isPinned, mayHide: true });
      if (move === null) continue;
      this.make(table, move, amount);
      return true;
    }
    return false;
  }

  private costlyMove(table: FeasibleTable, wanted: MoveWanted): Move | null {
    const move =
      findMove(this.pattern, table, wanted, this.effort) ??
      findExchange(this.pattern, table, wanted, this.effort.budget);
    return move !== null && isBalanced(this.pattern.system, move) ? move : null;
  }

  /** How far the target is from where it must come in a direction; 0 when it has been there. */
  private amountLeft({ table, target, need }: Attempt, direction: 1 | -1): number {
    const { value } = this.pattern.system.cells[target]!;
    const [low, high] = [table.low(target), table.high(target)];
    const isWide = high - low >= need.width;
    if (direction === 1) {
      const goal = Math.max(value + need.rise, isWide ? value : low + need.width);
      return high >= goal ? 0 : goal - table.value(target);
    }
    const goal = Math.min(value - this.possibleFall(target, need), isWide ? value : this.above0(high - need.width));
    return low <= goal ? 0 : table.value(target) - goal;
  }

  /** Readers know that no cell is negative: nothing can be asked below zero. */
  private possibleFall(target: number, need: Need): number {
    const { value } = this.pattern.system.cells[target]!;
    return value - this.above0(value - need.fall);
  }

  private above0(goal: number): number {
    return this.signed ? goal : Math.max(0, goal);
  }

  private make(table: FeasibleTable, move: Move, timesMax: number): void {
    for (const cell of move.keys()) this.pattern.hide(cell);
    this.known.add(move);
    table.apply(move, Math.min(timesMax, table.timesPossible(move)), (cell) => this.pattern.isHidden(cell));
  }

  /**
   * Hides the totals above some innermost cells under the target, which then rise and fall together with it. Always
   * possible where a table over all columns is among the groupings.
   */
  private reachByTotals({ table, target, need, isPinned }: Attempt): boolean {
    const { value } = this.pattern.system.cells[target]!;
    const fall = this.possibleFall(target, need);
    table.reset();
    const goals = [
      [-1, value - fall],
      [1, value + Math.max(need.rise, need.width - fall)],
    ] as const;
    return goals.every(([direction, goal]) => {
      for (const inner of innermostOf(this.pattern.system, target)) {
        const amount = (goal - table.value(target)) * direction;
        if (amount <= 0) break;
        const move: Move = new Map([...chainOf(this.pattern.system, inner)].map((cell) => [cell, direction]));
        const isPossible = table.timesPossible(move) >= 1 && isBalanced(this.pattern.system, move);
        if (isPossible && ![...move.keys()].some(isPinned)) this.make(table, move, amount);
      }
      return table.value(target) === goal;
    });
  }

  /** Whether somebody else than the target's own contributor knows the cell. */
  private isKnownToOther(cell: number, target: number): boolean {
    const owner = this.owners.get(cell);
    return owner !== undefined && owner !== this.owners.get(target);
  }
}
