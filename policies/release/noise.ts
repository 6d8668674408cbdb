import { drawCellKey, perturbCount, perturbUnits } from '../mechanisms/cell-key/cell-noise.ts';
import { toFixedPoint } from '../mechanisms/cell-key/fixed-point.ts';
import { flexFor } from '../mechanisms/cell-key/flex.ts';
import { perturbSum } from '../mechanisms/cell-key/magnitude.ts';
import type { PerturbationParameters } from '../mechanisms/cell-key/perturbation-parameters.ts';
import { perturbationTable } from '../mechanisms/cell-key/perturbation-table.ts';
import type { Exact } from '../mechanisms/suppression/exact.ts';
import type { CellLayout, CellTerm } from '../sql/rewrite/cell-layout.ts';
import { ROWS_TEXT } from '../sql/rewrite/look-through.ts';
import type { Cell } from '../table-data.ts';
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
  const set = noise.fingerprint.map((column) => BigInt(group.raw.values[column]![group.row] ?? 0));
  if (value === null) return null;
  if (isCount(layout, term) && isOneEach(layout, term, group)) {
    const table = perturbationTable(source.parameters);
    const units = layout.units.some(({ text }) => term.functional === `distinct ${text}`);
    if (units) return whole(perturbUnits(value, source.secret, { set, lineage: source.lineage }, table), 0);
    return whole(perturbCount(value, keyOf(layout, term, set, source), table), 0);
  }
  const largest = largestOf(layout, term, group, noise.scale);
  if (largest === null) return null;
  const bound = noise.bound === null ? (largest[0] ?? 1n) : BigInt(noise.bound) * 10n ** BigInt(noise.scale);
  const flex = flexFor(source.parameters.flex, bound > 0n ? bound : 1n);
  return whole(perturbSum({ total: value, largest }, keyOf(layout, term, set, source), flex), noise.scale);
}

function keyOf(layout: CellLayout, term: CellTerm, set: readonly bigint[], { secret, lineage }: NoiseSource) {
  const isRows = isCount(layout, term) && layout.checks[term.check]!.kind !== 'distinct';
  return drawCellKey(secret, {
    set,
    statistic: isRows ? ROWS : 'sum',
    measure: isRows ? '' : term.functional,
    lineage,
  });
}

/** Rows, or values, that each count one. */
function isCount(layout: CellLayout, { check, functional }: CellTerm): boolean {
  return layout.checks[check]!.kind !== 'sum' || functional === ROWS_TEXT;
}

/** Whether noise is scaled by contributions that are not known yet. */
export function needsContributions(layout: CellLayout, term: CellTerm, group: GroupRow): boolean {
  if (group.exact !== null) return false;
  return !isCount(layout, term) || !isOneEach(layout, term, group);
}

/** Whether no unit adds more than one to a count. */
function isOneEach(layout: CellLayout, { check }: CellTerm, { exact }: GroupRow): boolean {
  const { kind } = layout.checks[check]!;
  if ((kind === 'rows' || kind === 'present') && layout.units.every(({ oneRow }) => oneRow)) return true;
  return exact !== null && layout.exact.checks[check]!.every(({ top1 }) => one(exact.table.values[top1]![exact.row]!));
}

const one = (cell: Cell): boolean => cell === 1n || cell === 0n || cell === null;

/** The three largest contributions, of the kind of unit whose are largest; null where they are not known. */
function largestOf(
  layout: CellLayout,
  { check }: CellTerm,
  { exact }: GroupRow,
  scale: number,
): readonly bigint[] | null {
  if (exact === null) return null;
  const perUnit = layout.exact.checks[check]!.map(({ top1, top2, top3 }) =>
    [top1, top2, top3].map((column) => toFixedPoint(exact.table.values[column]![exact.row]! ?? 0n, scale)),
  );
  if (perUnit.flat().some((size) => size === null)) return null;
  const known = perUnit as readonly (readonly bigint[])[];
  const [first] = [...known].sort((a, b) => (a[0]! > b[0]! ? -1 : Number(a[0]! < b[0]!)));
  return first!.filter((size) => size > 0n);
}

function whole(units: bigint, scale: number): Exact {
  return { top: units, bottom: 10n ** BigInt(scale) };
}
