import { scalarNamed } from '../functions/registry.ts';
import type { ColumnId, Expr, Rel } from '../plan.ts';
import { mapExpr } from '../same-expression.ts';
import { decimal } from '../sql-type.ts';

/**
 * Decimal arithmetic in 64 bits where declared bounds prove that 18 digits hold the result: eight times as fast in
 * DuckDB as in 128 bits, and the same values. Only arguments of aggregates are narrowed, whose type does not show.
 */

/** log10 of the largest absolute value that a column can have, where its declared bounds or its making tell. */
export type ColumnBounds = ReadonlyMap<ColumnId, number>;

const NARROW_DIGITS = 18;

export function columnBounds(rel: Rel): ColumnBounds {
  const bounds = new Map<ColumnId, number>();
  collect(rel, bounds);
  return bounds;
}

function collect(rel: Rel, bounds: Map<ColumnId, number>): void {
  switch (rel.kind) {
    case 'scan':
      for (const column of rel.columns) {
        if (column.bounds !== null && column.type.kind !== 'token')
          bounds.set(column.id, log10(Math.max(Math.abs(column.bounds.min), Math.abs(column.bounds.max))));
      }
      return;
    case 'values':
      return;
    case 'join':
    case 'set-operation':
      collect(rel.left, bounds);
      collect(rel.right, bounds);
      return;
    case 'project':
      collect(rel.input, bounds);
      for (const { id, expr } of rel.columns) passBound(id, expr, bounds);
      return;
    case 'aggregate':
      collect(rel.input, bounds);
      for (const { id, expr } of rel.keys) passBound(id, expr, bounds);
      return;
    default:
      collect(rel.input, bounds);
  }
}

function passBound(id: ColumnId, expr: Expr, bounds: Map<ColumnId, number>): void {
  const known = expr.kind === 'column' ? bounds.get(expr.id) : undefined;
  if (known !== undefined) bounds.set(id, known);
}

const log10 = (value: number): number => (value <= 1 ? 0 : Math.log10(value));

/** The expression with its provably small decimal sums and products narrowed. */
export function narrowDecimals(expr: Expr, bounds: ColumnBounds): Expr {
  return mapExpr(expr, (part) => {
    const narrow = part.kind === 'call' ? NARROW[part.fn] : undefined;
    if (part.kind !== 'call' || narrow === undefined || part.type.kind !== 'decimal') return null;
    const { scale } = part.type;
    if (part.args.some((arg) => !fits(arg, bounds)) || wholeDigits(part, bounds) + scale >= NARROW_DIGITS) return null;
    const args = part.args.map((arg) => narrowSide(narrowDecimals(arg, bounds)));
    return { ...part, fn: scalarNamed(narrow).name, args, type: decimal(NARROW_DIGITS, scale) };
  });
}

const NARROW: Readonly<Record<string, string>> = {
  multiply: 'multiply_narrow',
  add: 'add_narrow',
  subtract: 'subtract_narrow',
};

function fits(expr: Expr, bounds: ColumnBounds): boolean {
  const scale = expr.type.kind === 'decimal' ? expr.type.scale : 0;
  return wholeDigits(expr, bounds) + scale < NARROW_DIGITS;
}

/** An integer that stands as a decimal: in as few digits as 64 bits hold. */
function narrowSide(expr: Expr): Expr {
  if (expr.kind !== 'cast' || expr.type.kind !== 'decimal' || expr.type.precision <= NARROW_DIGITS) return expr;
  return { ...expr, type: decimal(NARROW_DIGITS, expr.type.scale) };
}

/** An upper bound of log10 |value| of an exact number. */
function wholeDigits(expr: Expr, bounds: ColumnBounds): number {
  const [a, b] = expr.kind === 'call' ? expr.args : [];
  if (expr.kind === 'column') return bounds.get(expr.id) ?? typeDigits(expr);
  if (expr.kind === 'literal') return expr.value === null ? 0 : log10(Math.abs(Number(expr.value))) + 0.01;
  if (expr.kind === 'cast')
    return expr.arg.type.kind === 'integer' || expr.arg.type.kind === 'decimal'
      ? wholeDigits(expr.arg, bounds)
      : typeDigits(expr);
  if (expr.kind !== 'call' || a === undefined) return typeDigits(expr);
  if (expr.fn === 'negate' || expr.fn === 'abs') return wholeDigits(a, bounds);
  if (expr.fn === 'clamp') return Math.max(...expr.args.slice(1).map((end) => wholeDigits(end, bounds)));
  if (b === undefined) return typeDigits(expr);
  if (expr.fn === 'multiply') return wholeDigits(a, bounds) + wholeDigits(b, bounds);
  if (expr.fn === 'add' || expr.fn === 'subtract')
    return Math.max(wholeDigits(a, bounds), wholeDigits(b, bounds)) + 0.31;
  return typeDigits(expr);
}

function typeDigits(expr: Expr): number {
  if (expr.type.kind === 'integer') return 19;
  return expr.type.kind === 'decimal' ? expr.type.precision - expr.type.scale : 39;
}
