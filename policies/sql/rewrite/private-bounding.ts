import type { SourcePlace } from '../../errors.ts';
import type { PrivacyLimits } from '../../levels.ts';
import { relsWithin } from '../plan-walk.ts';
import { sameType } from '../type-rules.ts';
import type { Bounding, Sensitivity } from './private-layout.ts';
import type { PrivateSum } from './private-measures.ts';
import type { Raw, UnitColumn } from './raw.ts';
import { constructRefused } from './refusals.ts';

/** What decides how a unit's share of a boundary is bounded: public metadata and the query, never rows. */
export interface BoundingFacts {
  readonly raw: Raw;
  /** Number of groups in the public list; 1 without keys; null where groups are not known beforehand. */
  readonly groups: number | null;
  readonly limits: PrivacyLimits;
}

/**
 * Picks the bounding of least noise. One column that names units: what is declared, where that is no more than the groups would
 * allow; else groups. Several: rows of at most one of them can be left out.
 *
 * INVARIANT: which rows of a unit stay depends on rows of that unit only. With one column that is so: its own rows are ranked
 * among themselves. With two, leaving out rows of one unit lets rows of another in: were both left out by rank, removing one enterprise could
 * let in a row of each of its people, without bound. So all but one must be bounded by declaration, and count twice: a row that goes, and one that
 * comes instead.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
export function boundingOf({ raw, groups, limits }: BoundingFacts, place: SourcePlace | null): Bounding {
  const open = raw.units.flatMap(({ rowsMax }, position) => (rowsMax === null ? [position] : []));
  if (raw.units.length > 1) {
    checkEachRowByItself(raw, place);
    const [unit, ...others] = open;
    if (others.length > 0) throw severalUnits(raw, open, place);
    return unit === undefined ? { kind: 'declared' } : { kind: 'rows', unit, rowsMax: limits.rowsMax };
  }
  const declared = raw.units[0]!.rowsMax ?? Number.POSITIVE_INFINITY;
  const groupsMax = Math.min(limits.groupsMax, groups ?? Number.POSITIVE_INFINITY, declared);
  const rowsMax = Math.min(limits.rowsMax, declared);
  if (declared ** 2 <= groupsMax * rowsMax ** 2) return { kind: 'declared' };
  return { kind: 'groups', groupsMax, rowsMax };
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

const ROWS: PrivateSum = { amount: null, scale: 0, low: 1n, high: 1n, where: [], countsUnit: null, averaged: false };

function ofGroups(sum: PrivateSum, { groupsMax, rowsMax }: Extract<Bounding, { kind: 'groups' }>): Sensitivity {
  const cell = sum.countsUnit === null ? BigInt(rowsMax) * sizeOf(sum) : 1n;
  return { cell: String(cell), squared: String(BigInt(groupsMax) * cell * cell) };
}

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
  if (bounding.kind === 'declared') return BigInt(rowsMax!);
  return position === bounding.unit ? BigInt(bounding.rowsMax) : 2n * BigInt(rowsMax!);
}

const sizeOf = ({ low, high }: PrivateSum): bigint => (-low > high ? -low : high);
