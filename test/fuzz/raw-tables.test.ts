import { expect, test } from 'vitest';
import { dividedByNoZero, finiteStatistics } from './raw-tables.ts';

test.each([
  ['a / b', 'a / nullif(b, 0)'],
  ['(p.age / v.days) > 0', '(p.age / nullif(v.days, 0)) > 0'],
  ['a / (b + (c / d))', 'a / nullif((b + (c / nullif(d, 0))), 0)'],
  ['sum(a) / count(b) * 2', 'sum(a) / nullif(count(b), 0) * 2'],
  ['a / b / 7', 'a / nullif(b, 0) / nullif(7, 0)'],
  ["a // b, 'x / y'", "a // b, 'x / y'"],
])('%s', (sql, expected) => {
  expect(dividedByNoZero(sql)).toBe(expected);
});

test.each([
  ['regr_slope(n, 2) > 7', 'CASE WHEN isfinite(regr_slope(n, 2)) THEN regr_slope(n, 2) END > 7'],
  [
    "corr(a, abs(b)) FILTER (WHERE (a) > 1), 'corr(a)'",
    "CASE WHEN isfinite(corr(a, abs(b)) FILTER (WHERE (a) > 1)) THEN corr(a, abs(b)) FILTER (WHERE (a) > 1) END, 'corr(a)'",
  ],
  ['sum(a)', 'sum(a)'],
])('%s', (sql, expected) => {
  expect(finiteStatistics(sql)).toBe(expected);
});
