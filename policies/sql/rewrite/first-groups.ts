import type { Aggregate, Project } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { largestSquared } from './privacy-split.ts';
import type { PrivateLayout } from './private-layout.ts';

/** An aggregation of which a query shows some groups, those that most stand in, and no number. */
export interface FirstGroups {
  readonly aggregate: Aggregate;
  readonly count: number;
}

const COUNTS: ReadonlySet<string> = new Set(['count_star', 'count', 'count_if', 'approx_count_distinct']);

/** `SELECT kind FROM trips GROUP BY kind ORDER BY count(DISTINCT person) DESC LIMIT 3`; null for every other query. */
export function firstGroups({ input: limit, columns }: Project): FirstGroups | null {
  if (limit.kind !== 'limit' || limit.count === null || limit.count < 1 || limit.offset !== 0) return null;
  const [by] = limit.input.kind === 'sort' ? limit.input.keys : [];
  if (limit.input.kind !== 'sort' || by?.expr.kind !== 'column' || !by.descending) return null;
  let [rel, order] = [limit.input.input, by.expr.id];
  if (columns.some(({ expr }) => columnsIn(expr).includes(order))) return null;
  while (rel.kind === 'project') {
    const made = rel.columns.find(({ id }) => id === order);
    if (made?.expr.kind !== 'column') return null;
    const below = made.expr.id;
    if (rel.columns.some((one) => one !== made && columnsIn(one.expr).includes(below))) return null;
    [rel, order] = [rel.input, below];
  }
  if (rel.kind !== 'aggregate' || rel.sets !== null || rel.keys.length === 0) return null;
  const [measure, ...others] = rel.measures;
  const isCount = measure?.id === order && others.length === 0 && COUNTS.has(measure.call.fn);
  return isCount ? { aggregate: rel, count: limit.count } : null;
}

/**
 * Of the groups of a public list the first, chosen one after the other, instead of all counts with noise, where that tells them better: k choices
 * cost as one choice in each of k groups would, Δ∞² each, counts Δ₂². So k·Δ∞² ≤ Δ₂² is asked for (DP.md has what was measured), four times as much
 * where a unit that goes lets rows of others in.
 */
export function withFirst(layout: PrivateLayout, count: number, monotone: boolean): PrivateLayout {
  const [term, ...others] = layout.terms;
  if (term === undefined || others.length > 0 || layout.groupsListed === null) return layout;
  const chosen = Math.min(count, layout.groupsListed);
  const sensitivity = term.sensitivity.map(({ cell }) => {
    return { cell, squared: String(BigInt(chosen) * BigInt(cell) ** 2n) };
  });
  if (largestSquared(sensitivity) * (monotone ? 1n : 4n) > largestSquared(term.sensitivity)) return layout;
  const { statistic, column, variance: epsilon } = term;
  return {
    ...layout,
    terms: [],
    choices: [{ statistic: `first-${chosen}:${statistic}`, column, list: [], sensitivity, monotone, epsilon }],
    values: layout.values.map(({ type }) => ({ kind: 'standing', type })),
    first: chosen,
  };
}
