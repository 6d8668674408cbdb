import type { SourcePlace } from '../../errors.ts';
import type { PrivacyLimits } from '../../levels.ts';
import { fromFixedPoint } from '../../mechanisms/cell-key/fixed-point.ts';
import { type ColumnRef, columnsOf, type Expr, type NamedExpr, type Rel } from '../plan.ts';
import { BOOLEAN, decimal, INTEGER } from '../sql-type.ts';
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
  isNotNull,
  isNotZero,
  literal,
  multiply,
  notDistinct,
  ref,
  refTo,
  sumType,
} from './build.ts';
import { asTexts, codedKeys } from './coded-keys.ts';
import { Collected, keyOf, outputOf, Placed, refsOf } from './collected.ts';
import type { PublicDomain } from './domain.ts';
import { countStar, regrouped } from './exact-cells.ts';
import { withFlags } from './flags.ts';
import type { LookThrough } from './look-through.ts';
import { valueType } from './measures.ts';
import { type BoundingFacts, boundingOf, sensitivitiesOf } from './private-bounding.ts';
import type {
  Bounding,
  GroupSelection,
  PrivateBoundary,
  PrivateLayout,
  PrivateTerm,
  PrivateValue,
} from './private-layout.ts';
import type { PrivateMeasure, PrivateSum } from './private-measures.ts';
import type { Raw } from './raw.ts';
import { constructRefused } from './refusals.ts';
import { unitsBehind } from './units-behind.ts';

/** What an aggregation over protected rows releases in mode `dp`. */
export interface PrivateSpec {
  readonly raw: Raw;
  readonly keys: readonly NamedExpr[];
  readonly measures: readonly PrivateMeasure[];
  readonly domain: PublicDomain | null;
  readonly unitsMin: number;
  readonly limits: PrivacyLimits;
  readonly through: Pick<LookThrough, 'text'>;
  readonly place: SourcePlace | null;
}

/**
 * Builds the statement of a boundary: bounded sums of whole numbers by group, over rows of which each unit has a bounded share. The
 * variance of the noise is filled in once the whole query is known (privacy-split.ts).
 */
export function buildPrivateCells(spec: PrivateSpec, ids: IdSource): PrivateBoundary {
  const { raw, keys, domain, limits, place } = spec;
  const groups = keys.length === 0 ? 1 : (domain?.size ?? null);
  const facts: BoundingFacts = { raw, groups, limits };
  const bounding = boundingOf(facts, place);
  const sums = new Sums(spec);
  const forms = spec.measures.map(({ forms: all }) =>
    all.map((form) => form.map(({ sum, factor }) => ({ term: sums.place(sum), factor }))),
  );
  const isSelected = groups === null;
  const wanted = { groups, sums: sums.all, isSelected };
  const cells =
    bounding.kind === 'groups' ? overUnits(spec, wanted, bounding, ids) : overRows(spec, wanted, bounding, ids);
  const listed = domain === null ? ofEnoughUnits(cells, spec.unitsMin) : completed(cells, domain, ids);
  const placed = new Placed();
  const layout: PrivateLayout = {
    keys: listed.keys.map((key) => placed.at(key)),
    selection: isSelected ? selectionOf(spec, bounding, placed.at(listed.units!)) : null,
    units: unitsBehind(raw, place),
    bounding,
    terms: sums.all.map(
      (sum, position): PrivateTerm => ({
        statistic: sums.texts[position]!,
        column: placed.at(listed.sums[position]!),
        scale: sum.scale,
        sensitivity: sensitivitiesOf(sum, bounding, facts),
        variance: { top: '0', bottom: '1' },
      }),
    ),
    values: spec.measures.map(
      ({ rule, type, range }, measure): PrivateValue => ({
        rule,
        forms: forms[measure]!,
        type: valueType(rule, type),
        range,
      }),
    ),
  };
  const released = [
    ...keys.map(({ name, expr }) => outputOf(ids, { name, type: expr.type })),
    ...layout.values.map(({ type }, index) => outputOf(ids, { name: `v${index}`, type })),
  ];
  return { kind: 'private', cells: placed.over(listed.rel, ids), released, layout };
}

/** Gives each distinct sum one place, whatever values share it. */
class Sums {
  readonly all: PrivateSum[] = [];
  readonly texts: string[] = [];
  private readonly spec: PrivateSpec;
  constructor(spec: PrivateSpec) {
    this.spec = spec;
  }
  place(sum: PrivateSum): number {
    const { text } = this.spec.through;
    const where = [...new Set(sum.where.map(text))].sort().join(' & ');
    const what = sum.amount !== null ? text(sum.amount) : sum.countsUnit === null ? 'rows' : `units:${sum.countsUnit}`;
    const statistic = where === '' ? what : `${what}|${where}`;
    const known = this.texts.indexOf(statistic);
    if (known >= 0) return known;
    this.texts.push(statistic);
    return this.all.push(sum) - 1;
  }
}

/** Cells in the making. */
interface Cells {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
  readonly sums: readonly ColumnRef[];
  /** Distinct units of the group, where groups are selected by it. */
  readonly units: ColumnRef | null;
}
type InGroups = Extract<Bounding, { kind: 'groups' }>;

interface Wanted {
  readonly groups: number | null;
  readonly sums: readonly PrivateSum[];
  readonly isSelected: boolean;
}

/** Rows of nobody are left out: they are nobody's to protect, and nobody's share bounds them. */
function ownedRows({ units, rel }: Raw): Rel {
  if (units.some(({ nullable }) => !nullable)) return rel;
  const named_ = units.map(({ id, type }) => isNotNull(ref(id, type)));
  return { kind: 'filter', input: rel, predicate: named_.length === 1 ? named_[0]! : call('or', named_, BOOLEAN) };
}

const conditionsOf = (sums: readonly PrivateSum[]): readonly Expr[] =>
  sums.flatMap(({ where }) => (where.length === 0 ? [] : [and(where)]));

// ── Whole rows are left out, or none ─────────────────────────────────────────────────────────────────────────────

function overRows(
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
  return { ...asTexts(cells, keys, ids), sums: columns, units };
}

function sumCall({ amount, countsUnit, where }: PrivateSum, raw: Raw) {
  const filter = where.length === 0 ? [] : [and(where)];
  if (countsUnit !== null) return distinctUnits(raw, countsUnit, filter);
  return amount === null
    ? countStar(filter)
    : aggregateCall('sum', { args: [amount], type: sumType(amount.type), filter });
}

/** Where a unit has one row, rows are units. */
function distinctUnits({ units }: Raw, position: number, filter: readonly Expr[]) {
  const { id, type, rowsMax } = units[position]!;
  if (rowsMax === 1 && units.length === 1) return countStar(filter);
  return aggregateCall('count', { args: [ref(id, type)], type: INTEGER, distinct: true, filter });
}

/**
 * The first rows of each unit, in an order by the keyed hash of what the row holds: no row of another unit has a part in it. Rows of
 * nobody in this column are not its to leave out.
 */
function firstRows(rel: Rel, raw: Raw, { unit, rowsMax }: Extract<Bounding, { kind: 'rows' }>, ids: IdSource): Rel {
  const { id, type } = raw.units[unit]!;
  const owner = ref(id, type);
  const hash = call('value_hash', [owner, ...raw.rowKeys.map((key) => ref(key.id, key.type))], INTEGER);
  // Rows that a join made of the same stored rows are told apart by all that they hold.
  const rest = columnsOf(rel).map(refTo);
  const { rel: ranked, place } = placedWithin(rel, owner, [hash, ...rest], ids);
  const isFirst = call('lte', [place, literal(String(rowsMax), INTEGER)], BOOLEAN);
  const predicate = call('or', [call('is_null', [owner], BOOLEAN), isFirst], BOOLEAN);
  return { kind: 'filter', input: ranked, predicate };
}

/** The place of each row among those of its owner. */
function placedWithin(rel: Rel, owner: ColumnRef, order: readonly Expr[], ids: IdSource) {
  const id = ids.next();
  const orderBy = order.map((expr) => ({ expr, descending: false, nullsFirst: false }));
  const made = { fn: 'row_number', args: [], partitionBy: [owner], orderBy, frame: null, type: INTEGER, at: null };
  const ranked: Rel = { kind: 'window', input: rel, columns: [{ id, name: 'place', call: made }] };
  return { rel: ranked, place: ref(id, INTEGER) };
}

// ── Per unit, then over units ────────────────────────────────────────────────────────────────────────────────────

function overUnits(spec: PrivateSpec, { groups, sums, isSelected }: Wanted, bounding: InGroups, ids: IdSource): Cells {
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
  return { ...asTexts(cells, keys, ids), sums: columns, units };
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

/** The first groups of each unit, in an order by a hash of its secret token and the group's keys. */
function firstGroups(rel: Rel, unitKey: NamedExpr, keys: readonly NamedExpr[], groupsMax: number, ids: IdSource): Rel {
  const owner = ref(unitKey.id, unitKey.expr.type);
  const hash = call('value_hash', [owner, ...refsOf(keys)], INTEGER);
  const { rel: ranked, place } = placedWithin(rel, owner, [hash, ...refsOf(keys)], ids);
  return {
    kind: 'filter',
    input: ranked,
    predicate: call('lte', [place, literal(String(groupsMax), INTEGER)], BOOLEAN),
  };
}

// ── Which groups ─────────────────────────────────────────────────────────────────────────────────────────────────

/** All groups of the public list and no others, whatever the data hold. */
function completed(cells: Cells, domain: PublicDomain, ids: IdSource): Cells {
  const keys = domain.keys.map((key) => keyOf(ids, key, 'key'));
  const left: Rel = { kind: 'project', input: domain.rel, columns: keys };
  const on = refsOf(keys).map((key, position) => notDistinct(key, cells.keys[position]!));
  const rel: Rel = { kind: 'join', join: 'left', left, right: cells.rel, on: and(on) };
  return { ...cells, rel, keys: refsOf(keys) };
}

/** What is never selected stays in the worker. */
function ofEnoughUnits(cells: Cells, unitsMin: number): Cells {
  if (cells.units === null) return cells;
  const predicate = call('gte', [cells.units, literal(String(unitsMin), INTEGER)], BOOLEAN);
  return { ...cells, rel: { kind: 'filter', input: cells.rel, predicate } };
}

function selectionOf({ raw, limits, unitsMin, place }: PrivateSpec, bounding: Bounding, units: number): GroupSelection {
  if (raw.units.length > 1)
    throw constructRefused(
      'groups of rows that belong to several units',
      'GROUP BY columns with a public list',
      place,
      'dp',
    );
  const groupsMax = bounding.kind === 'groups' ? bounding.groupsMax : raw.units[0]!.rowsMax!;
  const nothing = { top: '0', bottom: '1' };
  return {
    units,
    groupsMax,
    unitsMin,
    epsilon: nothing,
    delta: { top: String(Math.floor(limits.delta * 1e15)), bottom: '1000000000000000' },
  };
}
