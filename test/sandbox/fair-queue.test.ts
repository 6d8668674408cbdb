import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFairQueue } from '../../sandbox/fair-queue.ts';

/**
 * Goal: no analyst can hold up another by sending more.
 * Method: fast-check fills a queue with lines of any length and empties it.
 * Invariants: nothing is lost or doubled; each analyst's items keep their order; while two analysts wait, neither is
 * served twice in a row.
 */
const SEED = 20260101;

test('takes turns between analysts and keeps the order within each', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 }), (analysts) => {
      const queue = createFairQueue<{ analyst: string; index: number }>();
      analysts.forEach((analyst, index) => {
        queue.push(analyst, { analyst, index });
      });
      const taken: { analyst: string; index: number }[] = [];
      for (let item = queue.take(() => true); item !== null; item = queue.take(() => true)) taken.push(item);
      expect(taken.map(({ index }) => index).sort((x, y) => x - y)).toEqual(analysts.map((_, index) => index));
      for (const [position, item] of taken.entries()) {
        const later = taken.slice(position + 1);
        expect(later.every((other) => other.analyst !== item.analyst || other.index > item.index)).toBe(true);
        const next = later[0];
        if (later.some((other) => other.analyst !== item.analyst)) expect(next?.analyst).not.toBe(item.analyst);
      }
    }),
    { seed: SEED },
  );
});

test('passes over an analyst whose job cannot run yet, who keeps the turn', () => {
  const queue = createFairQueue<string>();
  queue.push('a', 'a1');
  queue.push('b', 'b1');
  expect(queue.take((item) => item !== 'a1')).toBe('b1');
  expect(queue.take(() => true)).toBe('a1');
  expect(queue.take(() => true)).toBeNull();
});

test('removes and drains', () => {
  const queue = createFairQueue<string>();
  queue.push('a', 'a1');
  queue.push('a', 'a2');
  expect(queue.remove('a', 'a1')).toBe(true);
  expect(queue.remove('a', 'a1')).toBe(false);
  expect([queue.size(), queue.sizeOf('a'), queue.sizeOf('b')]).toEqual([1, 1, 0]);
  expect(queue.drain()).toEqual(['a2']);
  expect(queue.size()).toBe(0);
});
