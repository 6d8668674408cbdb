import type { SourcePlace } from '../../errors.ts';
import type { PrivacyLimits } from '../../levels.ts';
import { RANK_LAST } from '../../stored-twins.ts';
import { relsWithin } from '../plan-walk.ts';
import { sameType } from '../type-rules.ts';
import type { Bounding, Sensitivity } from './private-layout.ts';
import type { DistinctValues, PrivateSum } from './private-measures.ts';
import type { Raw, UnitColumn } from './raw.ts';
import { constructRefused } from './refusals.ts';

/** What decides how a unit's share of a boundary is bounded: public metadata and the query, never rows. */
export interface BoundingFacts {
  readonly raw: Raw;
  /** Number of groups in the public list; 1 without keys; null where groups are not known beforehand. */
  readonly groups: number | null;
  readonly limits: PrivacyLimits;
}

/** How shares are bounded, and the rows that are left. */
export interface Bounded {
  readonly bounding: Bounding;
  readonly raw: Raw;
}

/**
 * Picks the bounding of least expected error, by public metadata only. `ranked`: the relation over the first rows of each unit, where that
 * bounds it.
 *
 * INVARIANT: which rows of a unit stay depends on rows of that unit only. With one column that is so: its own rows are ranked
 * among themselves. With two, leaving out rows of one unit lets rows of another in: were both left out by rank, removing one enterprise could
 * let in a row of each of its people, without bound. So all but one must be bounded by declaration, and count twice: a row that goes, and one that
 * comes instead.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
export function boundingOf(facts: BoundingFacts, ranked: Raw | null, place: SourcePlace | null): Bounded {
  const { raw, limits } = facts;
  if (raw.units.length > 1) return ofSeveralUnits(facts, ranked, place);
  const declared = raw.units[0]!.rowsMax ?? Number.POSITIVE_INFINITY;
  const asked = limits.unitRowsMax;
  const most = rankedRowsMax(facts);
  // WHY not where joins multiply first rows with each other: leaving out rows of what they make keeps the promise with less noise.
  const isFirst = ranked !== null && ranked.units[0]!.rowsMax! <= most;
  const first: Bounded | null = isFirst ? { bounding: { kind: 'ranked', rowsMax: most }, raw: ranked } : null;
  if (asked !== undefined) {
    if (declared <= asked) return { bounding: { kind: 'declared' }, raw };
    return first ?? { bounding: { kind: 'rows', unit: 0, rowsMax: asked }, raw };
  }
  const groups = inGroups(facts, declared);
  if (declared ** 2 <= groups.groupsMax * groups.rowsMax ** 2) return { bounding: { kind: 'declared' }, raw };
  return first !== null && errorPerRow(groups, facts) > 1 ? first : { bounding: groups, raw };
}

function inGroups({ groups, limits }: BoundingFacts, declared: number): Extract<Bounding, { kind: 'groups' }> {
  const groupsMax = Math.min(limits.groupsMax, groups ?? Number.POSITIVE_INFINITY, declared);
  return { kind: 'groups', groupsMax, rowsMax: Math.min(limits.rowsMax, declared) };
}

/** As many rows of a unit as the asker says; else as many as take the noise of bounding by groups. */
export function rankedRowsMax(facts: BoundingFacts): number {
  const { groupsMax, rowsMax } = inGroups(facts, Number.POSITIVE_INFINITY);
  return Math.min(RANK_LAST, facts.limits.unitRowsMax ?? Math.floor(Math.sqrt(groupsMax) * rowsMax));
}

/**
 * Sensitivity of a count over the rows that count of one unit; of ranked rows it is 1. For a unit that has as many rows as its share allows
 * in all, spread evenly over the groups there are: where they are many, most of its groups go, and its first rows are more.
 */
function errorPerRow({ groupsMax, rowsMax }: Extract<Bounding, { kind: 'groups' }>, { groups, limits }: BoundingFacts) {
  const rows = limits.groupsMax * limits.rowsMax;
  const places = Math.min(rows, groups ?? Number.POSITIVE_INFINITY);
  const kept = Math.min(groupsMax, places) * Math.min(rowsMax, rows / places);
  return (Math.sqrt(groupsMax) * rowsMax) / kept;
}

function ofSeveralUnits({ raw, limits }: BoundingFacts, ranked: Raw | null, place: SourcePlace | null): Bounded {
  checkEachRowByItself(raw, place);
  const open = raw.units.flatMap(({ rowsMax }, position) => (rowsMax === null ? [position] : []));
  const [unit, ...others] = open;
  if (unit === undefined) return { bounding: { kind: 'declared' }, raw };
  const rowsMax = limits.unitRowsMax ?? limits.rowsMax;
  if (ranked !== null) return { bounding: { kind: 'ranked', rowsMax }, raw: ranked };
  if (others.length > 0) throw severalUnits(raw, open, place);
  return { bounding: { kind: 'rows', unit, rowsMax }, raw };
}

/**
 * WHY only joins that keep what matches: where a row of one table appears because none of another does, removing an enterprise
 * brings rows of its people to light that carry no sign of it.
 */
function checkEachRowByItself({ rel, units }: Raw, place: SourcePlace | null): void {
  const isFree = relsWithin(rel).every((part) => {
    if (part.kind === 'set-operation' || part.kind === 'limit') return false;
    if (part.kind !== 'join' || part.join === 'inner' || part.join === 'cross') return true;
    const right = part.join === 'right' ? part.left : part.right;
    const namesUnits = (one: typeof rel) => one.kind === 'scan' && one.columns.some(({ unit }) => unit !== null);
    return part.join !== 'full' && !relsWithin(right).some(namesUnits);
  });
  if (isFree) return;
  const construct = `an outer join, IN, EXISTS or UNION over rows of several kinds of units (${kindsOf(units)})`;
  throw constructRefused(construct, 'inner joins, or tables of one kind of unit', place, 'dp');
}

function severalUnits({ units }: Raw, open: readonly number[], place: SourcePlace | null) {
  const construct = `rows that belong to several units (${kindsOf(units)})`;
  const accepted = `\`rowsPerUnitMax\` declared for all but one of ${kindsOf(open.map((position) => units[position]!))}`;
  return constructRefused(construct, accepted, place, 'dp');
}

const kindsOf = (units: readonly UnitColumn[]): string => units.map(({ unit }) => unit).join(', ');

/** What adding or removing one unit of each column changes of a sum at most. */
export function sensitivitiesOf(sum: PrivateSum, bounding: Bounding, facts: BoundingFacts): readonly Sensitivity[] {
  const { units } = facts.raw;
  if (bounding.kind === 'groups') return [ofGroups(sum, bounding)];
  const changed = units.map((unit, position) => rowsChanged(unit, position, bounding));
  if (sum.countsUnit !== null && units.length === 1) return [ofOwnCount(changed[0]!, facts)];
  return units.map((unit) => {
    // Columns of one key space may name the same unit, each in its rows.
    const all = changed.filter((_, position) => sameType(units[position]!.type, unit.type)).reduce((a, b) => a + b);
    if (sum.distinct !== null) return ofDistinct(all, sum.distinct);
    const cell = all * sizeOf(sum);
    return { cell: String(cell), squared: String(cell * cell) };
  });
}

/** Of all counts of a tree over rows: on each level, those of one unit are as many. */
export function treeSensitivities(height: number, bounding: Bounding, facts: BoundingFacts): readonly Sensitivity[] {
  return sensitivitiesOf(ROWS, bounding, facts).map(({ cell, squared }) => {
    return { cell, squared: String(BigInt(height) * BigInt(squared)) };
  });
}

const ROWS: PrivateSum = {
  ...{ amount: null, scale: 0, low: 1n, high: 1n, where: [] },
  ...{ countsUnit: null, distinct: null, averaged: false },
};

function ofGroups(sum: PrivateSum, { groupsMax, rowsMax }: Extract<Bounding, { kind: 'groups' }>): Sensitivity {
  const rows = BigInt(rowsMax);
  const own = sum.distinct === null ? rows * sizeOf(sum) : leastOf(rows, sum.distinct.most);
  const cell = sum.countsUnit === null ? own : 1n;
  return { cell: String(cell), squared: String(BigInt(groupsMax) * cell * cell) };
}

/**
 * A row that goes or comes changes the number of distinct values of its group by one at most, and that number never beyond the list: with d_g rows in group
 * g, Σd_g ≤ C, the squares sum to Σ min(d_g, L)² ≤ C·min(C, L).
 */
function ofDistinct(rows: bigint, { most }: DistinctValues): Sensitivity {
  const cell = leastOf(rows, most);
  return { cell: String(cell), squared: String(rows * cell) };
}

const leastOf = (rows: bigint, most: number | null): bigint =>
  most === null || rows < BigInt(most) ? rows : BigInt(most);

/** A unit counts once in each group that it is in. */
function ofOwnCount(rowsMax: bigint, { groups }: BoundingFacts): Sensitivity {
  const most = groups === null || rowsMax < BigInt(groups) ? rowsMax : BigInt(groups);
  return { cell: '1', squared: String(most) };
}

/** Rows that differ between neighbours: those of the unit, and those that come in their place. */
function rowsChanged(
  { rowsMax }: UnitColumn,
  position: number,
  bounding: Exclude<Bounding, { kind: 'groups' }>,
): bigint {
  if (bounding.kind !== 'rows') return BigInt(rowsMax!);
  return position === bounding.unit ? BigInt(bounding.rowsMax) : 2n * BigInt(rowsMax!);
}

const sizeOf = ({ low, high }: PrivateSum): bigint => (-low > high ? -low : high);
