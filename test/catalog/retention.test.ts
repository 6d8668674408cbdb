import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pastRule, type ResourceVersion, type RetentionRule } from '../../catalog/index.ts';

/**
 * Goal: which versions a rule ends. Invariants: never the current one, never one that is being written; what is left is within the rule; a
 * stricter rule, or a later hour, ends no fewer. Control: a rule of one version leaves the current one alone.
 */
const DAY_MS = 86_400_000;
const BEGIN = Date.UTC(2026, 0, 1);

function versions(days: readonly number[]): readonly ResourceVersion[] {
  return days.map((day, place) => ({
    resource: 'power',
    version: place + 1,
    state: place === days.length - 1 ? 'current' : 'superseded',
    rows: 1,
    bytes: 1,
    rowsPerUnitMax: {},
    contentSha256: '',
    report: null,
    createdAt: new Date(BEGIN + day * DAY_MS).toISOString(),
    rowKeyScheme: null,
  }));
}
const numbers = (kept: readonly ResourceVersion[]) => kept.map(({ version }) => version);
const at = (day: number) => new Date(BEGIN + day * DAY_MS);

describe('a rule of retention', () => {
  it('counts versions, the current one among them, and days from when a version was replaced', () => {
    const all = versions([0, 10, 20, 30]);
    expect(numbers(pastRule(all, { versionsMax: 1, daysMax: null }, at(30)))).toEqual([1, 2, 3]);
    expect(numbers(pastRule(all, { versionsMax: 3, daysMax: null }, at(999)))).toEqual([1]);
    expect(numbers(pastRule(all, { versionsMax: 9, daysMax: 15 }, at(30)))).toEqual([1]);
    expect(numbers(pastRule(all, { versionsMax: 9, daysMax: 15 }, at(34.9)))).toEqual([1]);
    expect(numbers(pastRule(all, { versionsMax: 9, daysMax: 15 }, at(35)))).toEqual([1, 2]);
    expect(numbers(pastRule(all, { versionsMax: 9, daysMax: 0 }, at(30)))).toEqual([1, 2, 3]);
  });

  it('ends more the stricter it is and the later it gets, and never the current version', () => {
    const rule = fc.record({ versionsMax: fc.integer({ min: 1, max: 9 }), daysMax: fc.option(fc.nat(40)) });
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 12 }), rule, fc.nat(120), fc.nat(30), (days, given, day, later) => {
        const all = versions([...days].sort((a, b) => a - b));
        const ended = (one: RetentionRule, when: number) => new Set(numbers(pastRule(all, one, at(when))));
        const now = ended(given, day);
        expect(now.has(all.length)).toBe(false);
        expect(all.length - now.size).toBeLessThanOrEqual(Math.max(given.versionsMax, all.length === 0 ? 0 : 1));
        for (const more of [
          ended(given, day + later),
          ended({ ...given, versionsMax: 1 }, day),
          ended({ ...given, daysMax: 0 }, day),
        ]) {
          expect([...now].filter((version) => !more.has(version))).toEqual([]);
        }
      }),
    );
  });
});
