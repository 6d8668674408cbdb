import type { Call, ColumnId, Expr, Literal } from '../plan.ts';
import { sameExpr } from '../same-expression.ts';
import { literal } from './build.ts';
import { overRoots, type Raw } from './raw.ts';

/**
 * The values that the query's own conditions leave a group key: those of `x = 'a'` and `x IN ('a', 'b')`, and the days, weeks, months … between the
 * ends that `day BETWEEN a AND b` or `year(day) = 2025` give. No row that is left has another, and none has NULL.
 * WHY public: the asker wrote them. A value that no row has shows noise, like one of a declared list.
 */
export function askedList(key: Expr, raw: Raw, most: number): readonly Literal[] {
  const made = overRoots(key, raw);
  const named = raw.restrictions.flatMap((condition) => {
    const values = valuesNamed(condition, made);
    return values === null ? [] : [values];
  });
  const [shortest] = named.toSorted((a, b) => a.length - b.length);
  return shortest ?? periodsBetween(made, raw, most);
}

/** Each once (a literal's text is the only one of its value), without NULL, which equals nothing. */
function valuesNamed(condition: Expr, made: Expr): readonly Literal[] | null {
  if (condition.kind !== 'call' || (condition.fn !== 'eq' && condition.fn !== 'in')) return null;
  const [of, ...others] = condition.fn === 'eq' ? mirrored(condition) : condition.args;
  if (of === undefined || !sameExpr(of, made) || !others.every((one) => one?.kind === 'literal')) return null;
  const there = others.filter(({ value }) => value !== null);
  return [...new Map(there.map((one) => [JSON.stringify(one.value), literal(one.value, made.type)])).values()];
}

/** The literal behind what it is compared with. */
const mirrored = ({ args: [a, b] }: Call): readonly (Expr | undefined)[] => (a?.kind === 'literal' ? [b, a] : [a, b]);

// ── Days ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Days since 1970-01-01, both ends in it. */
interface Days {
  readonly first: number;
  readonly last: number;
}
const DAY_MS = 86_400_000;
const EVER: Days = { first: Number.NEGATIVE_INFINITY, last: Number.POSITIVE_INFINITY };

/** A date, or the start of the period that it lies in. */
function periodsBetween(made: Expr, raw: Raw, most: number): readonly Literal[] {
  const { of, start } = periodOf(made);
  const column = dayColumn(of);
  if (column === null || start === undefined) return [];
  const { first, last } = raw.restrictions
    .map((condition) => daysLeft(condition, column))
    .reduce((a, b) => ({ first: Math.max(a.first, b.first), last: Math.min(a.last, b.last) }), EVER);
  if (first < EARLIEST || !Number.isFinite(last) || last - first > most * DAYS_OF_YEAR) return [];
  const starts = new Set<number>();
  for (let day = first; day <= last && starts.size <= most; day += 1) starts.add(start(day));
  if (starts.size > most) return [];
  return [...starts].map((day) => literal(dayText(day, made), made.type));
}

const DAYS_OF_YEAR = 366;
/** Of four digits. */
const EARLIEST = dayNumber('1000-01-01');
const dayText = (day: number, { type }: Expr): string =>
  `${new Date(day * DAY_MS).toISOString().slice(0, 10)}${type.kind === 'timestamp' ? ' 00:00:00' : ''}`;

/** The first day of the period that a day lies in. */
const STARTS: Readonly<Record<string, (day: number) => number>> = {
  day: (day) => day,
  // Day 0 was a Thursday, weeks begin on Mondays.
  week: (day) => day - ((((day + 3) % 7) + 7) % 7),
  month: (day) => monthStart(day, 1),
  quarter: (day) => monthStart(day, 3),
  year: (day) => monthStart(day, 12),
};

function monthStart(day: number, months: number): number {
  const date = new Date(day * DAY_MS);
  const month = date.getUTCMonth();
  return Date.UTC(date.getUTCFullYear(), month - (month % months), 1) / DAY_MS;
}

/** What a key is a period of; no `start` where it is no such key. */
function periodOf(made: Expr): { readonly of: Expr; readonly start: ((day: number) => number) | undefined } {
  if (made.kind === 'call' && made.fn === 'date_trunc') {
    const [unit, of] = made.args as readonly [Expr, Expr];
    return { of, start: unit.kind === 'literal' ? STARTS[String(unit.value)] : undefined };
  }
  return { of: made, start: made.type.kind === 'date' ? STARTS['day'] : undefined };
}

/** The column of days or moments whose day an expression is. */
function dayColumn(expr: Expr): ColumnId | null {
  if (expr.kind === 'column') return isDay(expr) ? expr.id : null;
  return expr.kind === 'cast' && isDay(expr) && isDay(expr.arg) ? dayColumn(expr.arg) : null;
}
const isDay = ({ type }: Expr): boolean => type.kind === 'date' || type.kind === 'timestamp';

/** The days that a condition leaves a column of days. */
function daysLeft(condition: Expr, column: ColumnId): Days {
  if (condition.kind !== 'call') return EVER;
  const [a, b, c] = condition.args;
  if (a === undefined || b === undefined) return EVER;
  if (condition.fn === 'between' && c !== undefined) {
    const [from, to] = [daysOf('gte', a, b, column), daysOf('lte', a, c, column)];
    return { first: from.first, last: to.last };
  }
  return a.kind === 'literal' ? daysOf(MIRRORED[condition.fn] ?? '', b, a, column) : daysOf(condition.fn, a, b, column);
}

const MIRRORED: Readonly<Record<string, string>> = { eq: 'eq', lt: 'gt', gt: 'lt', lte: 'gte', gte: 'lte' };

function daysOf(fn: string, of: Expr, limit: Expr, column: ColumnId): Days {
  const span = spanOf(of, limit, column);
  if (span === null) return EVER;
  const { first, last, isMidnight } = span;
  switch (fn) {
    case 'eq':
      return { first, last };
    case 'gte':
    case 'gt':
      return { first, last: EVER.last };
    case 'lte':
      return { first: EVER.first, last };
    case 'lt':
      return { first: EVER.first, last: isMidnight ? first - 1 : last };
    default:
      return EVER;
  }
}

/** The days that a limit stands for: one, or a year. `isMidnight`: what is less lies on an earlier day. */
function spanOf(of: Expr, limit: Expr, column: ColumnId): (Days & { readonly isMidnight: boolean }) | null {
  if (limit.kind !== 'literal' || typeof limit.value !== 'string') return null;
  if (of.kind === 'call' && of.fn === 'year' && of.args[0] !== undefined && dayColumn(of.args[0]) === column) {
    const year = Number(limit.value);
    if (!Number.isInteger(year) || year < 1 || year > 9_999) return null;
    const [first, next] = [year, year + 1].map((one) => dayNumber(`${String(one).padStart(4, '0')}-01-01`));
    return { first: first!, last: next! - 1, isMidnight: true };
  }
  if (dayColumn(of) !== column || !isDay(limit)) return null;
  const day = dayNumber(limit.value.slice(0, 10));
  return { first: day, last: day, isMidnight: /^(|[ T]00:00:00(\.0+)?)$/u.test(limit.value.slice(10)) };
}

function dayNumber(iso: string): number {
  return Date.parse(`${iso}T00:00:00Z`) / DAY_MS;
}
