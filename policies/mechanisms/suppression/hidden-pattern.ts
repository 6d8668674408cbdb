import type { MarginSystem } from './margin-system.ts';

const HIDDEN_PRICE = 1;
const SHOWN_PRICE = 16;
const DEPTH_FACTOR = 4;
const GRAND_TOTAL_FACTOR = 1000;

/**
 * Which cells are hidden so far, and what it would cost to hide another: its weight against the usual weight, more the
 * more cells it sums up, a grand total only in need.
 */
export class HiddenPattern {
  readonly system: MarginSystem;
  /** Cells hidden since the start. */
  hiddenCount = 0;
  private readonly hidden: boolean[];
  private readonly hiddenSummands: number[][];
  private readonly shownSummands: (readonly number[] | null)[];
  private readonly crossings: (ReadonlyMap<number, readonly number[]> | null)[];
  private readonly usualWeight: number;

  constructor(system: MarginSystem) {
    this.system = system;
    this.hidden = system.cells.map((cell) => !cell.shown);
    this.hiddenSummands = system.equations.map(({ children }) => children.filter((child) => this.hidden[child]!));
    this.shownSummands = system.equations.map(() => null);
    this.crossings = system.equations.map(() => null);
    this.usualWeight = medianOf(system.cells.filter(({ shown }) => shown).map(({ listed }) => listed!.cell.weight));
  }

  isHidden(cell: number): boolean {
    return this.hidden[cell]!;
  }

  hide(cell: number): void {
    if (this.hidden[cell]!) return;
    this.hidden[cell] = true;
    this.hiddenCount += 1;
    for (const equation of this.system.cells[cell]!.summandOf) this.hiddenSummands[equation]!.push(cell);
  }

  price(cell: number): number {
    if (this.hidden[cell]!) return HIDDEN_PRICE;
    const { listed, depth, isGrandTotal } = this.system.cells[cell]!;
    const price = SHOWN_PRICE * (1 + listed!.cell.weight / this.usualWeight) * DEPTH_FACTOR ** depth;
    return isGrandTotal ? price * GRAND_TOTAL_FACTOR : price;
  }

  hiddenIn(equation: number): readonly number[] {
    return this.hiddenSummands[equation]!;
  }

  /** Summands shown at the start, cheapest first; some may be hidden by now. */
  shownIn(equation: number): readonly number[] {
    let shown = this.shownSummands[equation]!;
    if (shown === null) {
      const { children } = this.system.equations[equation]!;
      const prices = new Map(
        children.filter((child) => !this.hidden[child]!).map((child) => [child, this.price(child)]),
      );
      shown = [...prices.keys()].sort((a, b) => prices.get(a)! - prices.get(b)! || a - b);
      this.shownSummands[equation] = shown;
    }
    return shown;
  }

  /** The summands of an equation by the other equations that they are summands of. */
  crossingsOf(equation: number): ReadonlyMap<number, readonly number[]> {
    let crossings = this.crossings[equation]!;
    if (crossings === null) {
      crossings = crossingsIn(this.system, equation);
      this.crossings[equation] = crossings;
    }
    return crossings;
  }
}

function crossingsIn({ cells, equations }: MarginSystem, equation: number): ReadonlyMap<number, readonly number[]> {
  const crossings = new Map<number, number[]>();
  for (const cell of equations[equation]!.children) {
    for (const other of cells[cell]!.summandOf) {
      const known = crossings.get(other);
      if (known === undefined) crossings.set(other, [cell]);
      else known.push(cell);
    }
  }
  return crossings;
}

function medianOf(weights: readonly number[]): number {
  const sorted = weights.filter((weight) => weight > 0).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 1;
}
