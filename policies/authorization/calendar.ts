/**
 * Working days of the city (Asia/Shanghai), for the plan's "规定时间" and "要求时限". Pure: a calendar is a list that the State Council
 * publishes each November, and comes in as data.
 */

/** Days off on weekdays, and weekend days that are worked in exchange (调休). ISO dates. */
export interface HolidayCalendar {
  readonly daysOff: ReadonlySet<string>;
  readonly daysWorked: ReadonlySet<string>;
}

/** The same of one year, as it is published: all of its dates lie in that year. */
export interface HolidayYear {
  readonly year: number;
  readonly daysOff: readonly string[];
  readonly daysWorked: readonly string[];
}

const DAY_MS = 86_400_000;

function daysFrom(first: string, count: number): readonly string[] {
  const startMs = Date.parse(`${first}T00:00:00Z`);
  return Array.from({ length: count }, (_, day) => new Date(startMs + day * DAY_MS).toISOString().slice(0, 10));
}

/** 国务院办公厅关于2025年、2026年部分节假日安排的通知 (国办发明电〔2024〕12号, 〔2025〕7号). Later years are the bureau's to set (time-limits.ts). */
const PUBLISHED_YEARS: readonly HolidayYear[] = [
  {
    year: 2025,
    daysOff: [
      ...daysFrom('2025-01-01', 1),
      ...daysFrom('2025-01-28', 8),
      ...daysFrom('2025-04-04', 3),
      ...daysFrom('2025-05-01', 5),
      ...daysFrom('2025-05-31', 3),
      ...daysFrom('2025-10-01', 8),
    ],
    daysWorked: ['2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11'],
  },
  {
    year: 2026,
    daysOff: [
      ...daysFrom('2026-01-01', 3),
      ...daysFrom('2026-02-15', 9),
      ...daysFrom('2026-04-04', 3),
      ...daysFrom('2026-05-01', 5),
      ...daysFrom('2026-06-19', 3),
      ...daysFrom('2026-09-25', 3),
      ...daysFrom('2026-10-01', 7),
    ],
    daysWorked: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
  },
];

/**
 * The calendar with what the bureau has set: a year that it set takes the place of the same year here.
 *
 * SAD PATH: of a year that is in neither only weekends count. Dates that are due then come earlier than the law asks for, never later.
 */
export function calendarWith(years: readonly HolidayYear[]): HolidayCalendar {
  const set = new Set(years.map(({ year }) => year));
  const all = [...PUBLISHED_YEARS.filter(({ year }) => !set.has(year)), ...years];
  return {
    daysOff: new Set(all.flatMap(({ daysOff }) => daysOff)),
    daysWorked: new Set(all.flatMap(({ daysWorked }) => daysWorked)),
  };
}

/** @param day ISO date. */
export function isWorkingDay(day: string, calendar: HolidayCalendar): boolean {
  if (calendar.daysOff.has(day)) return false;
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return calendar.daysWorked.has(day) || (weekday !== 0 && weekday !== 6);
}

/**
 * The last day on which something is in time that has `days` working days: the day it began on does not count (民法典 201).
 *
 * @param from ISO date.
 * @param days whole number, 1 to 1,000.
 */
export function dueDate(from: string, days: number, calendar: HolidayCalendar): string {
  let atMs = Date.parse(`${from}T00:00:00Z`);
  let day = from;
  for (let left = days; left > 0; ) {
    atMs += DAY_MS;
    day = new Date(atMs).toISOString().slice(0, 10);
    if (isWorkingDay(day, calendar)) left -= 1;
  }
  return day;
}

const SHANGHAI_OFFSET_MS = 8 * 60 * 60 * 1_000;

/** The day of an instant in Asia/Shanghai, which has had one offset since 1991. @param at ISO 8601 UTC. */
export function shanghaiDay(at: string): string {
  return new Date(Date.parse(at) + SHANGHAI_OFFSET_MS).toISOString().slice(0, 10);
}
