import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CITY_CALENDAR, dueDate, isWorkingDay, shanghaiDay } from '../../../policies/index.ts';

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
    expect(isWorkingDay(day)).toBe(is);
  });

  it.each([
    ['2026-02-13', 1, '2026-02-14'],
    ['2026-02-14', 1, '2026-02-24'],
    ['2026-09-30', 3, '2026-10-10'],
    ['2026-11-27', 5, '2026-12-04'],
  ])('%s and %i more end on %s', (from, days, due) => {
    expect(dueDate(from, days)).toBe(due);
  });

  it('counts as many working days as there were to be, and ends on one', () => {
    const seed = 20_261_127;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: 60 }), (offset, days) => {
        const from = dayFrom('2025-01-01', offset);
        const due = dueDate(from, days);
        const between = Array.from({ length: 400 }, (_, i) => dayFrom(from, i + 1)).filter((day) => day <= due);
        expect(between.filter((day) => isWorkingDay(day))).toHaveLength(days);
        expect(isWorkingDay(due)).toBe(true);
      }),
      { seed, numRuns: 200 },
    );
  });

  it('knows no day that is both off and worked, and exchanges weekend days only', () => {
    for (const day of CITY_CALENDAR.daysWorked) {
      expect(CITY_CALENDAR.daysOff.has(day)).toBe(false);
      expect([0, 6]).toContain(new Date(`${day}T00:00:00Z`).getUTCDay());
    }
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
