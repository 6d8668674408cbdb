import { expect, it } from 'vitest';
import { suppressSecondary } from '../../../../policies/mechanisms/suppression/secondary.ts';
import { seededRandom } from '../../../attack/seeded-random.ts';
import { Attacker, hiddenCells, noneMore, type Target } from './attacker.ts';
import { atomsOf, type Family, groupingsOf, protectionOf, type Row, subsetsOf } from './random-family.ts';

/**
 * Goal: linked tables. All 2- and 3-way margins of one table of four columns leave at once; no hidden cell of any of them
 * may be narrower than its protection.
 * Method: generated people, uneven in every column and with a third column that depends on the first; linear programs
 * over all combinations that exist. Control: the same margins without complementary cells.
 */
const SEEDS = [1, 2, 3];
const COLUMNS = ['a', 'b', 'c', 'd'];
const SIZES = [3, 3, 4, 2];

it.each(SEEDS.flatMap((seed) => (['count', 'sum'] as const).map((statistic) => ({ seed, statistic }))))(
  'margins of $statistic, seed $seed: no cell narrower than its protection',
  ({ seed, statistic }) => {
    const family: Family = {
      rows: people(seed, 900),
      sets: subsetsOf(COLUMNS).filter(({ length }) => length === 2 || length === 3),
      unpublished: COLUMNS,
      threshold: 10,
      statistic,
      owners: false,
    };
    const groupings = groupingsOf(family);
    const { additional, forced, everything } = suppressSecondary(groupings, protectionOf(family));
    const reader = new Attacker(atomsOf(family, false), groupings, additional);
    const control = new Attacker(atomsOf(family, false), groupings, noneMore(groupings));
    const targets = hiddenCells(groupings);
    const narrow = (attacker: Attacker) => targets.filter((target) => isNarrow(attacker, target, statistic)).length;
    const cells = groupings.reduce((sum, grouping) => sum + (grouping.published ? grouping.cells.length : 0), 0);
    const more = additional.reduce((sum, { size }) => sum + size, 0);
    const without = narrow(control);
    console.log(
      `${statistic}, seed ${seed}: ${cells} cells, ${targets.length} hidden, ${more} more (${forced} by totals); ` +
        `narrow without complements: ${without}`,
    );
    expect(everything).toBe(false);
    expect(narrow(reader)).toBe(0);
    expect(without).toBeGreaterThan(targets.length / 20);
  },
);

function isNarrow(attacker: Attacker, { grouping, cell }: Target, statistic: 'count' | 'sum'): boolean {
  const [low, high] = attacker.range(grouping, cell);
  if (statistic === 'count') return high - low < 10 - 1e-6;
  const value = Number(cell.value.top);
  return low > 0.9 * value + 1e-6 || high < 1.1 * value - 1e-6;
}

function people(seed: number, count: number): readonly Row[] {
  const random = seededRandom(seed).next;
  const draw = (size: number) => Math.floor(size * random() ** 1.8);
  return Array.from({ length: count }, () => {
    const [a, b, c, d] = SIZES.map(draw);
    const keys = { a: a!, b: b!, c: random() < 0.5 ? a! : c!, d: d! };
    return { keys, amount: Math.floor(100 / (0.01 + random())) };
  });
}
