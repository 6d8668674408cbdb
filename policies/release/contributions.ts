import type { PolicyProfile } from '../levels.ts';
import { isDominated } from '../mechanisms/suppression/dominance.ts';
import { compare, type Exact, exactOf, magnitude, ZERO } from '../mechanisms/suppression/exact.ts';
import type { CellLayout, CellUnits, ContributionColumns } from '../sql/rewrite/cell-layout.ts';
import type { TableData } from '../table-data.ts';
import type { Threshold } from './threshold.ts';

/** Whether enough units contribute and none dominates: proved, disproved, or not decided by bounds alone. */
export type Verdict = 'safe' | 'unsafe' | 'open';

/** What a group is judged by. */
export interface Rules {
  readonly layout: CellLayout;
  readonly profile: PolicyProfile;
  readonly threshold: Threshold;
}

/** A row of the first statement and, once asked for, the row of the exact one for the same group. */
export interface GroupRow {
  readonly raw: TableData;
  readonly row: number;
  readonly exact: { readonly table: TableData; readonly row: number } | null;
}

const ONE: Exact = { top: 1n, bottom: 1n };

/** Only how many units contribute. */
export function judgeUnits(rules: Rules, check: number, unitsMin: number, group: GroupRow): Verdict {
  const { units } = rules.layout;
  return worst(units.map((_, position) => enoughUnits(rules, check, position, unitsMin, group)));
}

/** One magnitude over a group. */
export function judgeCheck(rules: Rules, check: number, unitsMin: number, group: GroupRow): Verdict {
  return worst(
    rules.layout.units.map((_, position) => {
      const enough = enoughUnits(rules, check, position, unitsMin, group);
      return enough === 'safe' ? spread(rules, check, position, group) : enough;
    }),
  );
}

/** Whether it tells something that they are too few: their number, as it is perturbed, is half of what is needed at least. */
export function isTelling({ layout, threshold }: Rules, check: number, { exact }: GroupRow): boolean {
  if (exact === null) return false;
  return layout.exact.checks[check]!.every(({ units, fingerprint }) => {
    const drawnBy = BigInt(exact.table.values[fingerprint]![exact.row] ?? 0);
    return threshold.tells(countAt(exact.table, units, exact.row), drawnBy, layout.unitsMin);
  });
}

export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('unsafe')) return 'unsafe';
  return verdicts.includes('open') ? 'open' : 'safe';
}

function enoughUnits(
  { layout, threshold }: Rules,
  check: number,
  position: number,
  unitsMin: number,
  { raw, row, exact }: GroupRow,
): Verdict {
  const found = layout.exact.checks[check]![position]!;
  if (exact !== null) {
    const count = (column: number) => countAt(exact.table, column, exact.row);
    const fingerprint = BigInt(exact.table.values[found.fingerprint]![exact.row] ?? 0);
    const decided = found.conditions.flatMap(({ holds, fails }) => [holds, fails]);
    const enough = threshold.isMet(count(found.units), fingerprint, unitsMin);
    return enough && decided.every((column) => count(column) >= unitsMin) ? 'safe' : 'unsafe';
  }
  const { kind, bounds, unitCount } = layout.checks[check]!;
  // No unit without a row: what has fewer rows than units are needed is too small.
  const rows = layout.checks[0]!.bounds[position]!;
  if (countAt(raw, rows.total, row) < threshold.least(unitsMin)) return 'unsafe';
  if (unitCount !== null && found.conditions.length === 0) {
    const counted = countAt(raw, unitCount, row);
    return counted < threshold.least(unitsMin) ? 'unsafe' : counted >= threshold.sure(unitsMin) ? 'safe' : 'open';
  }
  const bound = bounds[position] ?? null;
  if (bound === null || found.conditions.length > 0) return 'open';
  if (kind !== 'sum') {
    const contributing = countAt(raw, bound.total, row);
    if (contributing < threshold.least(unitsMin)) return 'unsafe';
    if (layout.units[position]!.oneRow && contributing >= threshold.sure(unitsMin)) return 'safe';
  }
  return countAt(raw, bound.units, row) >= threshold.sure(unitsMin) ? 'safe' : 'open';
}

/** Dominance: what classes contribute bounds what units do from above. */
function spread({ layout, profile }: Rules, check: number, position: number, { raw, row, exact }: GroupRow): Verdict {
  const unit = layout.units[position]!;
  if (exact !== null) {
    const columns = layout.exact.checks[check]![position]!;
    return isConcentrated(columns, unit, exact.table, exact.row, profile) ? 'unsafe' : 'safe';
  }
  const { bounds, unitCount } = layout.checks[check]!;
  if (unitCount !== null) {
    const counted = numberAt(raw, unitCount, row);
    return counted !== null && !dominated(unit, ONE, ONE, ZERO, counted, profile) ? 'safe' : 'open';
  }
  const bound = bounds[position] ?? null;
  if (bound === null) return 'open';
  const oneEach = unit.oneRow && layout.checks[check]!.kind !== 'sum';
  if (oneEach) return isSmallShare(ONE, bound, unit, raw, row, profile) ? 'safe' : 'open';
  return isConcentrated(bound, unit, raw, row, profile) ? 'open' : 'safe';
}

/** Every unit contributes `each`. */
function isSmallShare(
  each: Exact,
  { total, unowned }: ContributionColumns,
  unit: CellUnits,
  table: TableData,
  row: number,
  profile: PolicyProfile,
): boolean {
  const sum = numberAt(table, total, row);
  const nobody = unit.unowned ? numberAt(table, unowned, row) : ZERO;
  return sum !== null && nobody !== null && !dominated(unit, each, each, nobody, sum, profile);
}

function isConcentrated(
  { top1, top2, total, unowned }: ContributionColumns,
  unit: CellUnits,
  table: TableData,
  row: number,
  profile: PolicyProfile,
): boolean {
  const read = [top1, top2, total].map((column) => numberAt(table, column, row));
  const nobody = unit.unowned ? numberAt(table, unowned, row) : ZERO;
  if (nobody === null || read.some((number) => number === null)) return true;
  const [first, second, sum] = read as [Exact, Exact, Exact];
  return dominated(unit, first, second, nobody, sum, profile);
}

/** Rows without a unit count as one contributor but never towards the total: padding cannot dilute a cell. */
function dominated(
  { unit }: CellUnits,
  first: Exact,
  second: Exact,
  nobody: Exact,
  total: Exact,
  profile: PolicyProfile,
): boolean {
  const [largest, next] = [first, second, magnitude(nobody)].sort((a, b) => compare(b, a));
  return isDominated({ unit, largest: largest!, second: next!, total }, profile);
}

export function countAt(table: TableData, column: number, row: number): number {
  return Number(table.values[column]![row] ?? 0);
}

/** Absent groups of a public list have NULL everywhere: that is zero. null for what is no number. */
export function numberAt(table: TableData, column: number, row: number): Exact | null {
  const value = table.values[column]![row]!;
  return value === null ? ZERO : exactOf(value);
}
