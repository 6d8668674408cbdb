import type { ColumnId, ColumnRef, Offset } from './plan.ts';
import type { SqlType } from './sql-type.ts';
import { type ResolveContext, refusalAt } from './syntax-node.ts';

/** A column that a FROM clause makes visible. */
export interface BoundColumn {
  readonly name: string;
  readonly id: ColumnId;
  readonly type: SqlType;
}

/** A table, CTE or subquery under its alias. */
export interface BoundRelation {
  readonly alias: string;
  readonly columns: readonly BoundColumn[];
}

/** USING and NATURAL: one unqualified name for the columns of both sides. */
export interface MergedColumn {
  readonly name: string;
  readonly column: BoundColumn;
  /** The columns that the merged name stands for: `*` shows them once. */
  readonly hides: ReadonlySet<ColumnId>;
}

export interface Scope {
  readonly relations: readonly BoundRelation[];
  readonly merged: readonly MergedColumn[];
  /** The query around a subquery. */
  readonly outer: Scope | null;
  /** True where the columns of `outer` are columns of this relation too (`outer-values.ts`): then nothing is correlated. */
  readonly joined: boolean;
  readonly correlation: Correlation;
}

/** References that reached `outer`, counted so that a clause can tell whether it is correlated. */
export interface Correlation {
  count: number;
  readonly used: Map<ColumnId, ColumnRef>;
}

export const noCorrelation = (): Correlation => ({ count: 0, used: new Map() });

export const EMPTY_SCOPE: Scope = {
  relations: [],
  merged: [],
  outer: null,
  joined: false,
  correlation: noCorrelation(),
};

/** Case does not matter, as in DuckDB. */
export const fold = (name: string): string => name.toLowerCase();

/** The column of a name of one or two parts; null where there is none. Throws SQL_COLUMN_AMBIGUOUS. */
export function lookup(ctx: ResolveContext, scope: Scope, parts: readonly string[], at: Offset): ColumnRef | null {
  const found =
    parts.length === 1 ? byName(ctx, scope, parts[0] ?? '', at) : byTable(scope, parts[0] ?? '', parts[1] ?? '');
  if (found !== null) return { kind: 'column', id: found.id, type: found.type, at };
  if (scope.outer === null) return null;
  const outer = lookup(ctx, scope.outer, parts, at);
  if (outer === null || scope.joined) return outer;
  scope.correlation.count += 1;
  scope.correlation.used.set(outer.id, outer);
  return outer;
}

function byName(ctx: ResolveContext, scope: Scope, name: string, at: Offset): BoundColumn | null {
  const wanted = fold(name);
  const merged = scope.merged.findLast((column) => fold(column.name) === wanted);
  const matches = scope.relations.flatMap((relation) => {
    const column = relation.columns.find((candidate) => fold(candidate.name) === wanted);
    return column === undefined || merged?.hides.has(column.id) ? [] : [{ relation, column }];
  });
  const total = matches.length + (merged === undefined ? 0 : 1);
  if (total > 1) {
    const candidates = matches.map(({ relation }) => `${relation.alias}.${name}`);
    throw refusalAt(ctx, at, 'SQL_COLUMN_AMBIGUOUS', { column: name, candidates });
  }
  return merged?.column ?? matches[0]?.column ?? null;
}

function byTable(scope: Scope, table: string, name: string): BoundColumn | null {
  const relation = scope.relations.find((candidate) => fold(candidate.alias) === fold(table));
  return relation?.columns.find((candidate) => fold(candidate.name) === fold(name)) ?? null;
}

/** Up to five visible names that resemble `name`. Visible means granted: nothing else is ever suggested. */
export function nearColumns(scope: Scope, name: string): readonly string[] {
  const names = new Set<string>();
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    for (const relation of at.relations) for (const column of relation.columns) names.add(column.name);
  }
  return nearest(name, [...names]);
}

export function nearest(name: string, names: readonly string[]): readonly string[] {
  const wanted = fold(name);
  return names
    .map((candidate) => ({ candidate, distance: distance(wanted, fold(candidate)) }))
    .filter((entry) => entry.distance <= Math.max(2, wanted.length / 2))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 5)
    .map((entry) => entry.candidate);
}

/** Levenshtein; names are cut at 63 characters, so that a long one costs nothing. */
function distance(a: string, b: string): number {
  const [x, y] = [a.slice(0, 63), b.slice(0, 63)];
  let row = Array.from({ length: y.length + 1 }, (_, index) => index);
  for (let i = 1; i <= x.length; i++) {
    const next = [i];
    for (let j = 1; j <= y.length; j++) {
      const change = (row[j - 1] ?? 0) + (x[i - 1] === y[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[y.length] ?? 0;
}
