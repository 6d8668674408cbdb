import { twinName } from '../../stored-twins.ts';
import type { ColumnId, Join, Project, Rel, Scan, ScanColumn } from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import { BOOLEAN, INTEGER } from '../sql-type.ts';
import { call, type IdSource, literal, ref } from './build.ts';
import { equalSides, meetsOnce } from './join-rules.ts';
import type { Raw } from './raw.ts';

/**
 * The same relation over the first rows of each unit only, as each table stores them in a random order: a filter where the table is read
 * (sandbox/ingest/unit-rank.ts). Every unit column then has a known most rows; null where that is not so.
 *
 * INVARIANT: as `declared`, over tables of which every unit has at most `rowsMax` rows. Which rows of a unit a table keeps is decided by rows of that
 * unit alone. A row that names units of two columns is kept by its place in one of them: a unit of the other that goes lets as many rows in
 * as it had, so that it counts twice.
 * WHY never in what a row only has to match (IN, EXISTS), nor below the query's own grouping: there nothing of it is added up.
 */
export function rankedRows(raw: Raw, rowsMax: number, ids: IdSource): Raw | null {
  const counted = countedRows(raw.rel, { rowsMax, ids });
  if (counted === null) return null;
  const units = raw.units.map((unit) => ({ ...unit, rowsMax: counted.rows.get(unit.id) ?? null }));
  return units.some((unit) => unit.rowsMax === null) ? null : { ...raw, rel: counted.rel, units };
}

interface Counted {
  readonly rel: Rel;
  /** Per column that names a unit: most rows of one. */
  readonly rows: ReadonlyMap<ColumnId, number>;
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
      return isPublic(rel) ? { rel, rows: new Map() } : null;
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
  if (twin === null) return { rel: scan, rows: declared };
  const first = call('lt', [ref(twin.id, INTEGER), literal(String(rowsMax), INTEGER)], BOOLEAN);
  const rel: Rel = {
    kind: 'filter',
    input: { ...scan, columns: [...scan.columns, twin] },
    predicate: first,
  };
  const others = [...declared].map(([id, rows]) => [id, 2 * rows] as const);
  return { rel, rows: new Map([...others, [unit!.id, rowsMax]]) };
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
  return { rel: { ...project, input: below.rel }, rows: new Map(rows) };
}

/** Each row of one side meets so many of the other as a unit has there, where they meet by the column that names it. */
function ofJoin(join: Join, asked: Asked): Counted | null {
  const left = countedRows(join.left, asked);
  if (left === null || join.join === 'full' || join.join === 'right') return null;
  if (join.join === 'semi' || join.join === 'anti') return { ...left, rel: { ...join, left: left.rel } };
  const right = countedRows(join.right, asked);
  if (right === null) return null;
  const pairs = equalSides(join);
  const met = (side: Counted, own: Rel, position: 0 | 1): number | null => {
    const known = pairs.flatMap((pair) => {
      const column = pair[position];
      const most = column.kind === 'column' ? side.rows.get(column.id) : undefined;
      return most === undefined ? [] : [most];
    });
    return meetsOnce(join, own) ? 1 : known.length === 0 ? null : Math.min(...known);
  };
  const rows = [...times(left.rows, met(right, join.right, 1)), ...times(right.rows, met(left, join.left, 0))];
  return { rel: { ...join, left: left.rel, right: right.rel }, rows: new Map(rows) };
}

const times = (rows: Counted['rows'], factor: number | null): readonly (readonly [ColumnId, number])[] =>
  factor === null ? [] : [...rows].map(([id, most]) => [id, most * factor] as const);

/** Of public tables and of what the asker wrote. */
function isPublic(rel: Rel): boolean {
  return rel.kind === 'values' || (rel.kind === 'aggregate' && relsWithin(rel).every(namesNobody));
}

const namesNobody = (rel: Rel): boolean => rel.kind !== 'scan' || rel.columns.every(({ unit }) => unit === null);
