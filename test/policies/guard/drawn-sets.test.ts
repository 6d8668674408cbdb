import { describe, expect, it } from 'vitest';
import type { CandidatePartition } from '../../../policies/release/guard/judge.ts';
import { judge } from '../../../policies/release/guard/judge.ts';
import { emptyHistory, printOf, type Row, single, tableOf } from './exact-sets.ts';

/**
 * Goal: what noise hid counts for the cap on distinct sets as what it shows does, and for nothing else.
 * Method: sets of known people that slide over a region. Control: the same sets, not counted, are never too many.
 */
const PEOPLE = tableOf(20_261_128, 400);
const LIMIT = { least: 5, rowsPerSet: 1000 };
const window = (from: number, size = 12) => PEOPLE.slice(from, from + size);

function ask(rows: readonly Row[], isDrawn: boolean): CandidatePartition {
  return {
    ...single(rows, null, { limit: LIMIT }),
    cells: [{ key: [], print: printOf(rows), isDrawn }],
    addsUp: false,
  };
}

describe('sets that noise hid', () => {
  it('fill a region, and then nothing new of it is shown, whatever it holds', () => {
    const history = emptyHistory();
    const pass = (from: number, isDrawn: boolean) =>
      judge(history, `job-${from}-${isDrawn}`, [ask(window(from), isDrawn)]).shown[0]![0];
    const answers = Array.from({ length: 8 }, (_, from) => pass(from, true));
    expect(answers).toEqual([true, true, true, true, true, false, false, false]);
    expect(pass(9, false)).toBe(false);
    expect(pass(200, false)).toBe(true);
    // Asked again, each is what it was.
    expect(pass(0, true)).toBe(true);
    expect(pass(7, true)).toBe(false);
  });

  it('control: uncounted, they are never too many', () => {
    for (let from = 0; from < 8; from += 1)
      expect(judge(emptyHistory(), `job-${from}`, [ask(window(from), true)]).shown[0]).toEqual([true]);
  });

  it('are near to nothing, and make nothing known', () => {
    const history = emptyHistory();
    const { known } = judge(history, 'hidden', [ask(window(0, 40), true)]);
    expect(known.map(({ kind }) => kind)).toEqual(['drawn']);
    expect(history.has(known[0]!.identity)).toBe(false);
    const near = judge(history, 'near', [single(window(1, 40), null)]);
    expect(near.shown).toEqual([[true]]);
    // Control: had it been shown, the other would be hidden.
    const other = emptyHistory();
    judge(other, 'shown', [single(window(0, 40), null)]);
    expect(judge(other, 'near', [single(window(1, 40), null)]).shown).toEqual([[false]]);
  });

  it('count once for each grouping: whoever is in it is in one of its cells', () => {
    const grouping = (isDrawn: boolean): CandidatePartition => ({
      cells: [0, 4, 8].map((from) => ({ key: [BigInt(from)], print: printOf(window(from, 4)), isDrawn })),
      universe: null,
      unitsMin: 1,
      limit: LIMIT,
      addsUp: false,
    });
    const passes = (isDrawn: boolean) => {
      const history = emptyHistory();
      for (const answer of ['a', 'b']) judge(history, answer, [grouping(isDrawn)]);
      for (const from of [0, 1]) judge(history, `more-${from}`, [ask(window(from), true)]);
      return judge(history, 'last', [ask(window(2), false)]).shown[0]![0];
    };
    expect(passes(true)).toBe(true);
    expect(passes(false)).toBe(false);
  });
});
