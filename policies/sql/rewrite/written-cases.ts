import type { ColumnId, Expr, Join, Literal, NamedExpr, Rel, SetOperation } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { conjunctsOf } from '../plan-walk.ts';
import { mapExpr, sameExpr } from '../same-expression.ts';
import { BOOLEAN } from '../sql-type.ts';
import { and, call, literal, named } from './build.ts';

/**
 * A join with a written list, by conditions that no two of its rows meet, is a CASE: `JOIN (VALUES (0, 6, 'night'), (6, 12,
 * 'morning')) b(lo, hi, label) ON hour >= b.lo AND hour < b.hi` classes the hours, and is judged as that.
 */
export interface WrittenCases {
  /** The columns of the list: of the row whose condition holds, and NULL where none does. */
  readonly columns: readonly NamedExpr[];
  /** One per row of the list. */
  readonly conditions: readonly Expr[];
}

/** null for any other relation, and where some row of the other side could meet two. */
export function writtenCases({ on }: Pick<Join, 'on'>, list: Rel): WrittenCases | null {
  const rows = writtenRows(list);
  if (rows === null || on === null || rows.length === 0 || rows.length > ROWS_MAX) return null;
  const conjuncts = rows.map((row) => conjunctsOf(on).map((condition) => plainEquality(filledIn(condition, row))));
  const spans = conjuncts.map((conditions) => conditions.flatMap(spansOf));
  const apart = spans.every((span, at) => spans.slice(at + 1).every((other) => neverBoth(span, other)));
  if (!apart) return null;
  const conditions = conjuncts.map(and);
  const columns = columnsOf(list).map(({ id, name, type }) => {
    const whens = rows.map((row, at) => ({ when: conditions[at]!, then: row.get(id)! }));
    return named(id, name, { kind: 'case', whens, otherwise: literal(null, type), type, at: null });
  });
  return { columns, conditions };
}

/** Beside a value that is there, NULL is a key like no other either way. */
function plainEquality(condition: Expr): Expr {
  const isBeside = condition.kind === 'call' && condition.fn === 'not_distinct';
  const isThere = isBeside && condition.args.some((side) => side.kind === 'literal' && side.value !== null);
  return isThere ? { ...condition, fn: 'eq' } : condition;
}

/** Each row is a branch of the CASE of each column. */
const ROWS_MAX = 64;

export const anyOf = (conditions: readonly Expr[]): Expr =>
  conditions.length === 1 ? conditions[0]! : call('or', conditions, BOOLEAN);

type Row = ReadonlyMap<ColumnId, Expr>;

/** The rows of VALUES and of SELECTs without FROM, under the names that projections and UNION ALL give their columns. */
function writtenRows(rel: Rel): readonly Row[] | null {
  if (rel.kind === 'values') return rel.rows.map((row) => new Map(rel.columns.map(({ id }, at) => [id, row[at]!])));
  if (rel.kind === 'set-operation') return rel.op === 'union' && rel.all ? rowsOfBoth(rel) : null;
  if (rel.kind !== 'project') return null;
  const below = writtenRows(rel.input);
  return below?.map((row) => new Map(rel.columns.map(({ id, expr }) => [id, filledIn(expr, row)]))) ?? null;
}

function rowsOfBoth({ left, right, columns }: SetOperation): readonly Row[] | null {
  const [own, more] = [left, right].map((side) => {
    const from = columnsOf(side);
    return writtenRows(side)?.map((row) => new Map(columns.map(({ id }, at) => [id, row.get(from[at]!.id)!])));
  });
  return own === undefined || more === undefined ? null : [...own, ...more];
}

const filledIn = (expr: Expr, row: Row): Expr =>
  mapExpr(expr, (part) => (part.kind === 'column' ? (row.get(part.id) ?? null) : null));

// ── What no row meets twice ──────────────────────────────────────────────────────────────────────────────────────

/** A condition on one expression as the values that it lets through. `order`: numbers, or days as text. */
interface Span {
  readonly of: Expr;
  readonly from: End | null;
  readonly to: End | null;
}
interface End {
  readonly value: number | string;
  readonly included: boolean;
}

function spansOf(condition: Expr): readonly Span[] {
  if (condition.kind !== 'call') return [];
  const [of, low, high] = condition.args;
  if (condition.fn === 'between') return [span(of!, endOf(low!, true), endOf(high!, true))];
  const bounds = BOUNDS[condition.fn];
  if (bounds === undefined) return [];
  const isPoint = bounds.below && bounds.above;
  const [own, other] = [low!, of!].map((side) => endOf(side, bounds.included, isPoint)) as [End | null, End | null];
  if (own !== null) return [span(of!, bounds.below ? own : null, bounds.above ? own : null)];
  return other === null ? [] : [span(low!, bounds.above ? other : null, bounds.below ? other : null)];
}

const span = (of: Expr, from: End | null, to: End | null): Span => ({ of, from, to });

/** Whether `x op value` bounds x from below, from above, and with the value itself. */
const BOUNDS: Readonly<Record<string, { below: boolean; above: boolean; included: boolean }>> = {
  eq: { below: true, above: true, included: true },
  gt: { below: true, above: false, included: false },
  gte: { below: true, above: false, included: true },
  lt: { below: false, above: true, included: false },
  lte: { below: false, above: true, included: true },
};

/** WHY texts as single values only: the engine need not sort them as this does. */
function endOf(expr: Expr, included: boolean, isPoint = false): End | null {
  if (expr.kind === 'cast') return endOf(expr.arg, included);
  const value = expr.kind === 'literal' ? (isPoint && expr.type.kind === 'text' ? textOf(expr) : ordered(expr)) : null;
  return value === null ? null : { value, included };
}

const textOf = ({ value }: Literal): string | null => (typeof value === 'string' ? value : null);

/** INVARIANT: in the engine's order. Doubles tell numbers of 15 digits apart; days and times are written with all their digits. */
function ordered({ type, value }: Literal): number | string | null {
  if (typeof value !== 'string') return null;
  switch (type.kind) {
    case 'integer':
    case 'decimal':
      return value.replace(/\D/g, '').length <= 15 ? Number(value) : null;
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : null;
    default:
      return null;
  }
}

/** Whether some expression that both bound has no value that both let through. */
function neverBoth(spans: readonly Span[], others: readonly Span[]): boolean {
  return spans.some((one) =>
    others.some(
      (other) => sameExpr(one.of, other.of) && (isBefore(one.to, other.from) || isBefore(other.to, one.from)),
    ),
  );
}

function isBefore(end: End | null, start: End | null): boolean {
  if (end === null || start === null || typeof end.value !== typeof start.value) return false;
  return end.value < start.value || (end.value === start.value && !(end.included && start.included));
}
