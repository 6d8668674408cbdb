import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Grouping } from '../../../../policies/mechanisms/suppression/linked-groupings.ts';
import { type SecondarySuppression, suppressSecondary } from '../../../../policies/mechanisms/suppression/secondary.ts';
import { Attacker, hiddenCells, noneMore, type Target } from './attacker.ts';
import { atomsOf, type Family, groupingsOf, protectionOf, type Row, randomFamily } from './random-family.ts';

/**
 * Goal: no hidden cell can be worked out, or narrowed down, from margins and other groupings of the same answer.
 * Method: random uneven tables as CUBE, ROLLUP, hierarchies, margins of a table that is not shown and tables side by
 * side; a reader with exact elimination and linear programs, who knows which combinations exist, attacks every hidden
 * cell, and so does the only contributor of every other cell.
 * Invariants: nothing recovered; every range as wide as asked. Control: without complementary cells, both succeed.
 */
const SEED = 20261207;

/** `apart` tables have no table over all columns: readers must reckon with every combination. */
const readerOf = (family: Family, groupings: readonly Grouping[], more: SecondarySuppression['additional']) =>
  new Attacker(atomsOf(family, family.unpublished === null && !hasJoint(family)), groupings, more);
const hasJoint = ({ sets }: Family) =>
  sets.some((set) => sets.every((other) => other.every((key) => set.includes(key))));

function isNarrow({ statistic, threshold }: Family, { cell }: Target, [low, high]: readonly [number, number]): boolean {
  if (statistic === 'count') return high - low < threshold - 1e-6;
  const value = Number(cell.value.top);
  const level = Math.max(1, 0.1 * value);
  return high < value + level - 1e-6 || low > Math.max(0, value - level) + 1e-6;
}

it(`leaves no hidden cell to a reader (seed ${SEED})`, () => {
  const control = { recovered: 0, narrow: 0, hidden: 0 };
  fc.assert(
    fc.property(randomFamily, (family) => {
      const groupings = groupingsOf(family);
      const { additional } = suppressSecondary(groupings, protectionOf(family));
      const reader = readerOf(family, groupings, additional);
      const unprotected = readerOf(family, groupings, noneMore(groupings));
      for (const target of hiddenCells(groupings)) {
        const { grouping, cell } = target;
        control.hidden += 1;
        if (unprotected.computes(grouping, cell)) control.recovered += 1;
        if (isNarrow(family, target, unprotected.range(grouping, cell))) control.narrow += 1;
        expect(reader.computes(grouping, cell), 'recovered').toBe(false);
        expect(isNarrow(family, target, reader.range(grouping, cell)), 'narrow').toBe(false);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
  expect(control.recovered).toBeGreaterThan(100);
  expect(control.narrow).toBeGreaterThan(control.recovered);
});

it(`leaves no hidden cell to the only contributor of another (seed ${SEED})`, () => {
  let attacks = 0;
  fc.assert(
    fc.property(randomFamily, (family) => {
      const groupings = groupingsOf(family);
      const { additional } = suppressSecondary(groupings, protectionOf(family));
      const targets = hiddenCells(groupings);
      for (const person of family.rows.slice(0, 8)) {
        const { own = [], others = [] } = Object.groupBy(targets, (one) => (isOnlyOf(person, one) ? 'own' : 'others'));
        if (own.length === 0) continue;
        const owner = readerOf(family, groupings, additional);
        for (const { grouping, cell } of own) owner.learns(grouping, cell);
        for (const target of others) {
          attacks += 1;
          expect(owner.computes(target.grouping, target.cell), 'recovered by an owner').toBe(false);
          if (family.statistic === 'count') continue;
          const [low, high] = owner.range(target.grouping, target.cell);
          expect(high - low).toBeGreaterThan(0.1 * Number(target.cell.value.top) - 1e-6);
        }
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
  expect(attacks).toBeGreaterThan(100);
});

const isOnlyOf = ({ keys }: Row, { grouping, cell }: Target) =>
  cell.contributors === 1 && grouping.columns.every((column, at) => keys[column] === cell.keys[at]);

it(`keeps whole numbers apart, too (seed ${SEED})`, () => {
  const smallCounts = randomFamily.filter((family) => family.statistic === 'count' && family.sets.flat().includes('b'));
  fc.assert(
    fc.property(smallCounts, (drawn) => {
      const family = { ...drawn, rows: drawn.rows.slice(0, 12), threshold: Math.min(drawn.threshold, 3) };
      const groupings = groupingsOf(family);
      if (atomsOf(family, !hasJoint(family)).length > 7) return;
      const { additional } = suppressSecondary(groupings, protectionOf(family));
      const reader = readerOf(family, groupings, additional);
      for (const { grouping, cell } of hiddenCells(groupings)) {
        const [low, high] = reader.wholeRange(grouping, cell);
        expect(high - low).toBeGreaterThanOrEqual(family.threshold);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

it(`protects as well with few steps or none, and always in the same way (seed ${SEED})`, () => {
  const hidden = { few: 0, usual: 0 };
  fc.assert(
    fc.property(
      randomFamily,
      fc.constantFrom({ stepsMax: 0 }, { stepsMax: 20 }, { total: 50 }),
      (family, { total, ...effort }: { readonly stepsMax?: number; readonly total?: number }) => {
        const groupings = groupingsOf(family);
        const usual = suppressSecondary(groupings, protectionOf(family));
        expect(suppressSecondary(groupings, protectionOf(family))).toEqual(usual);
        const few = suppressSecondary(groupings, protectionOf(family), {
          ...effort,
          ...(total === undefined ? {} : { budget: { left: total } }),
        });
        hidden.usual += sizeOf(usual);
        hidden.few += sizeOf(few);
        const reader = readerOf(family, groupings, few.additional);
        for (const target of hiddenCells(groupings)) {
          expect(reader.computes(target.grouping, target.cell)).toBe(false);
          expect(isNarrow(family, target, reader.range(target.grouping, target.cell))).toBe(false);
        }
      },
    ),
    { seed: SEED, numRuns: 100 },
  );
  expect(hidden.few).toBeGreaterThan(hidden.usual);
});

const sizeOf = ({ additional }: SecondarySuppression) => additional.reduce((sum, { size }) => sum + size, 0);

it(`seldom hides totals, and never all where less is enough (seed ${SEED})`, () => {
  const seen = { runs: 0, forced: 0, everything: 0 };
  fc.assert(
    fc.property(randomFamily, (family) => {
      const { forced, everything } = suppressSecondary(groupingsOf(family), protectionOf(family));
      seen.runs += 1;
      if (forced > 0) seen.forced += 1;
      if (everything) seen.everything += 1;
    }),
    { seed: SEED, numRuns: 300 },
  );
  console.log(`secondary suppression, ${seen.runs} tables: totals in ${seen.forced}, everything in ${seen.everything}`);
  expect(seen.everything).toBe(0);
});
