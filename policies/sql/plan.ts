import type { CipherScheme } from '../encrypted-columns.ts';
import type { Level } from '../levels.ts';
import type { StoredPrints } from '../stored-prints.ts';
import type { ColumnRole, UnitKind } from '../table-schema.ts';
import type { SqlType } from './sql-type.ts';

/**
 * The project's own typed relational plan. Everything after `parse` works on it and SQL is emitted from it alone.
 * Plain frozen JSON: no methods, no cycles. A column is known by its `ColumnId`, unique within one query, so that
 * information flow can be followed without names.
 */

declare const columnId: unique symbol;
export type ColumnId = number & { readonly [columnId]: true };

/** Offset in the user's text (UTF-16 code units), or null for what the compiler made itself. */
export type Offset = number | null;
/** Where a relation stands, for messages: it changes nothing that a plan computes. */
export type Place = Offset | undefined;

// ── Relations ────────────────────────────────────────────────────────────────────────────────────────────────────

export type Rel = Scan | Values | Filter | Project | Join | Aggregate | Window | SetOperation | Sort | Limit;

/** A column that a relation gives out. */
export interface OutputColumn {
  readonly id: ColumnId;
  readonly name: string;
  readonly type: SqlType;
}

/** A catalogue table in one version, or (above the release boundary) a released relation. */
export interface Scan {
  readonly kind: 'scan';
  readonly source: TableSource | ReleasedSource | OpenSource | GivenSource;
  readonly columns: readonly ScanColumn[];
}
export interface TableSource {
  readonly kind: 'table';
  readonly resource: string;
  readonly version: number;
  readonly table: string;
  readonly level: Level;
  /** Most rows that any one unit has, per unit kind; null when unknown. Public metadata for cheap proofs. */
  readonly rowsPerUnitMax: Readonly<Partial<Record<UnitKind, number>>>;
  /** Names of the twins that the version stores beside its columns (stored-twins.ts). Default none. */
  readonly twins?: readonly string[];
  /** What prints it stores (stored-prints.ts). Default none. */
  readonly prints?: StoredPrints;
  /** Of prints the table that is read, in the place of the rows. */
  readonly print?: string;
  /** Where some columns are encrypted: which encryption it is, and how many rows it has. */
  readonly sealed?: SealedVersion;
  /** How many rows the version has: of public tables only. */
  readonly rows?: number;
  /** The granted identifier columns, read or not: through which a join could say whose the rows are. */
  readonly identifiers?: readonly string[];
  readonly at?: Place;
}
/** One encryption of a table: row indices go from 0 to `sealedRows` − 1, a fact of the data that is not told. */
export interface SealedVersion {
  readonly version: string;
  readonly sealedRows: number;
}
export interface ReleasedSource {
  readonly kind: 'released';
  /** Which boundary's protected cells: index into `PrivatePlan.boundaries`. */
  readonly boundary: number;
}
/** The keys of the groups that the first pass left undecided: handed to the engine beside the exact statement. */
export interface OpenSource {
  readonly kind: 'open';
}
/** What an earlier release of the same query gave, beside protected rows that it decides about (rewrite/given.ts). */
export interface GivenSource {
  readonly kind: 'given';
  /** Index into `PrivatePlan.givens`. */
  readonly given: number;
  /** The plan that it is the answer of: by it its rows are known. */
  readonly made: Rel;
}
export interface ScanColumn extends OutputColumn {
  /** Name in the stored table. */
  readonly column: string;
  readonly level: Level;
  readonly role: ColumnRole;
  readonly unit: UnitKind | null;
  readonly bounds: { readonly min: number; readonly max: number } | null;
  readonly values: readonly string[] | null;
  /** Cut points at which a quasi-identifier may be compared. */
  readonly bins?: readonly (number | string)[];
  readonly nullable: boolean;
  readonly health: boolean;
  /** Declared of a unit column: most rows that one unit has. */
  readonly unitRowsMax?: number;
  /** No two rows have one value here. Of public tables only. */
  readonly unique?: true;
  /** Only ciphertext of it is stored. */
  readonly sealed?: SealedColumn;
}

/** What is encrypted: value · 10^scale, a whole number between `min` and `max` (text); of its square too, where `squares`. */
export interface SealedColumn {
  readonly scheme: CipherScheme;
  /** The stored columns with the ciphertext of its squares; none where they are not kept. */
  readonly squareColumns: readonly string[];
  readonly scale: number;
  readonly min: string;
  readonly max: string;
  readonly squares: boolean;
}

/** Rows that the caller wrote. They never count towards a threshold. `values[row][column]` are literals. */
export interface Values {
  readonly kind: 'values';
  readonly columns: readonly OutputColumn[];
  readonly rows: readonly (readonly Expr[])[];
}
export interface Filter {
  readonly kind: 'filter';
  readonly input: Rel;
  readonly predicate: Expr;
}
/** Gives out exactly `columns` (nothing of the input passes through unless named). */
export interface Project {
  readonly kind: 'project';
  readonly input: Rel;
  readonly columns: readonly NamedExpr[];
}
export interface NamedExpr {
  readonly id: ColumnId;
  readonly name: string;
  readonly expr: Expr;
}
/** Gives out left's columns then right's (semi and anti: left's only). `on` null only for cross. */
export interface Join {
  readonly kind: 'join';
  readonly join: 'inner' | 'left' | 'right' | 'full' | 'cross' | 'semi' | 'anti';
  readonly left: Rel;
  readonly right: Rel;
  readonly on: Expr | null;
  readonly at?: Place;
}
/** Gives out keys then measures. No keys and no sets: one row over everything. `sets`: indexes into keys. */
export interface Aggregate {
  readonly kind: 'aggregate';
  readonly input: Rel;
  readonly keys: readonly NamedExpr[];
  readonly sets: readonly (readonly number[])[] | null;
  readonly measures: readonly NamedAggregate[];
  readonly at?: Place;
}
export interface NamedAggregate {
  readonly id: ColumnId;
  readonly name: string;
  readonly call: AggregateCall;
}
export interface AggregateCall {
  readonly fn: string; // an entry of sql/functions/aggregates.ts
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly filter: Expr | null;
  /** Rows are taken in the order of the arguments: how they are stored decides nothing, not even of the last digit. */
  readonly inOrder?: true;
  readonly type: SqlType;
  readonly at: Offset;
}
/** Gives out the input's columns, then these. */
export interface Window {
  readonly kind: 'window';
  readonly input: Rel;
  readonly columns: readonly NamedWindow[];
}
export interface NamedWindow {
  readonly id: ColumnId;
  readonly name: string;
  readonly call: {
    readonly fn: string; // an entry of sql/functions/windows.ts or aggregates.ts
    readonly args: readonly Expr[];
    readonly partitionBy: readonly Expr[];
    readonly orderBy: readonly SortKey[];
    readonly frame: WindowFrame | null;
    /** Rows whose value is NULL are passed over (`first_value`, `lag` …). */
    readonly ignoreNulls?: true;
    /** As of an aggregate: within a frame, rows are taken in the order of the arguments. */
    readonly inOrder?: true;
    /** Of an aggregate over a whole partition: each value once. */
    readonly distinct?: true;
    readonly type: SqlType;
    readonly at: Offset;
  };
}
export interface WindowFrame {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude?: 'current-row' | 'group' | 'ties';
}
export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'current-row' | 'unbounded-following' }
  /** A count of rows or groups; in a range a distance in the type of the order key (dates: an interval). */
  | { readonly kind: 'preceding' | 'following'; readonly offset: number | Literal };
/** Matches columns by position; gives out `columns` under fresh ids. */
export interface SetOperation {
  readonly kind: 'set-operation';
  readonly op: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: Rel;
  readonly right: Rel;
  readonly columns: readonly OutputColumn[];
  readonly at?: Place;
}
export interface Sort {
  readonly kind: 'sort';
  readonly input: Rel;
  readonly keys: readonly SortKey[];
}
export interface SortKey {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}
export interface Limit {
  readonly kind: 'limit';
  readonly input: Rel;
  /** null: no limit, only an offset. */
  readonly count: number | null;
  readonly offset: number;
  readonly at?: Place;
}

// ── Expressions ──────────────────────────────────────────────────────────────────────────────────────────────────

export type Expr = ColumnRef | Literal | Call | Case | Cast;

export interface ColumnRef {
  readonly kind: 'column';
  readonly id: ColumnId;
  readonly type: SqlType;
  readonly at: Offset;
}
/** Integers and decimals as exact decimal text, dates and timestamps as ISO text, intervals as `{months,days,micros}`. */
export interface Literal {
  readonly kind: 'literal';
  readonly type: SqlType;
  readonly value: string | boolean | null | { readonly months: number; readonly days: number; readonly micros: string };
  readonly at: Offset;
  /** A count over a group that is not there, as the compiler writes it: not known where the group may have been left out (rewrite/absent-groups.ts). */
  readonly ofNothing?: true;
}
/** Operators are functions too: `add`, `eq`, `and`, `is_null`, `in` (value, ...list). */
export interface Call {
  readonly kind: 'call';
  readonly fn: string; // an entry of sql/functions/
  readonly args: readonly Expr[];
  readonly type: SqlType;
  readonly at: Offset;
}
export interface Case {
  readonly kind: 'case';
  readonly whens: readonly { readonly when: Expr; readonly then: Expr }[];
  readonly otherwise: Expr;
  readonly type: SqlType;
  readonly at: Offset;
}
/** Always a TRY_CAST: a value that does not convert is NULL. */
export interface Cast {
  readonly kind: 'cast';
  readonly arg: Expr;
  readonly type: SqlType;
  readonly at: Offset;
}

/** The columns that a relation gives out, in order. */
export function columnsOf(rel: Rel): readonly OutputColumn[] {
  switch (rel.kind) {
    case 'scan':
    case 'values':
    case 'set-operation':
      return rel.columns;
    case 'filter':
    case 'sort':
    case 'limit':
      return columnsOf(rel.input);
    case 'project':
      return rel.columns.map(({ id, name, expr }) => ({ id, name, type: expr.type }));
    case 'join':
      return rel.join === 'semi' || rel.join === 'anti'
        ? columnsOf(rel.left)
        : [...columnsOf(rel.left), ...columnsOf(rel.right)];
    case 'aggregate':
      return [
        ...rel.keys.map(({ id, name, expr }) => ({ id, name, type: expr.type })),
        ...rel.measures.map(({ id, name, call }) => ({ id, name, type: call.type })),
      ];
    case 'window':
      return [...columnsOf(rel.input), ...rel.columns.map(({ id, name, call }) => ({ id, name, type: call.type }))];
  }
}
