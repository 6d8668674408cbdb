import type { SourcePlace } from '../../errors.ts';
import type { PrivacyLimits } from '../../levels.ts';
import { RANK_LAST } from '../../stored-twins.ts';
import type { Rel } from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import { sameType } from '../type-rules.ts';
import { type Changes, NO_CHANGES, sumOfChanges } from './changes.ts';
import type { Bounding, Sensitivity } from './private-layout.ts';
import type { DistinctValues, PrivateSum } from './private-measures.ts';
import type { Raw, SpreadUnit, UnitColumn } from './raw.ts';
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
 * let in a row of each of its people, without bound. So all but one must be bounded by declaration: with a unit of theirs as many rows of others come in as go.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
export function boundingOf(facts: BoundingFacts, ranked: Raw | null, place: SourcePlace | null): Bounded {
  const { raw, limits } = facts;
  if (raw.spread.length > 0) return ofNested(raw, place);
  if (raw.units.length > 1) return boundingOfSeveral(facts, ranked, place);
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

/** Bounded below the query's own grouping: what was joined above it must be bounded by declaration. */
function ofNested(raw: Raw, place: SourcePlace | null): Bounded {
  checkEachRowByItself(raw, place);
  const isBounded =
    raw.units.every(({ rowsMax }) => rowsMax !== null) && raw.spread.every(({ changes }) => changes !== null);
  if (raw.bounded !== null && isBounded) return { bounding: raw.bounded, raw };
  const construct = `rows grouped by one of several kinds of units (${kindsOf(allUnits(raw))}) beside rows without a bound per unit`;
  throw constructRefused(
    construct,
    'joins with one row a unit: `rowsPerUnitMax`, or GROUP BY its identifier',
    place,
    'dp',
  );
}

/** The bounding of rows of several kinds of units. @throws AppError POLICY_CONSTRUCT_REFUSED */
export function boundingOfSeveral(facts: BoundingFacts, ranked: Raw | null, place: SourcePlace | null): Bounded {
  const { raw, limits } = facts;
  checkEachRowByItself(raw, place);
  const open = raw.units.flatMap(({ rowsMax }, position) => (rowsMax === null ? [position] : []));
  const [unit, ...others] = open;
  if (unit === undefined) return { bounding: { kind: 'declared' }, raw };
  if (ranked !== null) return { bounding: { kind: 'ranked', rowsMax: rankedRowsMax(facts) }, raw: ranked };
  if (others.length > 0) throw severalUnits(raw, open, place);
  return { bounding: { kind: 'rows', unit, rowsMax: limits.unitRowsMax ?? limits.rowsMax }, raw };
}

/**
 * WHY only joins that keep what matches: where a row of one table appears because none of another does, removing an enterprise
 * brings rows of its people to light that carry no sign of it.
 */
function checkEachRowByItself(raw: Raw, place: SourcePlace | null): void {
  const isFree = relsWithin(raw.rel).every((part) => {
    if (part.kind === 'set-operation' || part.kind === 'limit') return false;
    if (part.kind !== 'join' || part.join === 'inner' || part.join === 'cross') return true;
    const right = part.join === 'right' ? part.left : part.right;
    const namesUnits = (one: Rel) => one.kind === 'scan' && one.columns.some(({ unit }) => unit !== null);
    return part.join !== 'full' && !relsWithin(right).some(namesUnits);
  });
  if (isFree) return;
  const construct = `an outer join, IN, EXISTS or UNION over rows of several kinds of units (${kindsOf(allUnits(raw))})`;
  throw constructRefused(
    construct,
    'inner joins, also of rows grouped by the identifier, or tables of one kind of unit',
    place,
    'dp',
  );
}

function severalUnits({ units }: Raw, open: readonly number[], place: SourcePlace | null) {
  const construct = `rows that belong to several units (${kindsOf(units)})`;
  const accepted = `\`rowsPerUnitMax\` declared for all but one of ${kindsOf(open.map((position) => units[position]!))}`;
  return constructRefused(construct, accepted, place, 'dp');
}

/** Of every kind: those that columns name, then those that none does. */
const allUnits = ({ units, spread }: Raw): readonly (UnitColumn | SpreadUnit)[] => [...units, ...spread];
const kindsOf = (units: readonly Pick<UnitColumn, 'unit'>[]): string => units.map(({ unit }) => unit).join(', ');

/** What adding or removing one unit of each kind changes of a sum at most: in the order of `unitsBehind`. */
export function sensitivitiesOf(sum: PrivateSum, bounding: Bounding, facts: BoundingFacts): readonly Sensitivity[] {
  const { raw } = facts;
  if (bounding.kind === 'groups') return [ofGroups(sum, bounding)];
  const units = allUnits(raw);
  const changes = [
    ...raw.units.map((unit, position) => changesOf(unit, position, bounding)),
    ...raw.spread.map((unit) => unit.changes ?? NO_CHANGES),
  ];
  if (sum.countsUnit !== null && units.length === 1) return [ofOwnCount(BigInt(changes[0]!.goes), facts)];
  return units.map((unit) => {
    // Columns of one key space may name the same unit, each in its rows.
    const all = sumOfChanges(changes.filter((_, position) => sameType(units[position]!.type, unit.type)));
    return sum.distinct === null ? ofRows(all, sum) : ofDistinct(all, sum.distinct);
  });
}

/**
 * Values of one sign: what goes and what comes are two vectors of one sign, so that ‖a − b‖² ≤ ‖a‖² + ‖b‖², and no cell changes by more than the larger.
 * Else a value that goes and one that comes may add up.
 */
function ofRows({ goes, comes }: Changes, { low, high }: PrivateSum): Sensitivity {
  const size = largerOf(-low, high);
  const [out, in_] = [BigInt(goes) * size, BigInt(comes) * size];
  if (low < 0n && high > 0n) return { cell: String(out + in_), squared: String((out + in_) ** 2n) };
  return { cell: String(largerOf(out, in_)), squared: String(out ** 2n + in_ ** 2n) };
}

const largerOf = (a: bigint, b: bigint): bigint => (a > b ? a : b);

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
 * A row that goes takes one off the number of distinct values of its group at most, one that comes adds one, and the number never leaves the list: with
 * d_g rows that go from group g, Σd_g ≤ C, the squares sum to Σ min(d_g, L)² ≤ C·min(C, L); as of values of one sign.
 */
function ofDistinct({ goes, comes }: Changes, { most }: DistinctValues): Sensitivity {
  const [out, in_] = [goes, comes].map((rows) => leastOf(BigInt(rows), most)) as [bigint, bigint];
  return { cell: String(largerOf(out, in_)), squared: String(BigInt(goes) * out + BigInt(comes) * in_) };
}

const leastOf = (rows: bigint, most: number | null): bigint =>
  most === null || rows < BigInt(most) ? rows : BigInt(most);

/** A unit counts once in each group that it is in. */
function ofOwnCount(rowsMax: bigint, { groups }: BoundingFacts): Sensitivity {
  const most = groups === null || rowsMax < BigInt(groups) ? rowsMax : BigInt(groups);
  return { cell: '1', squared: String(most) };
}

/** Rows that differ between neighbours: those of the unit, and what comes in their place. */
function changesOf(
  { rowsMax, others }: UnitColumn,
  position: number,
  bounding: Exclude<Bounding, { kind: 'groups' }>,
): Changes {
  if (bounding.kind === 'rows')
    return position === bounding.unit ? { goes: bounding.rowsMax, comes: 0 } : { goes: rowsMax!, comes: rowsMax! };
  return sumOfChanges([{ goes: rowsMax!, comes: 0 }, others]);
}

const sizeOf = ({ low, high }: PrivateSum): bigint => largerOf(-low, high);
