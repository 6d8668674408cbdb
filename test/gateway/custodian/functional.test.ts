/** Goal: the range of a functional is the range that trying every value gives, and its cost that of the Gaussian mechanism. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Functional, functionalRange, functionalText, openingRho, ROWS } from '#policies';

const whole = (range: number) => fc.integer({ min: -range, max: range });
const column = fc.record({ low: whole(20), width: fc.nat(12), weight: whole(9), square: whole(9) });

describe('the range of a functional', () => {
  it('is that of every value tried (seed 2026)', () => {
    fc.assert(
      fc.property(whole(50), fc.array(column, { maxLength: 2 }), (constant, columns) => {
        const functional: Functional = {
          constant: String(constant),
          weights: columns.flatMap(({ weight, square }, at) => [
            { column: `c${at}`, of: 'value' as const, weight: String(weight) },
            { column: `c${at}`, of: 'square' as const, weight: String(square) },
          ]),
        };
        const each = columns.map(({ low, width, weight, square }) =>
          Array.from({ length: width + 1 }, (_, step) => low + step).map((x) => square * x * x + weight * x),
        );
        const ends = (pick: (...values: number[]) => number) =>
          each.reduce((sum, values) => sum + pick(...values), constant);
        const { min, max } = functionalRange(functional, (name) => {
          const { low, width } = columns[Number(name.slice(1))]!;
          return { min: BigInt(low), max: BigInt(low + width) };
        });
        expect([Number(min), Number(max)]).toEqual([ends(Math.min), ends(Math.max)]);
      }),
      { seed: 2026 },
    );
  });

  it('has one text for one functional, in whatever order', () => {
    const [a, b] = [
      { column: 'a', of: 'value', weight: '2' },
      { column: 'b', of: 'square', weight: '-3' },
    ] as const;
    expect(functionalText({ constant: '1', weights: [a, b] })).toBe(functionalText({ constant: '1', weights: [b, a] }));
    expect(functionalText(ROWS)).toBe('1');
  });
});

describe('the cost of an opening', () => {
  const statistic = { rowSize: 10n, variance: { top: 100n, bottom: 1n } };

  it('is Δ²/2σ², added up over statistics', () => {
    // Δ = 3 rows of at most 10 in each of 4 groups: Δ² = 4 · 900.
    expect(openingRho([statistic], { groupsMax: 4, rowsMax: 3 })).toEqual({ top: 3_600n, bottom: 200n });
    const { top, bottom } = openingRho([statistic, statistic], { groupsMax: null, rowsMax: 3 });
    expect(Number(top) / Number(bottom)).toBe(9);
  });
});
