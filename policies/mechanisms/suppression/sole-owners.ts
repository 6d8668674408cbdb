import type { MarginSystem, SystemCell } from './margin-system.ts';

/**
 * Who is the only contributor of a cell, as a number per cell; cells with none or several are not in it. A total and
 * its part have the same one, so do cells with the same token.
 */
export function soleOwners({ cells, equations }: MarginSystem): ReadonlyMap<number, number> {
  const leaders = new Map<number, number>();
  const leaderOf = (cell: number): number => {
    let leader = cell;
    for (let next = leaders.get(leader); next !== undefined; next = leaders.get(leader)) leader = next;
    return leader;
  };
  const join = (a: number, b: number) => {
    const [first, second] = [leaderOf(a), leaderOf(b)];
    if (first !== second) leaders.set(Math.max(first, second), Math.min(first, second));
  };
  const single = [...cells.keys()].filter((cell) => isSingle(cells[cell]!));
  const byToken = new Map<bigint | string, number>();
  for (const cell of single) {
    for (const equation of cells[cell]!.summandOf) {
      const { parent } = equations[equation]!;
      if (isSingle(cells[parent]!)) join(cell, parent);
    }
    const { owner } = cells[cell]!.listed!.cell;
    if (owner === undefined) continue;
    join(cell, byToken.get(owner) ?? cell);
    byToken.set(owner, cell);
  }
  return new Map(single.map((cell) => [cell, leaderOf(cell)]));
}

function isSingle({ listed }: SystemCell): boolean {
  return listed?.cell.contributors === 1;
}
