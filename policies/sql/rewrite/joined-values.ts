import type { Expr } from '../plan.ts';
import { isCalendarPart } from './calendar.ts';

/**
 * Several stored values written one after the other: `a || '-' || b`, `concat(a, b)`, and what `count(DISTINCT (a, b))` is made into. Each of them stands
 * in the text whole, so that nothing is collapsed but what reads alike: there are as many texts as combinations.
 */
export function isJoinedValues(expr: Expr): boolean {
  const parts = partsOf(expr);
  const marks = parts.filter(({ kind }) => kind === 'literal');
  if (marks.reduce((sum, mark) => sum + lengthOf(mark), 0) > MARKS_LENGTH_MAX) return false;
  return parts.length > 1 && parts.every((part) => marks.includes(part) || isWhole(part) || isLengthOf(part, parts));
}

const JOINS: ReadonlySet<string> = new Set(['concat_operator', 'concat', 'concat_ws']);
/** WHY short: texts are cut at 4,000 characters, and behind a long one nothing would be left of the value. */
const MARKS_LENGTH_MAX = 100;
const lengthOf = (mark: Expr): number => (mark.kind === 'literal' ? String(mark.value ?? '').length : 0);

/** The parts of a text, through joins in joins. */
function partsOf(expr: Expr): readonly Expr[] {
  if (expr.kind !== 'call') return [expr];
  if (JOINS.has(expr.fn)) return expr.args.flatMap(partsOf);
  const [value, otherwise] = expr.args;
  return expr.fn === 'coalesce' && expr.args.length === 2 && isFilled(value!, otherwise!) ? partsOf(value!) : [expr];
}

/**
 * `coalesce('3:abc', '-')`, as it is made of `(a, b)`. WHY nothing else: `coalesce(age, '37')` makes one value more or none, by whether somebody
 * is 37.
 */
function isFilled(value: Expr, otherwise: Expr): boolean {
  const [first] = partsOf(value);
  const isSized = first !== undefined && value !== first && isLengthOf(first, partsOf(value));
  return isSized && otherwise.kind === 'literal' && otherwise.value === '-';
}

/** A stored value, a date truncated or a part of one, as it is or as text. */
function isWhole(expr: Expr): boolean {
  const written = expr.kind === 'cast' && expr.type.kind === 'text' ? expr.arg : expr;
  return written.kind === 'column' || isCalendarPart(written, ({ kind }) => kind === 'column');
}

/** The length of a text that stands in full behind it. */
function isLengthOf(part: Expr, parts: readonly Expr[]): boolean {
  const made = part.kind === 'cast' && part.type.kind === 'text' ? part.arg : part;
  if (made.kind !== 'call' || made.fn !== 'length') return false;
  const text = textOf(made.args[0]!);
  return parts.some((other) => isWhole(other) && textOf(other) === text);
}

const textOf = (expr: Expr): string =>
  JSON.stringify(expr, (key, value: unknown) => (key === 'at' ? undefined : value));
