const DAY_MS = 24 * 60 * 60 * 1_000;

/** @param day ISO date. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The same day of another year; the last of February where that year has no 29th, so that a term is never longer than it says. */
export function addYears(day: string, years: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const sameDay = new Date(Date.UTC(year + years, month - 1, date));
  const isThere = sameDay.getUTCMonth() === month - 1;
  return (isThere ? sameDay : new Date(Date.UTC(year + years, month, 0))).toISOString().slice(0, 10);
}
