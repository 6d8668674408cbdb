import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classTokens, unitsDiffering } from '../../../policies/release/guard/difference.ts';
import { SetIndex } from '../../../policies/release/guard/set-index.ts';
import { identityOf, PRINT_SLOTS, type TablePrint } from '../../../policies/release/guard/set-print.ts';

/**
 * Goal: the index finds the near sets that are left, whichever others came and went before.
 * Method: against a plain list, over sequences of sets that share most of their classes and are added and taken back at random.
 */
const SEED = 20261128;
const NEED = 10;

const slots = fc.array(fc.nat({ max: 3 }), { minLength: PRINT_SLOTS, maxLength: PRINT_SLOTS });
const steps = fc.array(fc.record({ take: fc.nat({ max: 2 }), rows: slots, changed: fc.nat({ max: 20 }) }), {
  maxLength: 60,
});

function printOf(rows: readonly number[], changed: number): TablePrint {
  const keySums = Float64Array.from(rows, (count, slot) => (slot < changed ? count * (slot + 5) : count * 3));
  return { lineage: 'trips/person', version: 1, keySums, rowCounts: Float64Array.from(rows) };
}

const byNumber = (list: readonly (readonly [number, number])[]) => list.toSorted(([a], [b]) => a - b);

function nearIn(index: SetIndex, probe: TablePrint) {
  const found: (readonly [number, number])[] = [];
  index.near(classTokens(probe), NEED, 2, (entry, differing) => {
    found.push([entry, differing]);
    return false;
  });
  return byNumber(found);
}

function nearAmong(left: ReadonlyMap<number, TablePrint>, probe: TablePrint) {
  const all = [...left].map(([entry, print]) => [entry, unitsDiffering(probe, print)] as const);
  return byNumber(all.filter(([, differing]) => differing < NEED));
}

test(`finds what is near among what is left (seed ${SEED})`, () => {
  fc.assert(
    fc.property(steps, slots, (sequence, asked) => {
      const index = new SetIndex();
      const left = new Map<number, TablePrint>();
      const probe = printOf(asked, 0);
      for (const { take, rows, changed } of sequence) {
        const taken = take === 0 ? [...left.keys()].at(-1) : take === 1 ? left.keys().next().value : undefined;
        if (taken !== undefined) {
          index.remove(taken);
          left.delete(taken);
        }
        const print = printOf(changed > 15 ? rows : asked, changed);
        left.set(
          index.add(print, { identity: identityOf([print]), family: 1, asked: 0 }, ['compared', 'counted']),
          print,
        );
        expect(nearIn(index, probe)).toEqual(nearAmong(left, probe));
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test('an answer that never leaves takes no room', () => {
  const index = new SetIndex();
  const kept = index.add(printOf(Array(PRINT_SLOTS).fill(1), 0), { identity: 'kept', family: 1, asked: 0 }, [
    'compared',
    'counted',
  ]);
  for (let answer = 0; answer < 50; answer += 1) {
    const print = printOf(Array(PRINT_SLOTS).fill(1 + answer), 0);
    const entries = [1, 2, 3].map(() =>
      index.add(print, { identity: 'gone', family: 2, asked: 0 }, ['compared', 'counted']),
    );
    for (const entry of entries) index.remove(entry);
    expect(index.size).toBe(1);
  }
  expect(index.identityOf(kept)).toBe('kept');
});
