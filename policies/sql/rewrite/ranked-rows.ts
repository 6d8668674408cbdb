import { twinName } from '../../stored-twins.ts';
import {
  type ColumnId,
  type ColumnRef,
  columnsOf,
  type Expr,
  type Join,
  type Project,
  type Rel,
  type Scan,
  type ScanColumn,
} from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import { BOOLEAN, INTEGER, type SqlType } from '../sql-type.ts';
import { sameType } from '../type-rules.ts';
import { call, type IdSource, literal, named, ref, refTo } from './build.ts';
import { equalSides, keySides, meetsOnce } from './join-rules.ts';
import type { Raw } from './raw.ts';

/**
 * The same relation over the first rows of each unit only, as each table stores them in a random order: a filter where the table is read
 * (sandbox/ingest/unit-rank.ts). Every unit column then has a known most rows; null where that is not so.
 *
 * INVARIANT: as `declared`, over tables of which every unit has at most `rowsMax` rows. Which rows of a unit a table keeps is decided by rows of that
 * unit alone. A row that names units of two columns is kept by its place in one of them: a unit of the other that goes lets as many rows of
 * others in as it had (`Changes.comes`).
 * WHY never in what a row only has to match (IN, EXISTS), nor below the query's own grouping: there nothing of it is added up.
 */
export function rankedRows(raw: Raw, rowsMax: number, ids: IdSource): Raw | null {
  const counted = countedRows(raw.rel, { rowsMax, ids });
  if (counted === null || counted.stirred.some(({ comes }) => !Number.isFinite(comes))) return null;
  const units = raw.units.map((unit, position) => {
    // Once for all columns of one key space: what they change is added up.
    const isFirst = raw.units.findIndex(({ type }) => sameType(type, unit.type)) === position;
    const stirred = isFirst ? counted.stirred.filter(({ type }) => sameType(type, unit.type)) : [];
    const comes = stirred.reduce((sum, one) => sum + one.comes, 0);
    return { ...unit, rowsMax: counted.rows.get(unit.id) ?? null, others: { goes: 0, comes } };
  });
  return units.some((unit) => unit.rowsMax === null) ? null : { ...raw, rel: counted.rel, units };
}

interface Counted {
  readonly rel: Rel;
  /** Per column that names a unit: most rows of one. */
  readonly rows: ReadonlyMap<ColumnId, number>;
  /** Per kind of key: most rows of others that come where a unit goes, as those behind them move up. */
  readonly stirred: readonly { readonly type: SqlType; readonly comes: number }[];
  /** A number of each row that no other row of its unit has, made of the rank in one table. */
  readonly rank?: ColumnRef;
}
interface Asked {
  readonly rowsMax: number;
  readonly ids: IdSource;
}

function countedRows(rel: Rel, asked: Asked): Counted | null {
  switch (rel.kind) {
    case 'scan':
      return ofScan(rel, asked);
    case 'filter': {
      const below = countedRows(rel.input, asked);
      return below && { ...below, rel: { ...rel, input: below.rel } };
    }
    case 'project':
      return ofProject(rel, asked);
    case 'join':
      return ofJoin(rel, asked);
    case 'values':
    case 'aggregate':
      return isPublic(rel) ? { rel, rows: new Map(), stirred: [] } : null;
    default:
      return null;
  }
}

/** One column is ranked: that of which the table declares nothing, else the only one. */
function ofScan(scan: Scan, { rowsMax, ids }: Asked): Counted {
  const units = scan.columns.filter(({ unit }) => unit !== null);
  const declared = new Map(
    units.flatMap(({ id, unitRowsMax }) => (unitRowsMax === undefined ? [] : [[id, unitRowsMax]])),
  );
  const open = units.filter(({ id }) => !declared.has(id));
  const [unit] = open.length === 0 && units.length === 1 ? units : open;
  const isBounded = unit === undefined || (declared.get(unit.id) ?? Number.POSITIVE_INFINITY) <= rowsMax;
  const twin = isBounded ? null : rankOf(scan, unit, ids);
  if (twin === null) return { rel: scan, rows: declared, stirred: [] };
  const first = call('lt', [ref(twin.id, INTEGER), literal(String(rowsMax), INTEGER)], BOOLEAN);
  const rel: Rel = {
    kind: 'filter',
    input: { ...scan, columns: [...scan.columns, twin] },
    predicate: first,
  };
  const rows = new Map([...declared, [unit!.id, rowsMax] as const]);
  const stirred = units.flatMap(({ id, type }) => (declared.has(id) ? [{ type, comes: declared.get(id)! }] : []));
  return stirred.length > 0 ? { rel, rows, stirred } : { rel, rows, stirred, rank: ref(twin.id, INTEGER) };
}

function rankOf({ source }: Scan, of: ScanColumn, ids: IdSource): ScanColumn | null {
  const name = twinName('rank', of.column);
  if (source.kind !== 'table' || source.twins?.includes(name) !== true) return null;
  const { unitRowsMax: _, ...column } = of;
  return { ...column, id: ids.next(), name, column: name, type: INTEGER, role: 'attribute', unit: null };
}

function ofProject(project: Project, asked: Asked): Counted | null {
  const below = countedRows(project.input, asked);
  if (below === null) return null;
  const rows = project.columns.flatMap(({ id, expr }) => {
    const most = expr.kind === 'column' ? below.rows.get(expr.id) : undefined;
    return most === undefined ? [] : [[id, most] as const];
  });
  return { ...below, rel: { ...project, input: below.rel }, rows: new Map(rows) };
}

/** Each row of one side meets so many of the other as a unit has there, where they meet by the column that names it. */
function ofJoin(join: Join, asked: Asked): Counted | null {
  const left = countedRows(join.left, asked);
  if (left === null || join.join === 'full' || join.join === 'right') return null;
  if (join.join === 'semi' || join.join === 'anti') return { ...left, rel: { ...join, left: left.rel } };
  const right = countedRows(join.right, asked);
  if (right === null) return null;
  const repeated = withRepeated(join, left, right, asked);
  if (repeated !== null) return repeated;
  const pairs = equalSides(join);
  const met = (side: Counted, own: Rel, position: 0 | 1): number | null => {
    const known = pairs.flatMap((pair) => {
      const column = pair[position];
      const most = column.kind === 'column' ? side.rows.get(column.id) : undefined;
      return most === undefined ? [] : [most];
    });
    return meetsOnce(join, own) ? 1 : known.length === 0 ? null : Math.min(...known);
  };
  const [ofRight, ofLeft] = [met(right, join.right, 1), met(left, join.left, 0)];
  const rows = [...times(left.rows, ofRight), ...times(right.rows, ofLeft)];
  const stirred = [...stirredTimes(left, ofRight), ...stirredTimes(right, ofLeft)];
  const rel: Rel = { ...join, left: left.rel, right: right.rel };
  // Rows that meet one other at most keep their places; of a side that may be missing there would be some without.
  const rank = ofRight === 1 ? left.rank : join.join !== 'left' && ofLeft === 1 ? right.rank : undefined;
  return { rel, rows: new Map(rows), stirred, ...(rank === undefined ? {} : { rank }) };
}

/**
 * An inner join with public rows of which several may have one key: a row of rank r that meets the i-th of the public rows of its key stays where
 * r·M + i < C, for the most rows M of any key. Pairs (r, i), i < M, have different numbers, so at most C stay of a unit, and the number is their rank in further
 * joins; if no key repeats, M is 1 and they are its first C rows.
 *
 * INVARIANT: M and i are made of public rows alone, r of the unit's own: no row of another unit has a part in what stays.
 */
function withRepeated(join: Join, left: Counted, right: Counted, { rowsMax, ids }: Asked): Counted | null {
  const [own, open, position] = right.rank === undefined ? [left, right, 1 as const] : [right, left, 0 as const];
  const isOpen = open.rows.size === 0 && relsWithin(open.rel).every(namesNobody);
  if (own.rank === undefined || !isOpen || join.join !== 'inner') return null;
  if (meetsOnce(join, position === 1 ? join.right : join.left)) return null;
  const keys = keySides(join).map((sides) => sides[position]);
  const { rel: placed, place, most } = placedByKey(open.rel, keys, ids);
  const joined: Rel =
    position === 1 ? { ...join, left: own.rel, right: placed } : { ...join, left: placed, right: own.rel };
  const scaled = call('multiply', [own.rank, most], INTEGER);
  const number = call('subtract', [call('add', [scaled, place], INTEGER), literal('1', INTEGER)], INTEGER);
  const numbered = named(ids.next(), 'rank', number);
  const columns = [...columnsOf(joined).map((column) => named(column.id, column.name, refTo(column))), numbered];
  const rank = ref(numbered.id, INTEGER);
  const predicate = call('lt', [rank, literal(String(rowsMax), INTEGER)], BOOLEAN);
  return {
    rel: { kind: 'filter', input: { kind: 'project', input: joined, columns }, predicate },
    rows: own.rows,
    stirred: own.stirred,
    rank,
  };
}

/** Each row's place among those of its key, from 1 on, and how many the most frequent key has. */
function placedByKey(input: Rel, keys: readonly Expr[], ids: IdSource) {
  const windowed = (
    of: Rel,
    fn: string,
    args: readonly Expr[],
    partitionBy: readonly Expr[],
    order: readonly Expr[],
  ) => {
    const id = ids.next();
    const orderBy = order.map((expr) => ({ expr, descending: false, nullsFirst: false }));
    const made = { fn, args, partitionBy, orderBy, frame: null, type: INTEGER, at: null };
    const rel: Rel = { kind: 'window', input: of, columns: [{ id, name: fn, call: made }] };
    return { rel, column: ref(id, INTEGER) };
  };
  const placed = windowed(input, 'row_number', [], keys, columnsOf(input).map(refTo));
  const most = windowed(placed.rel, 'max', [placed.column], [], []);
  return { rel: most.rel, place: placed.column, most: most.column };
}

const times = (rows: Counted['rows'], factor: number | null): readonly (readonly [ColumnId, number])[] =>
  factor === null ? [] : [...rows].map(([id, most]) => [id, most * factor] as const);

const stirredTimes = ({ stirred }: Counted, factor: number | null): Counted['stirred'] =>
  stirred.map((one) => ({ ...one, comes: one.comes * (factor ?? Number.POSITIVE_INFINITY) }));

/** Of public tables and of what the asker wrote. */
function isPublic(rel: Rel): boolean {
  return rel.kind === 'values' || (rel.kind === 'aggregate' && relsWithin(rel).every(namesNobody));
}

const namesNobody = (rel: Rel): boolean => rel.kind !== 'scan' || rel.columns.every(({ unit }) => unit === null);
