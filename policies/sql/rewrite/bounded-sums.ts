import { fromFixedPoint } from '../../mechanisms/cell-key/fixed-point.ts';
import type { ColumnRef, Expr, Rel } from '../plan.ts';
import { BOOLEAN, decimal, INTEGER } from '../sql-type.ts';
import { firstGroups, firstRows, ownedRows } from './bounded-rows.ts';
import {
  aggregateCall,
  and,
  asDouble,
  call,
  cast,
  choose,
  divide,
  group,
  type IdSource,
  isNotZero,
  literal,
  multiply,
  ref,
  sumType,
} from './build.ts';
import { codedKeys, decoded } from './coded-keys.ts';
import { Collected, keyOf, refsOf } from './collected.ts';
import { countStar, regrouped } from './exact-cells.ts';
import { withFlags } from './flags.ts';
import type { PrivateSpec } from './private-cells.ts';
import type { Bounding } from './private-layout.ts';
import type { PrivateSum } from './private-measures.ts';
import type { Raw } from './raw.ts';

/** Cells in the making. */
export interface Cells {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
  readonly sums: readonly ColumnRef[];
  /** Distinct units of the group, where groups are selected by it. */
  readonly units: ColumnRef | null;
}
export type InGroups = Extract<Bounding, { kind: 'groups' }>;

export interface Wanted {
  readonly groups: number | null;
  readonly sums: readonly PrivateSum[];
  readonly isSelected: boolean;
}

const conditionsOf = (sums: readonly PrivateSum[]): readonly Expr[] =>
  sums.flatMap(({ where }) => (where.length === 0 ? [] : [and(where)]));

// ── Whole rows are left out, or none ─────────────────────────────────────────────────────────────────────────────

export function overRows(
  spec: PrivateSpec,
  { sums, isSelected }: Wanted,
  bounding: Exclude<Bounding, InGroups>,
  ids: IdSource,
): Cells {
  const { rel, keys } = codedKeys(ownedRows(spec.raw), spec.keys, ids);
  const kept = bounding.kind === 'rows' ? firstRows(rel, spec.raw, bounding, ids) : rel;
  const collected = new Collected(ids);
  const columns = sums.map((sum) => collected.add(sumCall(sum, spec.raw)));
  const units = isSelected ? collected.add(distinctUnits(spec.raw, 0, [])) : null;
  const flagged = withFlags(kept, conditionsOf(sums), collected.measures, ids);
  const innerKeys = keys.map(({ key }) => key);
  const cells = { rel: group(flagged.rel, innerKeys, flagged.measures), keys: refsOf(innerKeys) };
  return { ...decoded(cells, keys, ids), sums: columns, units };
}

export function sumCall({ amount, countsUnit, distinct, where }: PrivateSum, raw: Raw) {
  const filter = where.length === 0 ? [] : [and(where)];
  if (distinct !== null) return aggregateCall('count', { args: [distinct.of], type: INTEGER, distinct: true, filter });
  if (countsUnit !== null) return distinctUnits(raw, countsUnit, filter);
  return amount === null
    ? countStar(filter)
    : aggregateCall('sum', { args: [amount], type: sumType(amount.type), filter });
}

/** Where a unit has one row, rows are units. */
export function distinctUnits({ units }: Raw, position: number, filter: readonly Expr[]) {
  const { id, type, rowsMax } = units[position]!;
  if (rowsMax === 1 && units.length === 1) return countStar(filter);
  return aggregateCall('count', { args: [ref(id, type)], type: INTEGER, distinct: true, filter });
}

// ── Per unit, then over units ────────────────────────────────────────────────────────────────────────────────────

export function overUnits(
  spec: PrivateSpec,
  { groups, sums, isSelected }: Wanted,
  bounding: InGroups,
  ids: IdSource,
): Cells {
  const { rel, keys } = codedKeys(ownedRows(spec.raw), spec.keys, ids);
  const [{ id, type }] = spec.raw.units as [Raw['units'][number]];
  const unitKey = keyOf(ids, ref(id, type), 'unit');
  const innerKeys = keys.map(({ key }) => key);
  const inner = new Collected(ids);
  const perUnit = sums.map((sum) => ({ sum, ...ofUnit(sum, inner) }));
  const flagged = withFlags(rel, conditionsOf(sums), inner.measures, ids);
  const below = group(flagged.rel, [...innerKeys, unitKey], flagged.measures);
  const isLimited = keys.length > 0 && (groups === null || groups > bounding.groupsMax);
  const kept = isLimited ? firstGroups(below, unitKey, innerKeys, bounding.groupsMax, ids) : below;
  const outer = new Collected(ids);
  const columns = perUnit.map((one) => outer.add(overAll(one, bounding.rowsMax)));
  const units = isSelected ? outer.add(countStar([])) : null;
  const outerKeys = regrouped(innerKeys, ids);
  const cells = { rel: group(kept, outerKeys, outer.measures), keys: refsOf(outerKeys) };
  return { ...decoded(cells, keys, ids), sums: columns, units };
}

interface OfUnit {
  /** What one unit has in one group. */
  readonly share: ColumnRef;
  /** Of how many rows; null where that is nobody's business. */
  readonly rows: ColumnRef | null;
}

function ofUnit({ amount, averaged, where }: PrivateSum, inner: Collected): OfUnit {
  const filter = where.length === 0 ? [] : [and(where)];
  if (amount === null) return { share: inner.add(countStar(filter)), rows: null };
  const share = inner.add(aggregateCall('sum', { args: [amount], type: sumType(amount.type), filter }));
  return { share, rows: averaged ? inner.add(countStar(filter)) : null };
}

/** INVARIANT: what is added up is clamped, per unit and group, to what its sensitivity says. */
function overAll({ sum, share, rows }: OfUnit & { readonly sum: PrivateSum }, rowsMax: number) {
  if (sum.countsUnit !== null) return countStar([isNotZero(share)]);
  const [low, high] = [least(sum.low) * BigInt(rowsMax), -least(-sum.high) * BigInt(rowsMax)];
  const fair = rows === null ? share : meanTimes(share, rows, rowsMax);
  const ends = [low, high].map((end) => literal(fromFixedPoint(end, sum.scale), share.type));
  const bounded = call('clamp', [fair, ...ends], share.type);
  // WHY: what fits 64 bits is added up in half the time.
  const type = share.type.kind === 'decimal' ? decimal(18, sum.scale) : INTEGER;
  return aggregateCall('sum', { args: [cast(bounded, type)], type: sumType(type) });
}

const least = (end: bigint): bigint => (end < 0n ? end : 0n);

/** A unit of more rows than count stands there with as many of its mean: the sum keeps its proportion to the number of rows. */
function meanTimes(share: ColumnRef, rows: ColumnRef, rowsMax: number): Expr {
  const most = literal(String(rowsMax), INTEGER);
  const scaled = divide(multiply(asDouble(share), asDouble(most)), asDouble(rows));
  return choose(call('gt', [rows, most], BOOLEAN), cast(scaled, share.type), share);
}
