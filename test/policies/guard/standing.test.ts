import { describe, expect, it } from 'vitest';
import { unitsDiffering } from '../../../policies/release/guard/difference.ts';
import { judge } from '../../../policies/release/guard/judge.ts';
import type { SetPrint } from '../../../policies/release/guard/set-print.ts';
import { ownName, standingFor } from '../../../policies/release/guard/standing.ts';
import { emptyHistory, printOf, single, tableOf } from './exact-sets.ts';

/**
 * Goal: in mode `perturbed`, whether a set has a second number tells little of any one person.
 * Method: everybody, then everybody less some known people and, if it has a secret bit, a target. Control: with a fixed edge at ten
 * units, nine known people make the second number a proof of the bit.
 */
const SEED = 20_261_128;
const TRIALS = 400;
const UNITS_MIN = 10;

type Rule = (known: SetPrint, asked: SetPrint, people: ReturnType<typeof tableOf>) => boolean;

/** How often a set that lacks so many people has a number of its own. */
function shareApart(lacking: number, hasNumber: Rule): number {
  let apart = 0;
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const people = tableOf(SEED + trial, 60);
    if (hasNumber(printOf(people), printOf(people.slice(lacking)), people)) apart += 1;
  }
  return apart / TRIALS;
}

const drawn: Rule = (_known, asked, people) => {
  const history = emptyHistory();
  judge(history, 'known', [single(people, null)]);
  return standingFor(history, asked, UNITS_MIN) === ownName(asked);
};
const fixed: Rule = ([known], [asked]) => unitsDiffering(known!, asked!) >= UNITS_MIN;

describe('the edge between one set and another', () => {
  it('control: fixed, it proves a bit of one person', () => {
    expect(shareApart(9, fixed)).toBe(0);
    expect(shareApart(10, fixed)).toBeGreaterThan(0.4);
  });

  it('is drawn: one person more changes the odds by a sixth at most', () => {
    const shares = Array.from({ length: 14 }, (_, more) => shareApart(8 + more, drawn));
    expect(shares.slice(0, 2)).toEqual([0, 0]);
    const steps = shares.slice(1).map((share, at) => share - shares[at]!);
    // The standard error of a step is .035 at most.
    for (const step of steps) expect(step).toBeLessThan(1 / 6 + 0.1);
    expect(shares.at(-1)).toBeGreaterThan(0.95);
  });

  it('gives the same set the same number whenever it is asked', () => {
    const people = tableOf(SEED, 60);
    const asked = printOf(people.slice(12));
    const history = emptyHistory();
    judge(history, 'known', [single(people, null)]);
    const first = standingFor(history, asked, UNITS_MIN);
    for (let time = 0; time < 5; time += 1) expect(standingFor(history, asked, UNITS_MIN)).toBe(first);
  });
});
