import { compare, exactOf, minus, plus } from '../../mechanisms/suppression/exact.ts';
import type { ColumnId, ColumnRef, Expr } from '../plan.ts';
import { conjunctsOf } from '../plan-walk.ts';
import type { SqlType } from '../sql-type.ts';
import { isNumeric } from '../type-rules.ts';
import { floorOf, hull, known, ONE, type Range, UNKNOWN } from './range-arithmetic.ts';

/**
 * What `WHERE x BETWEEN 0 AND 50` says of x in the rows that are left. WHY of conjuncts only: an OR keeps rows that meet none of its parts but one.
 */
export function restrictedRanges(predicate: Expr): readonly (readonly [ColumnId, Range])[] {
  return conjunctsOf(predicate).flatMap((condition) => {
    const found = comparison(condition);
    return found === null ? [] : [[found.column.id, found.range] as const];
  });
}

/** Both hold; the first alone where no value meets both, so that low ≤ high. */
export function intersection(a: Range, b: Range): Range {
  const low = known([a.low, b.low], 1);
  const high = known([a.high, b.high], -1);
  return low !== null && high !== null && compare(low, high) > 0 ? a : { low, high };
}

function comparison(condition: Expr): { readonly column: ColumnRef; readonly range: Range } | null {
  if (condition.kind !== 'call') return null;
  const [first, second, third] = condition.args;
  if (first === undefined || second === undefined) return null;
  const column = columnOf(first);
  if (condition.fn === 'between' && column !== null && third !== undefined)
    return told(column, { low: numberOf(second), high: numberOf(third) });
  if (condition.fn === 'in' && column !== null) {
    const listed = condition.args.slice(1).map(numberOf);
    return told(column, hull(listed.map((value) => ({ low: value, high: value }))));
  }
  if (column !== null) return told(column, beside(condition.fn, second, column));
  const other = columnOf(second);
  return other === null ? null : told(other, beside(MIRRORED[condition.fn] ?? '', first, other));
}

const told = (column: ColumnRef, range: Range) =>
  range.low === null && range.high === null ? null : { column, range: ofType(column, range) };

const MIRRORED: Readonly<Record<string, string>> = { eq: 'eq', lt: 'gt', gt: 'lt', lte: 'gte', gte: 'lte' };

/** `x < 7` of whole numbers is `x <= 6`. */
function beside(fn: string, limit: Expr, { type }: ColumnRef): Range {
  const value = numberOf(limit);
  const isStrict = value !== null && value.bottom === 1n && isWhole(type);
  switch (fn) {
    case 'eq':
      return { low: value, high: value };
    case 'lt':
      return { low: null, high: isStrict ? minus(value, ONE) : value };
    case 'lte':
      return { low: null, high: value };
    case 'gt':
      return { low: isStrict ? plus(value, ONE) : value, high: null };
    case 'gte':
      return { low: value, high: null };
    default:
      return UNKNOWN;
  }
}

/** Whole ends of whole numbers. */
function ofType({ type }: ColumnRef, { low, high }: Range): Range {
  if (!isWhole(type)) return { low, high };
  return {
    low: low === null ? null : { top: -floorOf(-low.top, low.bottom), bottom: 1n },
    high: high === null ? null : { top: floorOf(high.top, high.bottom), bottom: 1n },
  };
}
const isWhole = ({ kind }: SqlType): boolean => kind === 'integer' || kind === 'hugeint';

const numberOf = (expr: Expr) =>
  expr.kind === 'literal' && isNumeric(expr.type) && typeof expr.value === 'string' ? exactOf(expr.value) : null;

/** A number's column, also where it is compared as a type that rounds nothing off. */
function columnOf(expr: Expr): ColumnRef | null {
  if (expr.kind === 'column') return isNumeric(expr.type) ? expr : null;
  if (expr.kind !== 'cast' || expr.arg.kind !== 'column' || !isNumeric(expr.arg.type)) return null;
  const isWider = expr.type.kind === 'double' || (isNumeric(expr.type) && expr.arg.type.kind === 'integer');
  return isWider ? expr.arg : null;
}
