import { describe, expect, it } from 'vitest';
import { rowsDiffering, unitsDiffering } from '../../../policies/release/guard/difference.ts';
import {
  identityOf,
  minus,
  PRINT_SLOTS,
  primitive,
  readClassText,
  rowsOf,
  SLOT_MAX,
  setPrint,
  tablePrint,
  unionOfDisjoint,
} from '../../../policies/release/guard/set-print.ts';
import { printOf, randomOf, tableOf, unitsApart, without } from './exact-sets.ts';

const SEED = 20_261_127;
const PEOPLE = tableOf(SEED, 3000, 2, 20);
const only = (rows: typeof PEOPLE) => printOf(rows)[0]!;

describe('prints are linear', () => {
  it('union of disjoint sets, difference and complement are sums and differences', () => {
    const [a, b] = [PEOPLE.slice(0, 700), PEOPLE.slice(700, 1500)];
    expect(unionOfDisjoint([printOf(a), printOf(b)])).toEqual(printOf([...b, ...a]));
    expect(minus(only(PEOPLE), only(a))).toEqual(only(without(PEOPLE, a)));
    expect(minus(only(a), only(PEOPLE))).toBeNull();
    expect(rowsOf(only(a))).toBe(700);
  });

  it('of a set repeated is a multiple, of which the set itself is found', () => {
    for (const times of [2, 3, 12])
      expect(primitive(printOf(PEOPLE, { times: () => times })[0]!)).toEqual(only(PEOPLE));
    expect(primitive(only(PEOPLE.slice(0, 1)))).toEqual(only(PEOPLE.slice(0, 1)));
  });

  it('are refused where a number is no longer exact', () => {
    const zeros = () => new Array<number>(PRINT_SLOTS).fill(0);
    expect(tablePrint('t', 1, zeros().with(3, SLOT_MAX), zeros())).not.toBeNull();
    expect(tablePrint('t', 1, zeros().with(3, 2 * SLOT_MAX), zeros())).toBeNull();
    expect(tablePrint('t', 1, zeros(), zeros().with(3, -1))).toBeNull();
    const large = tablePrint('t', 1, zeros().with(3, SLOT_MAX), zeros());
    expect(setPrint([large, large])).toBeNull();
    expect(unionOfDisjoint([[large!], [large!]])).toBeNull();
  });

  it('have one name for one set, whatever the order of its rows or tables', () => {
    const [a, b] = [printOf(PEOPLE), printOf(PEOPLE.slice(9), { lineage: 'firms' })];
    expect(identityOf(printOf(PEOPLE.toReversed()))).toBe(identityOf(a));
    expect(identityOf(setPrint([...b, ...a])!)).toBe(identityOf(setPrint([...a, ...b])!));
    expect(new Set(PEOPLE.slice(0, 500).map((row) => identityOf(printOf(without(PEOPLE, [row]))))).size).toBe(500);
  });
});

describe('what a statement says of a set', () => {
  const lineages = [
    { lineage: 'a', version: 1 },
    { lineage: 'b', version: 4 },
  ];
  it('is a print for each table, rows of nobody in the last slot', () => {
    const [a, b] = readClassText('0:3:-5:7;63:1:2147483647:-9;64:2:8:1', lineages)!;
    expect([a!.keySums[0], b!.keySums[0], a!.rowCounts[0], b!.rowCounts[63], b!.version]).toEqual([-5, 7, 3, 1, 4]);
    expect([a!.keySums[63], a!.keySums[64], b!.keySums[64], a!.rowCounts[64]]).toEqual([2147483647, 8, 1, 2]);
    expect(readClassText('', lineages)!.map(rowsOf)).toEqual([0, 0]);
  });

  it.each(['0:3:5', '0:3:5:7:9', '0', 'x:1:1:1', '0:1:1e3:1', '0:-1:1:1', '0:1:99999999999999999999:1', ';'])(
    'is nothing when it is %j',
    (text) => {
      expect(readClassText(text, lineages)).toBeNull();
    },
  );
});

describe('difference', () => {
  it(`never proves more units than differ, and most of them (seed ${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < 300; round += 1) {
      const units = 1 + Math.floor(random() * 40);
      const start = Math.floor(random() * 1000);
      const cut = PEOPLE.filter(({ unit }) => unit !== null && unit >= start && unit < start + units);
      const proven = unitsDiffering(only(PEOPLE), only(without(PEOPLE, cut)));
      expect(unitsApart(PEOPLE, without(PEOPLE, cut))).toBe(units);
      expect(proven).toBeLessThanOrEqual(units);
      // Classes that n of 64 fill: 64 (1 − e^(−n/64)); the shortfall of a round is within 8 of that.
      expect(proven).toBeGreaterThan(64 * (1 - Math.exp(-units / 64)) - 8);
    }
  });

  it('is proven of ten units by those that are sixteen, in 99% of cases', () => {
    const random = randomOf(SEED + 1);
    const rounds = 1000;
    let proven = 0;
    for (let round = 0; round < rounds; round += 1) {
      const table = tableOf(Math.floor(random() * 2 ** 31), 16);
      if (unitsDiffering(only(table), only([])) >= 10) proven += 1;
    }
    expect(proven / rounds).toBeGreaterThan(0.985);
  });

  it('in rows is estimated with a standard error of 18%', () => {
    const errors = [64, 200, 1000, 3000].flatMap((rows) =>
      Array.from({ length: 50 }, (_, round) => {
        const table = tableOf(SEED + round, rows + 100);
        return rowsDiffering(only(table), only(table.slice(rows))) / rows - 1;
      }),
    );
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    expect(deviation).toBeLessThan(0.22);
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.06);
  });
});
