import { AppError, type SourcePlace } from '../../errors.ts';
import { fromFixedPoint } from '../../mechanisms/cell-key/fixed-point.ts';
import { type Exact, minus, ZERO } from '../../mechanisms/suppression/exact.ts';
import type { Expr, Literal } from '../plan.ts';
import { decimal, INTEGER, type SqlType } from '../sql-type.ts';
import { call, cast, literal } from './build.ts';
import { floorOf, type Range } from './range-arithmetic.ts';

/** A whole number per row, between bounds that hold whatever the row has: `amount` is clamped to them. */
export interface BoundedAmount {
  /** Over columns of the rows; NULL where the row adds nothing. null: every row adds one. */
  readonly amount: Expr | null;
  /** In units of 10^−scale. */
  readonly scale: number;
  readonly low: bigint;
  readonly high: bigint;
}
export type BoundedValue = BoundedAmount & { readonly amount: Expr };

/** What the rows of a boundary tell about expressions over them. */
export interface RowFacts {
  readonly rangeOf: (expr: Expr) => Range;
  /** The same, where what was made of a unit's rows is taken to be made of no more than its share. */
  readonly shareOf: (expr: Expr) => Range;
  /** Position of the unit column that an expression is; null for every other. */
  readonly unitOf: (expr: Expr) => number | null;
  readonly isFilled: (expr: Expr) => boolean;
  /** Every value but NULL that an expression can have, as declarations and the query say; empty where it may be anything. */
  readonly listOf: (expr: Expr) => readonly Literal[];
  /** The column that has no declared bounds, for messages. */
  readonly unbounded: (expr: Expr) => string | null;
}

/** How a query gives a value bounds of its own. */
const CLAMPED = 'least(greatest(x, low), high)';

/** What a summand may have: digits after the point, and the largest size in units of the last of them. */
export interface Limits {
  readonly scaleMax: number;
  readonly sizeMax: bigint;
}
/** INVARIANT: |summand| < 2^52, some hundred of a unit's rows < 10^18, and a table has fewer than 2^64 rows: sums stay in 128 bits. */
export const LINEAR: Limits = { scaleMax: 9, sizeMax: 1n << 52n };
/** Twice the digits and the square of the size are still those of a summand. */
export const FACTOR: Limits = { scaleMax: 4, sizeMax: 1n << 26n };

/** Digits after the point of what has none declared. */
const DOUBLE_DIGITS = 6;

/**
 * The expression as a whole number of some unit 10^−scale, clamped to its bounds. NaN, infinity and what is out of range of its
 * type are NULL before the clamp (the cast), and NULL adds nothing.
 */
export function fixedPoint(
  given: Expr,
  limits: Limits,
  facts: RowFacts,
  fn: string,
  place: SourcePlace | null,
): BoundedValue {
  const expr = withoutDouble(given);
  const { low, high } = facts.shareOf(expr);
  if (low === null || high === null) throw unbounded(expr, facts, fn, place);
  const natural = digitsOf(expr.type);
  let scale = Math.min(natural, limits.scaleMax);
  while (scale > 0 && !fits(low, high, scale, limits)) scale -= 1;
  if (!fits(low, high, scale, limits)) {
    const accepted = CLAMPED;
    throw new AppError(
      'POLICY_CONSTRUCT_REFUSED',
      { construct: `bounds this wide in ${fn}()`, mode: 'dp', accepted },
      place,
    );
  }
  const exact = asFixed(expr, scale, natural);
  const ends = { low: scaledDown(low, scale), high: -scaledDown(minus(ZERO, high), scale) };
  return { amount: clamped(exact, ends.low, ends.high, scale), scale, ...ends };
}

/** A whole number or decimal needs no double to be averaged. */
function withoutDouble(expr: Expr): Expr {
  const isExact = expr.kind === 'cast' && (expr.arg.type.kind === 'integer' || expr.arg.type.kind === 'decimal');
  return isExact && expr.type.kind === 'double' ? expr.arg : expr;
}

function digitsOf(type: SqlType): number {
  if (type.kind === 'decimal') return type.scale;
  return type.kind === 'double' ? DOUBLE_DIGITS : 0;
}

function fits(low: Exact, high: Exact, scale: number, { sizeMax }: Limits): boolean {
  const unit = 10n ** BigInt(scale);
  return [low, high].every(({ top, bottom }) => (top < 0n ? -top : top) * unit < sizeMax * bottom);
}

const scaledDown = ({ top, bottom }: Exact, scale: number): bigint => floorOf(top * 10n ** BigInt(scale), bottom);

/** Integers stay integers; everything else becomes a decimal of 18 digits, held as 64 bits. */
function asFixed(expr: Expr, scale: number, natural: number): Expr {
  const { type } = expr;
  if (type.kind === 'integer') return expr;
  if (type.kind === 'hugeint' || scale === 0) return cast(expr, INTEGER);
  const isNarrow = type.kind === 'decimal' && type.precision <= DECIMAL_DIGITS && natural === scale;
  return isNarrow ? expr : cast(expr, decimal(DECIMAL_DIGITS, scale));
}

export const DECIMAL_DIGITS = 18;

function clamped(expr: Expr, low: bigint, high: bigint, scale: number): Expr {
  return call('clamp', [expr, boundOf(low, scale, expr.type), boundOf(high, scale, expr.type)], expr.type);
}

/** A bound as a literal of a type. */
export function boundOf(units: bigint, scale: number, type: SqlType): Expr {
  return literal(fromFixedPoint(units, scale), type);
}

function unbounded(expr: Expr, facts: RowFacts, fn: string, place: SourcePlace | null): AppError {
  const column = facts.unbounded(expr);
  const construct =
    column === null ? `an expression without bounds in ${fn}()` : `\`${column}\` without declared bounds in ${fn}()`;
  const accepted = column === null ? CLAMPED : `bounds declared for \`${column}\`, or least(greatest(x, low), high)`;
  return new AppError('POLICY_CONSTRUCT_REFUSED', { construct, mode: 'dp', accepted }, place);
}
