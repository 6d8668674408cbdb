import { drawCellKey, perturbCount, perturbUnits } from '../mechanisms/cell-key/cell-noise.ts';
import { toFixedPoint } from '../mechanisms/cell-key/fixed-point.ts';
import { flexFor } from '../mechanisms/cell-key/flex.ts';
import { perturbSum } from '../mechanisms/cell-key/magnitude.ts';
import type { PerturbationParameters } from '../mechanisms/cell-key/perturbation-parameters.ts';
import { perturbationTable } from '../mechanisms/cell-key/perturbation-table.ts';
import type { Exact } from '../mechanisms/suppression/exact.ts';
import type { CellLayout, CellTerm } from '../sql/rewrite/cell-layout.ts';
import { ROWS_TEXT } from '../sql/rewrite/look-through.ts';
import type { TableData } from '../table-data.ts';
import type { GroupRow } from './contributions.ts';

/** What noise is drawn from. */
export interface NoiseSource {
  /** 256 bits or more, fixed for the life of the data. */
  readonly secret: Uint8Array;
  readonly parameters: PerturbationParameters;
  /** The protected tables that the numbers are about. */
  readonly lineage: string;
}

/** Under this name every number of rows is drawn, whatever column was counted. */
const ROWS = 'rows';

/**
 * A term with its noise, null where what it needs is not there.
 *
 * Guarantee: the noise is a function of what contributes, of what is summed and of the secret alone: equal contributors
 * give equal numbers in every query, and other contributors unrelated ones. See mechanisms/cell-key/PROOF.md.
 */
export function perturbedTerm(layout: CellLayout, term: CellTerm, group: GroupRow, source: NoiseSource): Exact | null {
  const { noise } = term;
  if (noise === null) return null;
  const value = toFixedPoint(group.raw.values[term.value]![group.row]! ?? 0n, noise.scale);
  const set = wordsOf(noise.fingerprint.map((column) => BigInt(group.raw.values[column]![group.row] ?? 0)));
  if (value === null) return null;
  const largest = isOneEach(layout, term) ? ONE_EACH : contributionsTo(layout, term, group, noise.scale);
  if (largest === null) return null;
  const ones = isSumOfOnes(layout, term, group, value);
  if ((isCount(layout, term) || ones) && largest.every((size) => size <= 1n)) {
    const table = perturbationTable(source.parameters);
    if (isOfUnits(layout, term))
      return whole(perturbUnits(value, source.secret, { set, lineage: source.lineage }, table), 0);
    const count = perturbCount(value, keyOf(layout, term, set, value, source, ones), table);
    // WHY again: units and rows are drawn apart, and no number below the threshold is published.
    return count < BigInt(layout.unitsMin) ? null : whole(count, 0);
  }
  const bound = noise.bound === null ? (largest[0] ?? 1n) : BigInt(noise.bound) * 10n ** BigInt(noise.scale);
  const flex = flexFor(source.parameters.flex, bound > 0n ? bound : 1n);
  return whole(perturbSum({ total: value, largest }, keyOf(layout, term, set, value, source), flex), noise.scale);
}

function keyOf(
  layout: CellLayout,
  term: CellTerm,
  set: readonly bigint[],
  value: bigint,
  { secret, lineage }: NoiseSource,
  ones = false,
) {
  const isRows = ones || (isCount(layout, term) && layout.checks[term.check]!.kind !== 'distinct');
  return drawCellKey(secret, {
    set,
    statistic: isRows ? ROWS : 'sum',
    measure: isRows ? '' : `${withoutRoles(term.functional)} ${value}`,
    lineage,
  });
}

/** WHY each once and sorted: the same rows in two roles of their table contribute what they do in one, whichever role is named first. */
function wordsOf(fingerprint: readonly bigint[]): readonly bigint[] {
  return [...new Set(fingerprint)].sort((a, b) => (a < b ? -1 : 1));
}

/**
 * The same for all roles of a table that stands several times in a row. WHY, with the value beside it: who joins a table with itself k times has k sums
 * that are one, and with a name of its own each would be drawn anew; where their values differ, so does their noise.
 */
function withoutRoles(functional: string): string {
  return functional.replaceAll(/~\d+/g, '');
}

/** Rows, or values, that each count one. */
function isCount(layout: CellLayout, { check, functional }: CellTerm): boolean {
  return layout.checks[check]!.kind !== 'sum' || functional === ROWS_TEXT;
}

/**
 * A sum to which each unit adds exactly one: as many as contribute to it. WHY as a count: a fraction of the largest
 * contribution is a fraction of one person there, so that the sum of a flag would all but give the exact count of those who have it.
 */
function isSumOfOnes(layout: CellLayout, { check, noise }: CellTerm, { exact }: GroupRow, value: bigint): boolean {
  if (layout.checks[check]!.kind !== 'sum' || noise?.scale !== 0 || exact === null) return false;
  return layout.exact.checks[check]!.every(({ units, top1, total }) => {
    const [members, largest, sum] = fixed(exact.table, exact.row, [units, top1, total], 0);
    return largest === 1n && sum === value && members === value;
  });
}

/** Whether noise is scaled by contributions that are not known yet. */
export function needsContributions(layout: CellLayout, term: CellTerm, group: GroupRow): boolean {
  return !isOneEach(layout, term) && contributionsTo(layout, term, group, term.noise?.scale ?? 0) === null;
}

const ONE_EACH: readonly bigint[] = [1n];

/** Whether no unit adds more than one to a count, by what is public. */
function isOneEach(layout: CellLayout, term: CellTerm): boolean {
  const { kind, unitCount } = layout.checks[term.check]!;
  if (unitCount !== null) return true;
  return kind !== 'distinct' && isCount(layout, term) && layout.units.every(({ oneRow }) => oneRow);
}

/** A count of the distinct units themselves. */
function isOfUnits({ units }: CellLayout, { functional }: CellTerm): boolean {
  return units.some(({ text }) => functional === `distinct ${text}`);
}

/** A class of units stands for the largest of them where it holds no larger a part of a total than one in so many. */
export const CLASS_PARTS = 25n;

/**
 * The three largest contributions, of the kind of unit whose are largest; null where they are not known. By classes
 * where that costs little accuracy: noise then scales with at most 1/25 of the total, and no unit has more than its class.
 * INVARIANT: which of the two depends on what contributes alone, and not on what else an answer asks.
 */
function contributionsTo(layout: CellLayout, term: CellTerm, group: GroupRow, scale: number): readonly bigint[] | null {
  const kinds = ofClasses(layout, term, group, scale) ?? ofUnits(layout, term, group, scale);
  if (kinds === null) return null;
  const [first] = [...kinds].sort((a, b) => (a[0]! > b[0]! ? -1 : Number(a[0]! < b[0]!)));
  return first!.filter((size) => size > 0n);
}

/** Per kind of unit what the largest classes hold. */
function ofClasses(
  layout: CellLayout,
  { check, noise }: CellTerm,
  { raw, row }: GroupRow,
  scale: number,
): Sizes | null {
  const kinds: (readonly bigint[])[] = [];
  // Whole numbers that may all be 1: only units tell (isSumOfOnes).
  const isFlag = noise?.scale === 0 && (noise.bound === null || BigInt(noise.bound) <= 1n);
  if (isFlag && layout.checks[check]!.kind === 'sum') return null;
  const { bounds, gross } = layout.checks[check]!;
  // WHY: with a row each, the declared bound of a value of either sign gives an interval that no class would keep to.
  if (layout.units.every(({ oneRow }) => oneRow) && bounds.includes(null)) return null;
  for (const bound of gross) {
    if (bound === null) return null;
    const [first, second, total] = fixed(raw, row, [bound.top1, bound.top2, bound.total], scale);
    if (first === null || second === null || total === null || first! * CLASS_PARTS > total!) return null;
    kinds.push([first!, second!, second!]);
  }
  return kinds;
}

/** Per kind of unit what the largest of them contribute. */
function ofUnits(layout: CellLayout, { check }: CellTerm, { exact }: GroupRow, scale: number): Sizes | null {
  if (exact === null) return null;
  const { table, row } = exact;
  const kinds = layout.exact.checks[check]!.map(({ top1, top2, top3 }) => fixed(table, row, [top1, top2, top3], scale));
  return kinds.flat().some((size) => size === null) ? null : (kinds as Sizes);
}

type Sizes = readonly (readonly bigint[])[];

const fixed = ({ values }: TableData, row: number, columns: readonly number[], scale: number) =>
  columns.map((column) => toFixedPoint(values[column]![row]! ?? 0n, scale));

function whole(units: bigint, scale: number): Exact {
  return { top: units, bottom: 10n ** BigInt(scale) };
}
