import type { Grouping, MarginCell } from '../../../../policies/mechanisms/suppression/linked-groupings.ts';
import type { SecondarySuppression } from '../../../../policies/mechanisms/suppression/secondary.ts';
import type { Cell } from '../../../../policies/table-data.ts';
import { rangeOf } from './linear-program.ts';

/** One unknown of the reader: what the rows with one combination of all keys add up to. */
export interface Atom {
  readonly keys: Readonly<Record<string, Cell>>;
  readonly value: number;
}

/**
 * A reader who knows which combinations exist and that nothing is negative, and sees an answer. Written over the atoms
 * alone: it shares no equation, no search and no arithmetic with what it judges.
 */
export class Attacker {
  private readonly atoms: readonly Atom[];
  private readonly seen: (readonly number[])[] = [];

  constructor(atoms: readonly Atom[], groupings: readonly Grouping[], more: readonly ReadonlySet<number>[]) {
    this.atoms = atoms;
    for (const [index, grouping] of groupings.entries()) {
      if (!grouping.published) continue;
      for (const [position, cell] of grouping.cells.entries())
        if (!cell.hidden && !more[index]!.has(position)) this.seen.push(this.sumOf(grouping, cell));
    }
  }

  learns(grouping: Grouping, cell: MarginCell): void {
    this.seen.push(this.sumOf(grouping, cell));
  }

  /** Whether addition, subtraction and multiples of what is seen give the cell: exact Gaussian elimination. */
  computes(grouping: Grouping, cell: MarginCell): boolean {
    const basis: bigint[][] = [];
    for (const row of this.seen) addTo(basis, row.map(BigInt));
    return reduced(basis, this.sumOf(grouping, cell).map(BigInt)).every((entry) => entry === 0n);
  }

  /** The least and the greatest that the cell can be. */
  range(grouping: Grouping, cell: MarginCell): readonly [number, number] {
    const truth = this.atoms.map(({ value }) => value);
    return rangeOf(this.seen, truth, this.sumOf(grouping, cell));
  }

  /** The same over whole numbers, by trying them all. */
  wholeRange(grouping: Grouping, cell: MarginCell): readonly [number, number] {
    const goal = this.sumOf(grouping, cell);
    const left = this.seen.map((row) => dot(row, this.atoms));
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const total = this.atoms.reduce((sum, { value }) => sum + value, 0);
    const tryFrom = (at: number, sum: number): void => {
      if (at === this.atoms.length) {
        if (left.every((rest) => rest === 0)) [low, high] = [Math.min(low, sum), Math.max(high, sum)];
        return;
      }
      const rows = [...this.seen.keys()].filter((row) => this.seen[row]![at] === 1);
      const most = Math.min(2 * total, ...rows.map((row) => left[row]!));
      for (let value = 0; value <= most; value += 1) {
        for (const row of rows) left[row]! -= value;
        const closed = rows.every((row) => left[row] === 0 || this.seen[row]!.indexOf(1, at + 1) !== -1);
        if (closed) tryFrom(at + 1, sum + goal[at]! * value);
        for (const row of rows) left[row]! += value;
      }
    };
    tryFrom(0, 0);
    return [low, high];
  }

  private sumOf({ columns }: Grouping, { keys }: MarginCell): readonly number[] {
    return this.atoms.map((atom) => (columns.every((column, at) => atom.keys[column] === keys[at]) ? 1 : 0));
  }
}

export interface Target {
  readonly grouping: Grouping;
  readonly cell: MarginCell;
}

export function hiddenCells(groupings: readonly Grouping[]): readonly Target[] {
  return groupings.flatMap((grouping) =>
    grouping.cells.filter(({ hidden }) => hidden).map((cell) => ({ grouping, cell })),
  );
}

export function noneMore(groupings: readonly Grouping[]): SecondarySuppression['additional'] {
  return groupings.map(() => new Set<number>());
}

function dot(row: readonly number[], atoms: readonly Atom[]): number {
  return row.reduce((sum, entry, at) => sum + entry * atoms[at]!.value, 0);
}

function addTo(basis: bigint[][], row: readonly bigint[]): void {
  const rest = reduced(basis, row);
  if (rest.some((entry) => entry !== 0n)) basis.push(rest);
}

/** What is left of a row after taking out the basis, as whole numbers without a common factor. */
function reduced(basis: readonly bigint[][], row: readonly bigint[]): bigint[] {
  let rest = [...row];
  for (const member of basis) {
    const lead = member.findIndex((entry) => entry !== 0n);
    if (rest[lead] === 0n) continue;
    const [here, leading] = [rest[lead]!, member[lead]!];
    rest = rest.map((entry, at) => entry * leading - member[at]! * here);
    const common = rest.reduce(commonDivisor, 0n);
    if (common > 1n) rest = rest.map((entry) => entry / common);
  }
  return rest;
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? (a < 0n ? -a : a) : commonDivisor(b, a % b);
}
