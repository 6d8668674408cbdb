import { type ColumnRef, columnsOf, type Expr, type NamedExpr, type Rel } from '../plan.ts';
import { BOOLEAN, INTEGER } from '../sql-type.ts';
import { call, type IdSource, isNotNull, literal, ref, refTo } from './build.ts';
import { refsOf } from './collected.ts';
import type { Bounding } from './private-layout.ts';
import type { Raw } from './raw.ts';

/** Which rows and groups of a unit count. INVARIANT: rows of that unit alone decide, by keyed hashes; ties by what they hold. */

/** Rows of nobody are left out: they are nobody's to protect, and nobody's share bounds them. */
export function ownedRows({ units, rel }: Raw): Rel {
  if (units.some(({ nullable }) => !nullable)) return rel;
  const named_ = units.map(({ id, type }) => isNotNull(ref(id, type)));
  return { kind: 'filter', input: rel, predicate: named_.length === 1 ? named_[0]! : call('or', named_, BOOLEAN) };
}

/**
 * The first rows of each unit, in an order by the keyed hash of what the row holds: no row of another unit has a part in it. Rows of
 * nobody in this column are not its to leave out.
 */
export function firstRows(
  rel: Rel,
  raw: Raw,
  { unit, rowsMax }: Extract<Bounding, { kind: 'rows' }>,
  ids: IdSource,
): Rel {
  const { id, type } = raw.units[unit]!;
  const owner = ref(id, type);
  const order = orderOfRows(rel, owner, rowsOf(raw, []).order);
  const { rel: ranked, place } = placedWithin('row_number', rel, [owner], order, ids);
  const predicate = call('or', [call('is_null', [owner], BOOLEAN), upTo(place, rowsMax)], BOOLEAN);
  return { kind: 'filter', input: ranked, predicate };
}

/** By the keyed hash of what a row holds. Rows that a join made of the same stored rows are told apart by all that they hold. */
function orderOfRows(rel: Rel, owner: ColumnRef, order: readonly Expr[]): readonly Expr[] {
  const hash = call('value_hash', [owner, ...order], INTEGER);
  return [hash, ...columnsOf(rel).map(refTo)];
}

/** The place of each row among those of its part. */
function placedWithin(fn: string, rel: Rel, partitionBy: readonly Expr[], order: readonly Expr[], ids: IdSource) {
  const id = ids.next();
  const orderBy = order.map((expr) => ({ expr, descending: false, nullsFirst: false }));
  const made = { fn, args: [], partitionBy, orderBy, frame: null, type: INTEGER, at: null };
  const ranked: Rel = { kind: 'window', input: rel, columns: [{ id, name: 'place', call: made }] };
  return { rel: ranked, place: ref(id, INTEGER) };
}

const upTo = (place: ColumnRef, most: number): Expr => call('lte', [place, literal(String(most), INTEGER)], BOOLEAN);

const orderOfGroups = (owner: ColumnRef, keys: readonly Expr[]): readonly Expr[] => [
  call('value_hash', [owner, ...keys], INTEGER),
  ...keys,
];

/** The first groups of each unit, in an order by a hash of its secret token and the group's keys. */
export function firstGroups(
  rel: Rel,
  unitKey: NamedExpr,
  keys: readonly NamedExpr[],
  groupsMax: number,
  ids: IdSource,
): Rel {
  const owner = ref(unitKey.id, unitKey.expr.type);
  const { rel: ranked, place } = placedWithin('row_number', rel, [owner], orderOfGroups(owner, refsOf(keys)), ids);
  return { kind: 'filter', input: ranked, predicate: upTo(place, groupsMax) };
}

/** Whose rows they are, by what they are grouped, and what, hashed with a key, says which come first. */
export interface RowsOfGroups {
  readonly owner: ColumnRef;
  readonly keys: readonly Expr[];
  readonly order: readonly Expr[];
}

export function rowsOf({ units, rowKeys }: Raw, keys: readonly Expr[]): RowsOfGroups {
  const { id, type } = units[0]!;
  return { owner: ref(id, type), keys, order: rowKeys.map((key) => ref(key.id, key.type)) };
}

/** The first rows of each unit in each of its first groups. */
export function firstOfGroups(
  rel: Rel,
  { owner, keys, order }: RowsOfGroups,
  { groupsMax, rowsMax }: Extract<Bounding, { kind: 'groups' }>,
  ids: IdSource,
): Rel {
  const rows = placedWithin('row_number', rel, [owner, ...keys], orderOfRows(rel, owner, order), ids);
  const kept: Rel = { kind: 'filter', input: rows.rel, predicate: upTo(rows.place, rowsMax) };
  if (keys.length === 0) return kept;
  // Equal keys have equal places: a group stays whole or goes.
  const groups = placedWithin('dense_rank', kept, [owner], orderOfGroups(owner, keys), ids);
  return { kind: 'filter', input: groups.rel, predicate: upTo(groups.place, groupsMax) };
}
