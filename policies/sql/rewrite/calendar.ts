import { DATE_PARTS } from '../functions/date-functions.ts';
import type { Expr } from '../plan.ts';
import type { SqlType } from '../sql-type.ts';

/** What a calendar makes of a date, wherever it begins: none of these parts dates where the asker likes. */
const PARTS: ReadonlySet<string> = new Set([
  ...DATE_PARTS,
  ...['date_part', 'date_trunc', 'last_day', 'dayname', 'monthname', 'strftime'],
]);

/** A part of a date that `isColumn` accepts, a part of such a part, or either as date, timestamp or text. */
export function isCalendarPart(expr: Expr, isColumn: (expr: Expr) => boolean): boolean {
  if (expr.kind === 'cast') return isDay(expr.arg.type) && isWritten(expr.type) && isOver(expr.arg, isColumn);
  if (expr.kind !== 'call' || !PARTS.has(expr.fn)) return false;
  return expr.args.every((arg) => arg.kind === 'literal' || isOver(arg, isColumn));
}

const isOver = (expr: Expr, isColumn: (expr: Expr) => boolean): boolean =>
  isColumn(expr) || isCalendarPart(expr, isColumn);
const isDay = ({ kind }: SqlType): boolean => kind === 'date' || kind === 'timestamp';
const isWritten = (type: SqlType): boolean => isDay(type) || type.kind === 'text';
