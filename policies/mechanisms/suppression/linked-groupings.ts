import type { Cell } from '../../table-data.ts';
import type { Exact } from './exact.ts';

/** One cell of one additive statistic. */
export interface MarginCell {
  /** One per key column of its grouping; NULL is a value like others. */
  readonly keys: readonly Cell[];
  /** The true value, with what it is measured in left to the caller. */
  readonly value: Exact;
  /** Withheld already, as a value or with its whole group: what secondary suppression protects. */
  readonly hidden: boolean;
  /** Distinct units behind the value; a hidden cell without any is open to readers, but not protected from them. */
  readonly contributors: number;
  /** Where there is one contributor only: a token of it. Cells without a token are taken for different owners. */
  readonly owner?: bigint | string;
  /** What readers lose when it is hidden, ≥ 0: its count, or an order that nobody outside can recompute. */
  readonly weight: number;
}

/** Cells over the same rows, by their key columns. All groups are listed, those left out of the answer as hidden. */
export interface Grouping {
  readonly columns: readonly string[];
  /** False for a table that the answer does not hold but that its tables are margins of. */
  readonly published: boolean;
  readonly cells: readonly MarginCell[];
}

/**
 * Adds the unpublished tables that tie groupings to each other: `(a, b)` and `(b, c)` have the margin `b` in common.
 * With a table over all columns among them nothing is missing.
 *
 * @returns null where the groupings form a cycle, like `(a, b)`, `(b, c)`, `(a, c)`, without such a table. WHY: tables
 * that agree on their common margins are then not always margins of one table, so what readers can infer is unknown.
 */
export function linkGroupings(groupings: readonly Grouping[]): readonly Grouping[] | null {
  const columns = new Set(groupings.flatMap((grouping) => grouping.columns));
  if (groupings.some((grouping) => new Set(grouping.columns).size === columns.size)) return groupings;
  if (!isAcyclic(groupings.map((grouping) => grouping.columns))) return null;
  const linked = [...groupings];
  for (let i = 0; i < linked.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const shared = linked[i]!.columns.filter((column) => linked[j]!.columns.includes(column));
      if (!linked.some((known) => isSameSet(known.columns, shared)))
        linked.push({ columns: shared, published: false, cells: [] });
    }
  }
  return linked;
}

/** Graham's reduction: drop columns of one edge only and edges inside others; acyclic when one edge is left at most. */
function isAcyclic(groupings: readonly (readonly string[])[]): boolean {
  let edges = groupings;
  for (;;) {
    const shared = edges.map((edge, at) =>
      edge.filter((column) => edges.some((other, index) => index !== at && other.includes(column))),
    );
    const reduced = shared.filter(
      (edge, at) =>
        !shared.some(
          (other, index) => index !== at && isSubset(edge, other) && (other.length > edge.length || index < at),
        ),
    );
    if (reduced.length <= 1) return true;
    if (reduced.length === edges.length && shared.every((edge, at) => edge.length === edges[at]!.length)) return false;
    edges = reduced;
  }
}

export function isSubset(inner: readonly string[], outer: readonly string[]): boolean {
  return inner.every((column) => outer.includes(column));
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return isSubset(a, b) && isSubset(b, a);
}
