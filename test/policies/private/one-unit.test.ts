import { expect, test } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { type PrivacyNoise, privateTable } from '../../../policies/release/private-groups.ts';
import { decide } from '../../../policies/sql/decide.ts';
import type { PrivateBoundary } from '../../../policies/sql/rewrite/private-layout.ts';
import { rewrite } from '../../../policies/sql/rewrite.ts';
import { INTEGER } from '../../../policies/sql/sql-type.ts';
import type { Cell } from '../../../policies/table-data.ts';
import { agg, PEOPLE, PlanMaker, resolved } from '../rewrite/plan-fixture.ts';
import { NO_NOISE } from './private-city.ts';
import { seededNoise } from './seeded-noise.ts';

/**
 * Goal: who knows all rows but one person's cannot tell whether that person is there, better than ρ allows: Φ(√(2ρ)/2). Method: the best
 * attacker, who compares a released sum with both sums that there can be. Bar: the ceiling and three deviations. Seed: 7.
 */
const RUNS = 4_000;
const RHO = 0.5;

function boundaryOf(fn: 'count_star' | 'sum'): PrivateBoundary {
  const maker = new PlanMaker();
  const income = { ...PEOPLE.columns['income']!, bounds: { min: 0, max: 1_000 }, nullable: false };
  const one = { ...PEOPLE.columns['id']!, unitRowsMax: 1 };
  const scan = maker.scan({ ...PEOPLE, columns: { ...PEOPLE.columns, income, id: one } });
  const made = agg(fn, fn === 'sum' ? [scan.at['income']!] : []);
  // That a row exists is of the same level: a count needs no income to be private.
  const source = { ...scan.source, level: 'general-4' } as typeof scan.source;
  const query = resolved(maker.group({ ...scan, source }, [], [made]));
  const [boundary] = rewrite(query, decide(query, DEFAULT_PROFILE, { unitsMin: null }), DEFAULT_PROFILE, {
    rho: RHO,
  }).boundaries;
  if (boundary?.kind !== 'private') throw new Error('a private boundary');
  return boundary;
}

/** Share of right guesses over worlds with and without the target, whose row adds as much as a row can. */
function accuracy(fn: 'count_star' | 'sum', noise: PrivacyNoise): number {
  const boundary = boundaryOf(fn);
  const [term] = boundary.layout.terms;
  const [others, own] = [500n, BigInt(term!.sensitivity[0]!.cell)];
  let right = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const isThere = run % 2 === 0;
    const values: Cell[][] = [[isThere ? others + own : others]];
    const raw = { columns: [{ name: 'x0', type: INTEGER }], values, rowCount: 1 };
    const released = Number(privateTable(boundary, raw, noise).table.values[0]![0]);
    const guess = released > Number(others) + Number(own) / 2;
    if (guess === isThere) right += 1;
  }
  return right / RUNS;
}

/** Φ(√(2ρ)/2) at ρ = ½ is Φ(½). */
const CEILING = 0.691_462;
const DEVIATIONS = 3 * Math.sqrt(0.25 / RUNS);

test.each(['count_star', 'sum'] as const)('%s does not tell one person better than its charge says', (fn) => {
  const told = accuracy(fn, seededNoise());
  expect(told).toBeLessThanOrEqual(CEILING + DEVIATIONS);
  expect(told).toBeGreaterThan(0.6); // the attacker is no straw man: most of what ρ allows is there to be had
});

test('control: without noise it tells in every case', () => {
  expect(accuracy('count_star', NO_NOISE)).toBe(1);
  expect(accuracy('sum', NO_NOISE)).toBe(1);
});
