import type { UnitKind } from '../../table-schema.ts';
import type { ColumnId, Expr, Literal, Offset, Rel, Scan, ScanColumn, TableSource } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { conjunctsOf, relsWithin } from '../plan-walk.ts';
import { mapExpr } from '../same-expression.ts';
import { INTEGER, type SqlType } from '../sql-type.ts';
import type { Apart } from './apart.ts';
import { literal, ref } from './build.ts';
import { type Changes, NO_CHANGES, sumOfChanges } from './changes.ts';
import type { KnownConditions } from './conditions.ts';
import type { Bounding } from './private-layout.ts';

/**
 * A relation of protected rows, with what is known of whom each row is about. `units` are columns of `rel`: rewriting
 * carries them through every operator, whether the user asked for them or not.
 */
export interface Raw {
  readonly state: 'raw';
  readonly rel: Rel;
  readonly units: readonly UnitColumn[];
  /** Units that no column names any more: rows of another kind of unit were made of theirs (nested.ts). Mode `dp` only. */
  readonly spread: readonly SpreadUnit[];
  /** How shares of units were bounded below the query's own grouping; null where nothing was. */
  readonly bounded: Bounding | null;
  /** The content keys of the protected tables' rows: what a set of rows is known by. Carried like `units`. */
  readonly rowKeys: readonly RowKeyColumn[];
  /** What the encrypted columns of a table are opened by, carried like `units`: gone where rows become others. */
  readonly sealed: SealedRows | null;
  /** The protected tables below, and whether a unit is known for their rows. */
  readonly leaves: ReadonlyMap<number, Leaf>;
  /** Which table an identifier column comes from, by root id. */
  readonly tokenLeaf: ReadonlyMap<ColumnId, number>;
  /** Identifiers that some join made equal, by root id: whose the rows of one table are, the other's are too. */
  readonly links: readonly (readonly [ColumnId, ColumnId])[];
  /** Columns of public rows, by root id: whether one protected row may meet several of those rows. */
  readonly open: ReadonlyMap<ColumnId, 'once' | 'repeated'>;
  /** Columns of lists that the asker made, written or of public rows, by root id: their values say what the asker likes. */
  readonly written: ReadonlySet<ColumnId>;
  /** A column that repeats another one: id → the id that it repeats. */
  readonly alias: ReadonlyMap<ColumnId, ColumnId>;
  /** Computed columns, over the columns below: for looking through them, never for running them again. */
  readonly definitions: ReadonlyMap<ColumnId, Expr>;
  /** Conditions inside what made a column, as predicates over columns of `rel`. */
  readonly conditions: KnownConditions;
  /** Quasi-identifiers that are compared at declared values or cut points only, by root id. */
  readonly coarse: ReadonlyMap<ColumnId, Coarse>;
  /** What was made per unit, and of how many rows of it at most; null where nothing says. */
  readonly madeOf: ReadonlyMap<ColumnId, number | null>;
  /** Where rows stand for groups of several kinds of units (grouped-among.ts): what counts each group once, and what its values add up from. */
  readonly weights: readonly Weight[];
  readonly parts: ReadonlyMap<ColumnId, Part>;
  /** What weights and parts are called in every query, by root id. */
  readonly names: ReadonlyMap<ColumnId, string>;
  /** Columns of `rel` by whose making a unit has more rows or fewer. */
  readonly apart: readonly Apart[];
  /** Columns with a declared public list of values, by root id. */
  readonly listed: ReadonlyMap<ColumnId, readonly Literal[]>;
  /** Conditions that every row meets, over root ids. */
  readonly restrictions: readonly Expr[];
  /** A construct below that makes groups depend on single rows; refused as soon as something is released from it. */
  readonly blocked: { readonly construct: string; readonly accepted: string; readonly at: Offset } | null;
}
/** A column that is 1 in one row of each group and 0 in the others. `optional`: NULL where an outer join found no group, which counts once. */
export interface Weight {
  readonly id: ColumnId;
  readonly optional: boolean;
  /** The units by which rows were not grouped, by root id: each has a row of its own in the group. */
  readonly within: readonly ColumnId[];
}
/** What the rows of a group add to its value, by the value's root id. */
export interface Part {
  /** The group's weight. */
  readonly weight: ColumnId;
  readonly adds: Adds;
}
/** One each, one where a column has a value, or the column itself; `count`: a number of different values; `other`: nothing that adds up. */
export type Adds =
  | { readonly kind: 'rows' | 'count' | 'other' }
  | { readonly kind: 'present' | 'sum'; readonly id: ColumnId; readonly type: SqlType };
export interface UnitColumn {
  readonly id: ColumnId;
  readonly type: SqlType;
  readonly unit: UnitKind;
  readonly nullable: boolean;
  /** True where a row with data may have NULL here: it counts for nobody, and its magnitude is held against the cell. */
  readonly unowned: boolean;
  /** Most rows of `rel` that one unit has; null when unknown. */
  readonly rowsMax: number | null;
  /** The same, as far as declarations say: what may be refused by it tells nothing of the data. */
  readonly rowsDeclared: number | null;
  /** Rows of other units that change where this one goes. */
  readonly others: Changes;
}
/** A unit that has a part in rows of others. */
export interface SpreadUnit extends Pick<UnitColumn, 'type' | 'unit'> {
  /** null where nothing bounds it. */
  readonly changes: Changes | null;
}
/** A number per row that depends on its content alone, fixed over versions; above a per-unit aggregate, their sum. */
export interface RowKeyColumn {
  readonly id: ColumnId;
  readonly type: SqlType;
  readonly resource: string;
  readonly version: number;
  /** The weight of the groups that its rows are in; null where they are in none. */
  readonly weight: ColumnId | null;
}
/** Rows of a table with encrypted columns: their indices, and the words of squares, by stored name. */
export interface SealedRows {
  readonly resource: string;
  readonly version: string;
  readonly sealedRows: number;
  readonly columns: readonly { readonly id: ColumnId; readonly column: string }[];
  /** The table's own columns, by the ids of its scan. */
  readonly stored: ReadonlyMap<ColumnId, ScanColumn>;
}
/**
 * What a quasi-identifier may be compared with, where its provider says: its declared values, or the cut points between its
 * classes. WHY: `age >= 37 AND age < 38` asked of a column in five-year classes singles out whom the classes hide.
 */
export interface Coarse {
  readonly column: string;
  readonly values: readonly string[] | null;
  readonly bins: readonly (number | string)[] | null;
}
export interface Leaf {
  readonly table: string;
  readonly covered: boolean;
  /** Identifier columns through which a join could say whose the rows are. */
  readonly identifiers: readonly string[];
  /** Where FROM names it. */
  readonly at: Offset;
}

export function rootOf(alias: Raw['alias'], id: ColumnId): ColumnId {
  let root = id;
  for (let next = alias.get(root); next !== undefined; next = alias.get(root)) root = next;
  return root;
}

/** The first column of a relation that repeats each root. */
export function visibleColumns({ rel, alias }: Pick<Raw, 'rel' | 'alias'>): ReadonlyMap<ColumnId, ColumnId> {
  const visible = new Map<ColumnId, ColumnId>();
  for (const { id } of columnsOf(rel)) {
    const root = rootOf(alias, id);
    if (!visible.has(root)) visible.set(root, id);
  }
  return visible;
}

/** The stored identifiers that name the same unit as a column does, in every row: `resource.column`, sorted. */
export function namesOfUnit({ rel, alias }: Pick<Raw, 'rel' | 'alias'>, unit: ColumnId): readonly string[] {
  const names = relsWithin(rel).flatMap((part) => {
    if (part.kind !== 'scan' || part.source.kind !== 'table') return [];
    const { resource } = part.source;
    const same = part.columns.filter(({ id }) => rootOf(alias, id) === rootOf(alias, unit));
    return same.map(({ column }) => `${resource}.${column}`);
  });
  return [...new Set(names)].sort();
}

/**
 * A protected table as it is stored. `leaf` is any number that no other table of the query has. `known`: by what the rows of one unit are
 * bounded. WHY not what was measured in mode `dp`: the most rows that any one unit has is an extreme of the data.
 */
export function rawScan(scan: Scan, leaf: number, rowKey: ColumnId, known: 'measured' | 'declared'): Raw {
  const source = scan.source;
  const naming = scan.columns.filter(({ unit }) => unit !== null);
  const owned = naming.some(({ nullable }) => !nullable);
  const measured = (unit: UnitKind) =>
    source.kind === 'table' && naming.filter((column) => column.unit === unit).length === 1
      ? (source.rowsPerUnitMax[unit] ?? null)
      : null;
  const identifiers = scan.columns.filter(({ role }) => role === 'identifier');
  return {
    state: 'raw',
    rel: scan,
    units: naming.map(({ id, type, unit, nullable, unitRowsMax }) => {
      const rowsDeclared = unitRowsMax ?? null;
      const rowsMax = known === 'declared' ? rowsDeclared : measured(unit!);
      return { id, type, unit: unit!, nullable, unowned: !owned, rowsMax, rowsDeclared, others: NO_CHANGES };
    }),
    spread: [],
    bounded: null,
    rowKeys: source.kind === 'table' ? [rowKeyOf(rowKey, source)] : [],
    sealed: null,
    leaves: new Map([
      [
        leaf,
        {
          table: source.kind === 'table' ? source.table : '',
          covered: naming.length > 0,
          identifiers: source.kind === 'table' ? (source.identifiers ?? []) : [],
          at: source.kind === 'table' ? (source.at ?? null) : null,
        },
      ],
    ]),
    tokenLeaf: new Map(identifiers.map(({ id }) => [id, leaf])),
    links: [],
    open: new Map(),
    written: new Set(),
    alias: new Map(),
    definitions: new Map(),
    conditions: new Map(),
    coarse: new Map(
      scan.columns.flatMap((column) => {
        const coarse = coarseOf(column);
        return coarse === null ? [] : [[column.id, coarse] as const];
      }),
    ),
    madeOf: new Map(),
    weights: [],
    parts: new Map(),
    names: new Map(),
    apart: [],
    listed: new Map(scan.columns.flatMap((column) => publicList(column))),
    restrictions: [],
    blocked: null,
  };
}

const rowKeyOf = (id: ColumnId, { resource, version }: TableSource): RowKeyColumn => {
  return { id, type: INTEGER, resource, version, weight: null };
};

/** A relation that is public through and through, as one side of a join with protected rows. */
export function asRaw(rel: Rel): Raw {
  return {
    state: 'raw',
    rel,
    units: [],
    spread: [],
    bounded: null,
    rowKeys: [],
    sealed: null,
    leaves: new Map(),
    tokenLeaf: new Map(),
    links: [],
    open: new Map(),
    written: new Set(),
    alias: new Map(),
    definitions: new Map(),
    conditions: new Map(),
    coarse: new Map(),
    madeOf: new Map(),
    weights: [],
    parts: new Map(),
    names: new Map(),
    apart: [],
    listed: new Map(),
    restrictions: [],
    blocked: null,
  };
}

function coarseOf({ role, column, values, bins }: ScanColumn): Coarse | null {
  if (role !== 'quasi-identifier' || (values === null && bins === undefined)) return null;
  return { column, values, bins: bins ?? null };
}

function publicList({ id, type, values, level }: ScanColumn): readonly (readonly [ColumnId, readonly Literal[]])[] {
  if (type.kind === 'boolean') return [[id, [literal(false, type), literal(true, type)]]];
  if (values === null || level === 'core') return [];
  return [[id, values.map((value) => literal(value, type))]];
}

/** Keeps rows that meet a predicate: it narrows public lists, and equal identifiers name the same unit. */
export function restrict(raw: Raw, predicate: Expr): Raw {
  const conditions = conjunctsOf(predicate).map((condition) => overRoots(condition, raw));
  return mergeEqual({ ...raw, restrictions: [...raw.restrictions, ...conditions] }, equalColumns(predicate));
}

/** The same expression over stored columns, as far as computed ones can be looked through. */
export function overRoots(expr: Expr, raw: Pick<Raw, 'alias' | 'definitions'>): Expr {
  return mapExpr(expr, (part) => {
    if (part.kind !== 'column') return null;
    const root = rootOf(raw.alias, part.id);
    const made = raw.definitions.get(root);
    return made === undefined ? ref(root, part.type) : overRoots(made, raw);
  });
}

/** Pairs of columns that a predicate makes equal and not NULL. */
export function equalColumns(predicate: Expr | null): readonly (readonly [ColumnId, ColumnId])[] {
  if (predicate === null) return [];
  return conjunctsOf(predicate).flatMap((condition) => {
    if (condition.kind !== 'call' || condition.fn !== 'eq') return [];
    const [a, b] = condition.args;
    return a?.kind === 'column' && b?.kind === 'column' ? [[a.id, b.id] as const] : [];
  });
}

/**
 * Equal identifiers in one row: both sides are about the same unit, and a table without units of its own gets those of
 * the table it is joined to.
 */
function mergeEqual(raw: Raw, pairs: readonly (readonly [ColumnId, ColumnId])[]): Raw {
  const alias = new Map(raw.alias);
  const tokens = pairs
    .map(([a, b]) => [rootOf(raw.alias, a), rootOf(raw.alias, b)] as const)
    .filter(([a, b]) => a !== b && raw.tokenLeaf.has(a) && raw.tokenLeaf.has(b));
  const linked = withLinks(raw, tokens);
  for (const [a, b] of tokens) if (rootOf(alias, a) !== rootOf(alias, b)) alias.set(rootOf(alias, b), rootOf(alias, a));
  const met = new Set(tokens.flat().map((id) => rootOf(alias, id)));
  const units: UnitColumn[] = [];
  for (const unit of raw.units) {
    const root = rootOf(alias, unit.id);
    const same = units.find((kept) => kept.unit === unit.unit && rootOf(alias, kept.id) === root);
    if (same !== undefined) {
      const others = sumOfChanges([same.others, unit.others]);
      units[units.indexOf(same)] = { ...same, others };
      continue;
    }
    units.push(met.has(root) ? { ...unit, nullable: false, unowned: false } : unit);
  }
  return { ...raw, ...linked, alias, units };
}

/** The tables that equal identifiers tie to some of them, and those themselves. */
export function leavesTiedTo(from: Iterable<number>, { tokenLeaf, links }: Pick<Raw, 'tokenLeaf' | 'links'>) {
  const reached = new Set(from);
  for (let before = -1; before < reached.size; ) {
    before = reached.size;
    for (const pair of links) {
      const sides = pair.map((id) => tokenLeaf.get(id)!);
      if (sides.some((leaf) => reached.has(leaf))) for (const leaf of sides) reached.add(leaf);
    }
  }
  return reached;
}

/** Spreads "a unit is known" along equal identifiers until nothing changes: those of earlier joins, and these. */
export function withLinks(
  { leaves, tokenLeaf, links: known }: Pick<Raw, 'leaves' | 'tokenLeaf' | 'links'>,
  tokens: Raw['links'],
): Pick<Raw, 'leaves' | 'links'> {
  const links = [...known, ...tokens];
  const covered = new Map(leaves);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [a, b] of links) {
      const sides = [tokenLeaf.get(a)!, tokenLeaf.get(b)!];
      const open = sides.filter((leaf) => !covered.get(leaf)!.covered);
      if (open.length !== 1) continue;
      covered.set(open[0]!, { ...covered.get(open[0]!)!, covered: true });
      changed = true;
    }
  }
  return { leaves: covered, links };
}
