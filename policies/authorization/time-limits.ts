/**
 * How many working days the city gives for what the plan calls "规定时间" and "要求时限" (domain.md): the bureau sets them, and the
 * holidays of years that are not published yet. Pure.
 */

import type { HolidayYear } from './calendar.ts';

/** Working days, after the day on which the time begins. */
export interface TimeLimits {
  /** For a provider to answer a demand (T4). */
  readonly answerDays: number;
  /** For the filing of an agreement that both have signed (备案). */
  readonly filingDays: number;
  /** For providers to supply the tables of an approved plan. */
  readonly supplyDays: number;
  /** For a peer's list of a day to be here (对账). */
  readonly listDays: number;
}

/** Until the bureau sets others. */
export const USUAL_LIMITS: TimeLimits = Object.freeze({ answerDays: 10, filingDays: 10, supplyDays: 5, listDays: 1 });

/** Longest of a limit: a working year. */
export const LIMIT_DAYS_MAX = 250;
export const YEARS_MAX = 20;

/** What is wrong with the holidays of some years, as a path and words; null where nothing is. */
export function findCalendarFault(
  years: readonly HolidayYear[],
): { readonly path: string; readonly problem: string } | null {
  const seen = new Set<number>();
  for (const [place, { year, daysOff, daysWorked }] of years.entries()) {
    if (seen.has(year)) return { path: `holidays[${place}].year`, problem: 'a year twice' };
    seen.add(year);
    for (const [name, days] of [['daysOff', daysOff] as const, ['daysWorked', daysWorked] as const]) {
      const at = (index: number) => `holidays[${place}].${name}[${index}]`;
      const stray = days.findIndex((day) => !day.startsWith(`${year}-`));
      if (stray >= 0) return { path: at(stray), problem: `not a day of ${year}` };
      const again = days.findIndex((day, index) => days.indexOf(day) !== index);
      if (again >= 0) return { path: at(again), problem: 'a day twice' };
    }
    const both = daysWorked.findIndex((day) => daysOff.includes(day));
    if (both >= 0) return { path: `holidays[${place}].daysWorked[${both}]`, problem: 'a day that is off as well' };
    const weekday = daysWorked.findIndex((day) => !isWeekend(day));
    if (weekday >= 0)
      return {
        path: `holidays[${place}].daysWorked[${weekday}]`,
        problem: 'no Saturday or Sunday: it is worked anyway',
      };
  }
  return null;
}

const isWeekend = (day: string): boolean => [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());
