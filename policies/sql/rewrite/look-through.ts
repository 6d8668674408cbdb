import { hash } from 'node:crypto';
import type { ColumnId, Expr, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, relsWithin } from '../plan-walk.ts';
import { mapExpr } from '../same-expression.ts';
import { ref } from './build.ts';
import { canonicalText } from './canonical.ts';
import { expressionText } from './expression-text.ts';
import { overRoots, type Raw, rootOf, visibleColumns } from './raw.ts';
import { roleSuffixes } from './table-roles.ts';

/** Reads a computed column as what it was computed from, as far as that is still visible in the relation. */
export interface LookThrough {
  /** The expression over visible columns, computed columns replaced by their making. */
  readonly expand: (expr: Expr) => Expr;
  /** Text that is equal for equal expressions, in every query: columns by table and name, commutative sides sorted. */
  readonly text: (expr: Expr) => string;
  /** The functional of a number of rows: rows that are groups of rows are counted under another name than these. */
  readonly rows: string;
  /** Whether a column, cast or not, is declared to have a value in every row and no join can leave it out. */
  readonly isFilled: (expr: Expr) => boolean;
  /** Whether declared bounds prove that it is never negative. */
  readonly isNonNegative: (expr: Expr) => boolean;
  /** The largest absolute value that declared bounds allow, as decimal text; null where they say nothing. */
  readonly largest: (expr: Expr) => string | null;
}

export function lookThrough(raw: Raw): LookThrough {
  const visible = visibleColumns(raw);
  const roles = roleSuffixes(raw);
  const origins = originsOf(raw.rel, roles);
  const expand = (expr: Expr): Expr =>
    mapExpr(expr, (part) => {
      if (part.kind !== 'column') return null;
      const made = overRoots(part, raw);
      if (!columnsIn(made).every((id) => visible.has(id))) return part;
      return mapExpr(made, (inner) => (inner.kind === 'column' ? ref(visible.get(inner.id)!, inner.type) : null));
    });
  const identifiers = namesOfIdentifiers(raw, roles);
  const storedName = (root: ColumnId): string =>
    raw.names.get(root) ?? identifiers.get(root) ?? origins.get(root) ?? `#${root}`;
  const names = namesByRole([...visible.keys()], storedName);
  const nameOf = (id: ColumnId): string => {
    const root = rootOf(raw.alias, id);
    return names.get(root) ?? storedName(root);
  };
  const weights = raw.weights.map(({ id }) => rootOf(raw.alias, id));
  const sizes = new Map([...largestValues(raw.rel), ...weights.map((id) => [id, 1] as const)]);
  const largest = (expr: Expr): string | null => {
    const size = sizeOf(expr, (id) => sizes.get(rootOf(raw.alias, id)) ?? null);
    return size === null || size > 1e15 ? null : String(Math.ceil(size));
  };
  const filled = filledColumns(raw.rel);
  const isFilled = (expr: Expr): boolean =>
    expr.kind === 'cast' ? isFilled(expr.arg) : expr.kind === 'column' && filled.has(rootOf(raw.alias, expr.id));
  const nonNegative = new Set([...nonNegativeColumns(raw.rel), ...weights]);
  const isNonNegative = (expr: Expr): boolean => {
    switch (expr.kind) {
      case 'column':
        return nonNegative.has(rootOf(raw.alias, expr.id));
      case 'literal':
        return typeof expr.value === 'string' && Number(expr.value) >= 0;
      case 'cast':
        return isNonNegative(expr.arg);
      case 'call':
        return SQUARES.has(expr.fn) || (PRODUCTS.has(expr.fn) && expr.args.every(isNonNegative));
      case 'case':
        return false;
    }
  };
  const text = (expr: Expr) => expressionText(expr, nameOf);
  return { expand, text, rows: rowsText(raw.rel, text), isFilled, isNonNegative, largest };
}

/** INVARIANT: no two columns of a row have one name, or the sum of one would be given for that of the other. */
function namesByRole(
  roots: readonly ColumnId[],
  storedName: (root: ColumnId) => string,
): ReadonlyMap<ColumnId, string> {
  const roles = new Map<string, number>();
  return new Map(
    roots.map((root) => {
      const name = storedName(root);
      const role = roles.get(name) ?? 0;
      roles.set(name, role + 1);
      return [root, role === 0 ? name : `${name}~${role}`] as const;
    }),
  );
}

/**
 * Equal identifiers have one name, by root id. WHY: `a.id = b.id` and `b.id = a.id` count the same persons; under two names each would draw numbers of
 * its own for sets that lie near each other. Where a relation has several persons to a row, each goes by the first of its stored names.
 */
function namesOfIdentifiers({ rel, alias }: Raw, roles: ReadonlyMap<Rel, string>): ReadonlyMap<ColumnId, string> {
  const stored = relsWithin(rel).flatMap((part) => {
    if (part.kind !== 'scan' || part.source.kind !== 'table') return [];
    const { resource } = part.source;
    return part.columns.flatMap(({ id, column, type }) =>
      type.kind === 'token'
        ? [{ root: rootOf(alias, id), name: `${resource}.${column}${roles.get(part) ?? ''}`, domain: type.domain }]
        : [],
    );
  });
  const isOnly = (of: (typeof stored)[number]) =>
    stored.every(({ root, domain }) => domain !== of.domain || root === of.root);
  const names = stored.map((one) => [one.root, isOnly(one) ? `*.${one.domain}` : one.name] as const);
  return new Map(names.sort(([, a], [, b]) => (a > b ? -1 : 1)));
}

function filledColumns(rel: Rel): ReadonlySet<ColumnId> {
  const all = relsWithin(rel);
  const mayLeaveOut = all.some(
    (part) => part.kind === 'set-operation' || (part.kind === 'join' && OUTER.has(part.join)),
  );
  if (mayLeaveOut) return new Set();
  return new Set(
    all.flatMap((part) =>
      part.kind === 'scan' ? part.columns.filter(({ nullable }) => !nullable).map(({ id }) => id) : [],
    ),
  );
}

function largestValues(rel: Rel): ReadonlyMap<ColumnId, number> {
  const columns = relsWithin(rel).flatMap((part) => (part.kind === 'scan' ? part.columns : []));
  return new Map(
    columns.flatMap(({ id, bounds }) =>
      bounds === null ? [] : [[id, Math.max(Math.abs(bounds.min), Math.abs(bounds.max))] as const],
    ),
  );
}

function sizeOf(expr: Expr, ofColumn: (id: ColumnId) => number | null): number | null {
  if (expr.kind === 'column') return ofColumn(expr.id);
  if (expr.kind === 'cast') return sizeOf(expr.arg, ofColumn);
  if (expr.kind !== 'call' || expr.fn !== 'multiply') return null;
  const sizes = expr.args.map((arg) => sizeOf(arg, ofColumn));
  return sizes.reduce((product, size) => (product === null || size === null ? null : product * size), 1);
}

const SQUARES: ReadonlySet<string> = new Set(['sqrt', 'exp']);
const PRODUCTS: ReadonlySet<string> = new Set(['multiply', 'add', 'divide', 'coalesce']);
const COUNTS: ReadonlySet<string> = new Set(['count_star', 'count', 'count_if', 'approx_count_distinct']);

/** Columns with declared bounds from zero upwards, and counts. */
function nonNegativeColumns(rel: Rel): ReadonlySet<ColumnId> {
  const found = new Set<ColumnId>();
  for (const part of [...relsWithin(rel)].reverse()) {
    if (part.kind === 'scan') {
      for (const { id, bounds } of part.columns) if (bounds !== null && bounds.min >= 0) found.add(id);
    } else if (part.kind === 'aggregate') {
      for (const { id, call } of part.measures) {
        const [arg] = call.args;
        const adds = call.fn === 'sum' && arg?.kind === 'column' && found.has(arg.id);
        if (adds || COUNTS.has(call.fn)) found.add(id);
      }
    }
  }
  return found;
}

const OUTER: ReadonlySet<string> = new Set(['left', 'right', 'full']);

/** Where columns come from: `resource.column`, or for what an aggregate below made a digest of that aggregate. */
function originsOf(rel: Rel, roles: ReadonlyMap<Rel, string>): ReadonlyMap<ColumnId, string> {
  const origins = new Map<ColumnId, string>();
  for (const part of [...relsWithin(rel)].reverse()) {
    if (part.kind === 'scan' && part.source.kind === 'table') {
      for (const { id, column } of part.columns) {
        origins.set(id, `${part.source.resource}.${column}${roles.get(part) ?? ''}`);
      }
    } else if (part.kind === 'aggregate' || part.kind === 'window' || part.kind === 'set-operation') {
      const digest = hash('sha256', canonicalText(part), 'base64url').slice(0, 16);
      for (const [position, { id }] of columnsOf(part).entries()) {
        if (!origins.has(id)) origins.set(id, addedUp(part, id, origins) ?? `${digest}.${position}`);
      }
    }
  }
  return origins;
}

/** Sums of sums are sums: a sum or a count per unit goes by the name of what was added up. */
function addedUp(part: Rel, id: ColumnId, origins: ReadonlyMap<ColumnId, string>): string | null {
  const call = part.kind === 'aggregate' ? part.measures.find((measure) => measure.id === id)?.call : undefined;
  if (call === undefined || call.filter !== null || call.distinct) return null;
  if (call.fn === 'count_star') return ROWS_TEXT;
  const [arg] = call.args;
  return call.fn === 'sum' && arg?.kind === 'column' ? (origins.get(arg.id) ?? null) : null;
}

/** The functional of a number of stored rows. */
export const ROWS_TEXT = '1';

/** WHY by what they were grouped by: the sum of rows per person is a number of rows, and beside it that of persons is not. */
function rowsText(rel: Rel, text: (expr: Expr) => string): string {
  const grouped = relsWithin(rel).flatMap((part) => (part.kind === 'aggregate' ? [part.keys] : []));
  const by = grouped.map((keys) =>
    keys
      .map(({ expr }) => text(expr))
      .sort()
      .join(),
  );
  return by.length === 0 ? ROWS_TEXT : `${ROWS_TEXT}/${by.sort().join('/')}`;
}
