import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Span } from '../../../../policies/mechanisms/suppression/span.ts';

const SEED = 20261128;
const vector = (...entries: readonly number[]) => Float64Array.from(entries);

describe('linear combinations', () => {
  it('names the vectors that make one up', () => {
    const span = new Span([vector(1, 1, 0), vector(5, 0, 0), vector(0, 0, 7), vector(2, 2, 0)]);
    expect(span.combinationOf(vector(0, 3, 0))).toEqual([0, 1]);
    expect(span.combinationOf(vector(0, 0, 1))).toEqual([2]);
    expect(span.combinationOf(vector(0, 0, 0))).toEqual([]);
  });

  it('knows what is none', () => {
    expect(new Span([vector(1, 1, 0), vector(0, 1, 1)]).combinationOf(vector(1, 1, 1))).toBeNull();
    expect(new Span([]).combinationOf(vector(1))).toBeNull();
  });

  it(`finds every combination, with large and negative numbers and any factors, and no other (seed ${SEED})`, () => {
    const entry = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });
    const rows = fc.array(fc.array(entry, { minLength: 12, maxLength: 12 }), { minLength: 1, maxLength: 8 });
    const eight = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(rows, eight, (numbers, factors) => {
        const sumAt = (place: number) => numbers.reduce((sum, row, at) => sum + factors[at]! * row[place]!, 0);
        const sum = Array.from({ length: 12 }, (_, place) => sumAt(place));
        const span = new Span(numbers.map((row) => vector(...row, 0)));
        expect(span.combinationOf(vector(...sum, 0))).not.toBeNull();
        expect(span.combinationOf(vector(...sum, 1))).toBeNull();
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
