import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarWith, dueDate, findCalendarFault, isWorkingDay, shanghaiDay } from '../../../policies/index.ts';

const PUBLISHED = calendarWith([]);
const dayFrom = (first: string, days: number) =>
  new Date(Date.parse(`${first}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

describe('working days', () => {
  it.each([
    ['2026-02-13', true],
    ['2026-02-14', true],
    ['2026-02-16', false],
    ['2026-02-23', false],
    ['2026-02-24', true],
    ['2026-02-28', true],
    ['2026-10-08', true],
    ['2026-10-10', true],
    ['2026-10-11', false],
    ['2025-09-28', true],
    ['2031-10-01', true],
  ])('%s: %s', (day, is) => {
    expect(isWorkingDay(day, PUBLISHED)).toBe(is);
  });

  it.each([
    ['2026-02-13', 1, '2026-02-14'],
    ['2026-02-14', 1, '2026-02-24'],
    ['2026-09-30', 3, '2026-10-10'],
    ['2026-11-27', 5, '2026-12-04'],
  ])('%s and %i more end on %s', (from, days, due) => {
    expect(dueDate(from, days, PUBLISHED)).toBe(due);
  });

  it('counts as many working days as there were to be, and ends on one', () => {
    const seed = 20_261_127;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: 60 }), (offset, days) => {
        const from = dayFrom('2025-01-01', offset);
        const due = dueDate(from, days, PUBLISHED);
        const between = Array.from({ length: 400 }, (_, i) => dayFrom(from, i + 1)).filter((day) => day <= due);
        expect(between.filter((day) => isWorkingDay(day, PUBLISHED))).toHaveLength(days);
        expect(isWorkingDay(due, PUBLISHED)).toBe(true);
      }),
      { seed, numRuns: 200 },
    );
  });

  it('knows no day that is both off and worked, and exchanges weekend days only', () => {
    for (const day of PUBLISHED.daysWorked) {
      expect(PUBLISHED.daysOff.has(day)).toBe(false);
      expect([0, 6]).toContain(new Date(`${day}T00:00:00Z`).getUTCDay());
    }
  });
});

describe('a year that is set', () => {
  const year = { year: 2027, daysOff: ['2027-02-08', '2027-02-09'], daysWorked: ['2027-02-06'] };

  it('counts as it was set; without it only weekends do, so that what is due comes earlier', () => {
    const set = calendarWith([year]);
    expect(['2027-02-06', '2027-02-08', '2027-02-10'].map((day) => isWorkingDay(day, set))).toEqual([
      true,
      false,
      true,
    ]);
    expect(dueDate('2027-02-06', 2, set)).toBe('2027-02-11');
    expect(dueDate('2027-02-06', 2, PUBLISHED)).toBe('2027-02-09');
  });

  it('takes the place of the same year that was published, and of no other', () => {
    const set = calendarWith([{ year: 2026, daysOff: [], daysWorked: [] }]);
    expect(isWorkingDay('2026-10-01', set)).toBe(true);
    expect(isWorkingDay('2025-10-01', set)).toBe(false);
  });

  it.each([
    [{ ...year, daysOff: ['2026-12-31'] }, 'holidays[0].daysOff[0]'],
    [{ ...year, daysOff: ['2027-02-08', '2027-02-08'] }, 'holidays[0].daysOff[1]'],
    [{ ...year, daysWorked: ['2027-02-08'] }, 'holidays[0].daysWorked[0]'],
    [{ ...year, daysWorked: ['2027-02-10'] }, 'holidays[0].daysWorked[0]'],
  ])('is refused where a day is not of it, stands twice, is both, or is worked anyway: %o', (faulty, path) => {
    expect(findCalendarFault([faulty])?.path).toBe(path);
    expect(findCalendarFault([year])).toBeNull();
  });

  it('stands once', () => {
    expect(findCalendarFault([year, year])?.path).toBe('holidays[1].year');
  });
});

describe('the day in Shanghai', () => {
  it.each([
    ['2026-03-01T15:59:59.999Z', '2026-03-01'],
    ['2026-03-01T16:00:00.000Z', '2026-03-02'],
  ])('of %s is %s', (at, day) => {
    expect(shanghaiDay(at)).toBe(day);
  });
});
