import { DATA_MONTHS } from '../public-lists.ts';

/** Days count from 1970-01-01. The synthetic city ends on the last day of its last month. */

const DAY_MS = 86_400_000;
export const LAST_DAY = dayOf('2026-10-31');
export const LAST_YEAR = 2026;
export const MONTHS = DATA_MONTHS.length;

export function dayOf(isoDate: string): number {
  return Date.parse(isoDate) / DAY_MS;
}

/** WHY cached: a date is written in most rows, and there are only some 40,000 of them. */
const isoDates = new Map<number, string>();

export function isoDate(day: number): string {
  let text = isoDates.get(day);
  if (text === undefined) {
    text = new Date(day * DAY_MS).toISOString().slice(0, 10);
    isoDates.set(day, text);
  }
  return text;
}

export function daysInYear(year: number): number {
  return dayOf(`${year + 1}-01-01`) - dayOf(`${year}-01-01`);
}

const MONTH_STARTS = DATA_MONTHS.map((month) => dayOf(`${month}-01`));

/** The day at quantile `u` of data month `month`. */
export function dayInMonth(month: number, u: number): number {
  const start = MONTH_STARTS[month]!;
  const end = MONTH_STARTS[month + 1] ?? LAST_DAY + 1;
  return start + Math.floor(u * (end - start));
}
