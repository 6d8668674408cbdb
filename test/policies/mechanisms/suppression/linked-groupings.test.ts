import { expect, it } from 'vitest';
import { exactOf } from '../../../../policies/mechanisms/suppression/exact.ts';
import { gridFor } from '../../../../policies/mechanisms/suppression/grid.ts';
import { linkGroupings } from '../../../../policies/mechanisms/suppression/linked-groupings.ts';

const tables = (...sets: readonly string[]) => sets.map((set) => ({ columns: [...set], published: true, cells: [] }));
const linked = (...sets: readonly string[]) =>
  linkGroupings(tables(...sets))?.map(({ columns }) => columns.join('')) ?? null;

it.each([
  [['abc', 'ab', 'c', ''], 'a table over all columns', []],
  [['ab', 'bc'], 'one common margin', ['b']],
  [['a', 'b', 'c'], 'the total', ['']],
  [['ab', 'bc', 'cd'], 'a path', ['b', '', 'c']],
  [['abc', 'bcd', 'cde'], 'overlapping paths', ['bc', 'c', 'cd']],
])('%j is tied together by %s', (sets, _by, added) => {
  expect(linked(...sets)).toEqual([...sets, ...added]);
});

it.each([[['ab', 'bc', 'ac']], [['ab', 'bc', 'cd', 'da']], [['abc', 'bcd', 'acd', 'abd']]])(
  '%j is a ring, with a table over all columns it is none',
  (sets) => {
    expect(linked(...sets)).toBeNull();
    expect(linked(...sets, 'abcd')).not.toBeNull();
  },
);

it('rounds what can be taken away down, and what must be uncertain up', () => {
  const grid = gridFor(['0.25', '3', '1000'].map((value) => exactOf(value)!));
  expect(['0.25', '3', '-1'].map((value) => grid.floor(exactOf(value)!))).toEqual([25, 300, 0]);
  expect(['0.251', '0', '0.01'].map((value) => grid.ceil(exactOf(value)!))).toEqual([26, 0, 1]);
  const wide = gridFor([exactOf('0.25')!, exactOf(`1${'0'.repeat(30)}`)!]);
  expect(wide.floor(exactOf('0.25')!)).toBe(0);
  expect(wide.ceil(exactOf('0.25')!)).toBe(1);
  expect(wide.floor(exactOf(`1${'0'.repeat(30)}`)!)).toBeLessThan(2 ** 41);
});
