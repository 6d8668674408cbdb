import { BestFirstQueue } from './best-first-queue.ts';
import type { FeasibleTable, Move } from './feasible-table.ts';
import type { HiddenPattern } from './hidden-pattern.ts';

/** What a move must do, and what it may use. */
export interface MoveWanted {
  readonly target: number;
  /** Whether the target is to rise (1) or to fall (−1). */
  readonly direction: 1 | -1;
  /** How far; cells that cannot follow so far cost more. */
  readonly amount: number;
  /** Cells that stay as they are, because somebody knows them. */
  readonly isPinned: (cell: number) => boolean;
  /** Whether shown cells may be used (and then be hidden). */
  readonly mayHide: boolean;
}

/** How long searches may take, counted in moves looked at, so that the outcome does not depend on the machine. */
export interface SearchEffort {
  readonly stepsMax: number;
  /** Steps left for all searches together. */
  readonly budget: { left: number };
}

/** Most candidates looked at for one equation; the cheapest come first. */
const CANDIDATES_MAX = 12;
const SCANNED_MAX = 2048;
const LENGTH_MAX = 64;
/** A cell that cannot follow far costs as many times more as it would have to follow, up to this. */
const PRICE_FACTOR_MAX = 8;

interface Strategy {
  /** Expected price of closing an open equation: makes the search go for complete moves. */
  readonly openPrice: number;
  readonly shareOfSteps: number;
}

/** The low price finds cheaper moves; the high one finds moves where the low one loses itself. */
const HIDING: readonly Strategy[] = [
  { openPrice: 8, shareOfSteps: 0.2 },
  { openPrice: 24, shareOfSteps: 0.8 },
];
const FREE: readonly Strategy[] = [{ openPrice: 8, shareOfSteps: 1 }];

/** An equation that does not hold yet: by how much the sum exceeds its summands. */
interface Open {
  readonly equation: number;
  readonly excess: number;
}

/** A partial move: a chain of unit changes of cells. */
interface Partial {
  readonly cell: number;
  readonly change: 1 | -1;
  readonly before: Partial | null;
  /** What was open before this change. */
  readonly open: readonly Open[];
  readonly price: number;
  readonly length: number;
}

/**
 * Looks for the cheapest move that changes the target, best first: of the equations that do not hold yet, the one with
 * the fewest cells is repaired by one cell of it, until all hold. On two-way tables this is a shortest path from the
 * row to the column of the target; in general a heuristic, so null means not found, not impossible.
 */
export function findMove(
  pattern: HiddenPattern,
  table: FeasibleTable,
  wanted: MoveWanted,
  { stepsMax, budget }: SearchEffort,
): Move | null {
  for (const { openPrice, shareOfSteps } of wanted.mayHide ? HIDING : FREE) {
    const search = new MoveSearch(pattern, table, wanted, openPrice);
    for (let steps = 0; steps < stepsMax * shareOfSteps && budget.left > 0; steps += 1) {
      budget.left -= 1;
      const result = search.step();
      if (result !== 'open') return result;
    }
  }
  return null;
}

class MoveSearch {
  private readonly pattern: HiddenPattern;
  private readonly table: FeasibleTable;
  private readonly wanted: MoveWanted;
  private readonly openPrice: number;
  private readonly queue = new BestFirstQueue<Partial>();
  private readonly seen = new Set<string>();

  constructor(pattern: HiddenPattern, table: FeasibleTable, wanted: MoveWanted, openPrice: number) {
    this.openPrice = openPrice;
    this.pattern = pattern;
    this.table = table;
    this.wanted = wanted;
    this.queue.push(0, { cell: wanted.target, change: wanted.direction, before: null, open: [], price: 0, length: 1 });
  }

  /** Takes the best partial move one cell further. Null when none is left. */
  step(): Move | null | 'open' {
    const partial = this.queue.pop();
    if (partial === undefined) return null;
    const move = moveOf(partial);
    const open = this.openAfter(partial);
    if (open.length === 0) return this.table.timesPossible(move) >= 1 ? move : 'open';
    const state = open.map(({ equation, excess }) => `${equation}:${excess}`).join();
    if (this.seen.has(state) || partial.length >= LENGTH_MAX) return 'open';
    this.seen.add(state);
    this.repair(partial, move, open);
    return 'open';
  }

  private openAfter({ cell, change, open }: Partial): readonly Open[] {
    const { sums, summandOf } = this.pattern.system.cells[cell]!;
    const excesses = new Map(open.map(({ equation, excess }) => [equation, excess]));
    for (const equation of sums) excesses.set(equation, (excesses.get(equation) ?? 0) + change);
    for (const equation of summandOf) excesses.set(equation, (excesses.get(equation) ?? 0) - change);
    const after: Open[] = [];
    for (const [equation, excess] of excesses) if (excess !== 0) after.push({ equation, excess });
    return after.sort((a, b) => a.equation - b.equation);
  }

  private repair(partial: Partial, move: Move, open: readonly Open[]): void {
    const { equation, excess } = this.tightest(open);
    const summandChange = excess > 0 ? 1 : -1;
    const consider = (cell: number, change: 1 | -1): boolean => {
      const price = this.priceOf(move, cell, change);
      if (price === null) return false;
      const next = { cell, change, before: partial, open, price: partial.price + price, length: partial.length + 1 };
      this.queue.push(next.price + this.openPrice * this.openCountAfter(open, cell, change), next);
      return true;
    };
    consider(this.pattern.system.equations[equation]!.parent, excess > 0 ? -1 : 1);
    for (const closers of this.closers(open, equation)) takeSome(closers, (cell) => consider(cell, summandChange));
    takeSome(this.pattern.hiddenIn(equation), (cell) => consider(cell, summandChange));
    if (this.wanted.mayHide) takeSome(this.pattern.shownIn(equation), (cell) => consider(cell, summandChange));
  }

  /** The open equation with the fewest cells to choose from. */
  private tightest(open: readonly Open[]): Open {
    return open.reduce((best, next) => (this.choices(next) < this.choices(best) ? next : best));
  }

  private choices({ equation }: Open): number {
    const { system } = this.pattern;
    return (this.wanted.mayHide ? system.equations[equation]!.children : this.pattern.hiddenIn(equation)).length;
  }

  /** Summands of an equation that another open equation has too: one step repairs both. */
  private closers(open: readonly Open[], equation: number): readonly (readonly number[])[] {
    const { cells, equations } = this.pattern.system;
    const crossings = this.pattern.crossingsOf(equation);
    return open.flatMap((other) => {
      if (other.equation === equation) return [];
      const { parent } = equations[other.equation]!;
      const shared = crossings.get(other.equation) ?? [];
      return cells[parent]!.summandOf.includes(equation) ? [[parent], shared] : [shared];
    });
  }

  /** What it costs to change a cell; null where it cannot be changed. */
  private priceOf(move: Move, cell: number, change: 1 | -1): number | null {
    const { target, amount, isPinned, mayHide } = this.wanted;
    if (cell === target || isPinned(cell) || !(mayHide || this.pattern.isHidden(cell))) return null;
    const already = move.get(cell) ?? 0;
    if (already * change < 0) return null;
    if (change > 0) return this.pattern.price(cell);
    const room = this.table.room(cell) + already;
    return room < 1 ? null : this.pattern.price(cell) * Math.min(PRICE_FACTOR_MAX, Math.ceil(amount / room));
  }

  private openCountAfter(open: readonly Open[], cell: number, change: 1 | -1): number {
    const { sums, summandOf } = this.pattern.system.cells[cell]!;
    let count = open.length + sums.length + summandOf.length;
    for (const { equation, excess } of open) {
      if (sums.includes(equation)) count -= excess === -change ? 2 : 1;
      else if (summandOf.includes(equation)) count -= excess === change ? 2 : 1;
    }
    return count;
  }
}

function takeSome(cells: readonly number[], take: (cell: number) => boolean): void {
  let taken = 0;
  const scanned = Math.min(cells.length, SCANNED_MAX);
  for (let at = 0; at < scanned && taken < CANDIDATES_MAX; at += 1) {
    if (take(cells[at]!)) taken += 1;
  }
}

function moveOf(partial: Partial): Move {
  const move = new Map<number, number>();
  for (let at: Partial | null = partial; at !== null; at = at.before)
    move.set(at.cell, (move.get(at.cell) ?? 0) + at.change);
  return move;
}
