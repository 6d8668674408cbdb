import type { FeasibleTable, Move } from './feasible-table.ts';
import type { HiddenPattern } from './hidden-pattern.ts';
import type { MarginSystem } from './margin-system.ts';
import type { MoveWanted } from './move-search.ts';

const INNER_MAX = 8;
const PARTNERS_MAX = 64;
const PRICE_FACTOR_MAX = 8;

/** The cells without parts under a cell, or the cell itself. Lazy: most callers take a few. */
export function* innermostOf(system: MarginSystem, cell: number): Generator<number> {
  const [equation] = system.cells[cell]!.sums;
  const children = equation === undefined ? [] : system.equations[equation]!.children;
  for (let at = children.length - 1; at >= 0; at -= 1) yield* innermostOf(system, children[at]!);
  if (children.length === 0) yield cell;
}

/** A cell and everything that it is part of, up to the grand total. */
export function chainOf({ cells, equations }: MarginSystem, cell: number): ReadonlySet<number> {
  const chain = new Set([cell]);
  for (const below of chain) for (const equation of cells[below]!.summandOf) chain.add(equations[equation]!.parent);
  return chain;
}

/**
 * A move that shifts the target's value to a near innermost cell and changes what lies above one of the two only. Where
 * a table over all columns is among the groupings it keeps every equation, so it finds a way when a search has none,
 * but it hides more.
 */
export function findExchange(
  pattern: HiddenPattern,
  table: FeasibleTable,
  wanted: MoveWanted,
  budget: { left: number },
): Move | null {
  for (const inner of take(INNER_MAX, innermostOf(pattern.system, wanted.target))) {
    const own = chainOf(pattern.system, inner);
    let best: { readonly move: Move; readonly price: number } | null = null;
    for (const partner of take(Math.min(PARTNERS_MAX, budget.left), partnersOf(pattern.system, own))) {
      budget.left -= 1;
      const move = exchange(own, chainOf(pattern.system, partner), wanted.direction);
      const price = priceOf(pattern, table, wanted, move);
      if (price !== null && (best === null || price < best.price)) best = { move, price };
    }
    if (best !== null) return best.move;
  }
  return null;
}

/** Innermost cells that have a total in common with a chain, the nearest totals first. */
function* partnersOf(system: MarginSystem, chain: ReadonlySet<number>): Generator<number> {
  for (const cell of chain) {
    for (const equation of system.cells[cell]!.summandOf) {
      for (const sibling of system.equations[equation]!.children) {
        if (!chain.has(sibling)) yield* take(1, innermostOf(system, sibling));
      }
    }
  }
}

function exchange(own: ReadonlySet<number>, other: ReadonlySet<number>, direction: 1 | -1): Move {
  const move = new Map<number, number>();
  for (const cell of own) if (!other.has(cell)) move.set(cell, direction);
  for (const cell of other) if (!own.has(cell)) move.set(cell, -direction);
  return move;
}

function priceOf(pattern: HiddenPattern, table: FeasibleTable, wanted: MoveWanted, move: Move): number | null {
  const times = table.timesPossible(move);
  if (!move.has(wanted.target) || times < 1) return null;
  let price = 0;
  for (const cell of move.keys()) {
    if (cell !== wanted.target && wanted.isPinned(cell)) return null;
    price += pattern.price(cell);
  }
  return price * Math.min(PRICE_FACTOR_MAX, Math.max(1, Math.ceil(wanted.amount / times)));
}

function* take<Item>(count: number, items: Iterable<Item>): Generator<Item> {
  let taken = 0;
  for (const item of items) {
    if (taken >= count) return;
    taken += 1;
    yield item;
  }
}
