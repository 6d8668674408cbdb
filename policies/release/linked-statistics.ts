import type { CellLayout } from '../sql/rewrite/cell-layout.ts';

/** One additive statistic that several groupings of an answer hold over the same rows: one member a boundary. */
export type LinkedStatistic = readonly LinkedTerms[];

/** `terms`: several where one boundary asks for the same number in two ways. */
export interface LinkedTerms {
  readonly boundary: number;
  readonly terms: readonly number[];
}

/**
 * What adds up over boundaries of one answer, by their layouts alone: equal statistics over the same rows, whatever they
 * are grouped by. Mode `perturbed` is left out: its numbers have noise of their own and do not add up.
 * @param layouts null for a boundary without protected cells
 */
export function linkedStatistics(layouts: readonly (CellLayout | null)[]): readonly LinkedStatistic[] {
  const found = layouts.flatMap((layout, boundary) =>
    layout === null || layout.mode !== 'aggregate' ? [] : statisticsOf(layout, boundary),
  );
  const byText = Map.groupBy(found, ({ statistic }) => statistic);
  // WHY in this order: counts (`present`, `rows`) come before sums, and what hides a count hides its group.
  const texts = [...byText.keys()].sort();
  return texts.map((text) => byText.get(text)!).filter((members) => members.length > 1);
}

function statisticsOf({ terms }: CellLayout, boundary: number) {
  const byText = Map.groupBy(terms.keys(), (term) => terms[term]!.statistic);
  return [...byText].map(([statistic, equal]) => ({ statistic, boundary, terms: equal }));
}
