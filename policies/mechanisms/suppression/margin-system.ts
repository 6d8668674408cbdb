import { assert } from '../../errors.ts';
import type { Cell } from '../../table-data.ts';
import type { Grid } from './grid.ts';
import { type Grouping, isSubset, type MarginCell } from './linked-groupings.ts';

/** A cell of a coarser grouping is the sum of the cells of a finer one with the same keys. */
export interface Equation {
  readonly parent: number;
  readonly children: readonly number[];
}

/** All cells of linked groupings, numbered, and all that is known about how they add up. */
export interface MarginSystem {
  readonly cells: readonly SystemCell[];
  readonly equations: readonly Equation[];
}

export interface SystemCell {
  /** Index of the grouping; null where the groupings did not list the cell. */
  readonly listed: { readonly grouping: number; readonly position: number; readonly cell: MarginCell } | null;
  /** True value on the grid. */
  readonly value: number;
  readonly shown: boolean;
  /** Longest way down to a finest grouping. */
  readonly depth: number;
  readonly isGrandTotal: boolean;
  /** Equations of which it is the sum, and in which it is one of the summands. */
  readonly sums: readonly number[];
  readonly summandOf: readonly number[];
}

/**
 * Numbers the cells and finds their equations: between each grouping and the next finer ones (sums of sums follow).
 * A sum that the coarser grouping does not list is added as a cell nobody published.
 */
export function marginSystem(groupings: readonly Grouping[], grid: Grid): MarginSystem {
  const builder = new SystemBuilder(grid);
  const order = groupings
    .map((grouping, index) => ({ ...grouping, index }))
    .sort((a, b) => b.columns.length - a.columns.length || a.index - b.index);
  const tables: Table[] = [];
  for (const grouping of order) {
    const finer = tables.filter((table) => isSubset(grouping.columns, table.columns));
    const next = finer.filter((table) => !finer.some((other) => other.finer.has(table)));
    const table = builder.addTable(grouping, grouping.index, next, new Set(finer));
    tables.push(table);
  }
  return { cells: builder.cells, equations: builder.equations };
}

interface Table {
  readonly columns: readonly string[];
  readonly finer: ReadonlySet<Table>;
  readonly depth: number;
  /** Cells and their keys as numbers, in the order of `columns`. */
  readonly rows: { readonly cell: number; readonly keys: readonly number[] }[];
}

interface BuiltCell extends SystemCell {
  value: number;
  readonly sums: number[];
  readonly summandOf: number[];
}

class SystemBuilder {
  readonly cells: BuiltCell[] = [];
  readonly equations: Equation[] = [];
  private readonly grid: Grid;
  private readonly keyNumbers = new Map<string, Map<Cell, number>>();

  constructor(grid: Grid) {
    this.grid = grid;
  }

  addTable(grouping: Grouping, index: number, next: readonly Table[], finer: ReadonlySet<Table>): Table {
    const depth = Math.max(0, ...next.map((table) => table.depth + 1));
    const table: Table = { columns: grouping.columns, finer, depth, rows: [] };
    const cellAt = new Map<string, number>();
    for (const [position, cell] of grouping.cells.entries()) {
      assert(cell.weight >= 0, 'the weight of a cell is no negative number');
      const keys = cell.keys.map((key, column) => this.keyNumber(grouping.columns[column]!, key));
      const listed = { grouping: index, position, cell };
      const shown = grouping.published && !cell.hidden;
      cellAt.set(keys.join(), this.addCell(table, keys, { listed, value: this.grid.floor(cell.value), shown }));
    }
    for (const fine of next) this.addEquations(table, cellAt, fine);
    return table;
  }

  private addEquations(table: Table, cellAt: Map<string, number>, fine: Table): void {
    const columns = table.columns.map((column) => fine.columns.indexOf(column));
    const childrenOf = new Map<number, number[]>();
    for (const row of fine.rows) {
      const keys = columns.map((column) => row.keys[column]!);
      const parent = cellAt.get(keys.join()) ?? this.addCell(table, keys, { listed: null, value: 0, shown: false });
      cellAt.set(keys.join(), parent);
      const children = childrenOf.get(parent);
      if (children === undefined) childrenOf.set(parent, [row.cell]);
      else children.push(row.cell);
    }
    for (const [parent, children] of childrenOf) this.addEquation(parent, children);
  }

  private addEquation(parent: number, children: readonly number[]): void {
    const sum = this.cells[parent]!;
    // WHY: rounded sums of doubles differ a little with the grouping; sums of the rounded summands agree with each other.
    if (sum.sums.length === 0) sum.value = children.reduce((total, child) => total + this.cells[child]!.value, 0);
    sum.sums.push(this.equations.length);
    for (const child of children) this.cells[child]!.summandOf.push(this.equations.length);
    this.equations.push({ parent, children });
  }

  private addCell(table: Table, keys: readonly number[], cell: Pick<SystemCell, 'listed' | 'value' | 'shown'>): number {
    const { depth } = table;
    const isGrandTotal = table.columns.length === 0;
    table.rows.push({ cell: this.cells.length, keys });
    return this.cells.push({ ...cell, depth, isGrandTotal, sums: [], summandOf: [] }) - 1;
  }

  private keyNumber(column: string, key: Cell): number {
    const numbers = this.keyNumbers.get(column) ?? new Map<Cell, number>();
    this.keyNumbers.set(column, numbers);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  }
}
