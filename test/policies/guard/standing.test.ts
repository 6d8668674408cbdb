import { describe, expect, it } from 'vitest';
import { unitsDiffering } from '../../../policies/release/guard/difference.ts';
import { judge } from '../../../policies/release/guard/judge.ts';
import { identityOf, type SetPrint } from '../../../policies/release/guard/set-print.ts';
import { ownName, standingFor } from '../../../policies/release/guard/standing.ts';
import { emptyHistory, NO_LIMIT, printOf, single, tableOf } from './exact-sets.ts';

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

/** Asks as a gateway does: whose number the set has, remembered. Null where it has none. */
function numberOf(history: ReturnType<typeof emptyHistory>, print: SetPrint, isRemembered = true): string | null {
  const name = standingFor(history, print, UNITS_MIN);
  if (name === null) return null;
  const isAlias = name !== ownName(print);
  const cell = { key: [], print, ...(isAlias ? { aliasOf: name } : {}) };
  const partition = { cells: [cell], universe: null, unitsMin: UNITS_MIN, limit: NO_LIMIT, addsUp: false };
  if (!isAlias || isRemembered) judge(history, `job-${identityOf(print)}`, [partition]);
  return name;
}

describe('what is near to a set that has another one’s number', () => {
  /** Everybody, then all less so many people, then one more: how often the last two have different numbers. */
  function shareTold(isRemembered: boolean): number {
    let told = 0;
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const people = tableOf(SEED + trial, 60);
      const history = emptyHistory();
      const without = (lacking: number) => numberOf(history, printOf(people.slice(lacking)), isRemembered);
      without(0);
      const lacking = 9 + (trial % 8);
      if (without(lacking) !== without(lacking + 1)) told += 1;
    }
    return told / TRIALS;
  }

  it('has that number as well: one person less is never told', () => {
    expect(shareTold(true)).toBe(0);
  });

  it('control: with the sets that have their own alone, one in ten pairs tells', () => {
    expect(shareTold(false)).toBeGreaterThan(0.1);
  });

  it('leads not far away: a step at a time it has no number, and after a longer step one of its own', () => {
    const people = tableOf(SEED, 120);
    const history = emptyHistory();
    const all = printOf(people);
    const first = numberOf(history, all);
    const names = Array.from({ length: 60 }, (_, lacking) => {
      const print = printOf(people.slice(lacking));
      const name = numberOf(history, print);
      if (name === first) expect(unitsDiffering(all[0]!, print[0]!)).toBeLessThanOrEqual(25);
      return name;
    });
    expect(names[20]).toBe(first);
    expect(names).toContain(null);
    expect(new Set(names.filter((name) => name !== null)).size).toBeGreaterThan(1);
  });

  it('is counted apart, as long as it is nothing else', () => {
    const people = tableOf(SEED, 60);
    const history = emptyHistory();
    const [all, near] = [printOf(people), printOf(people.slice(9))];
    numberOf(history, all);
    const counts = [history.aliasCount('people')];
    numberOf(history, near);
    counts.push(history.aliasCount('people'));
    history.remove(identityOf(near));
    counts.push(history.aliasCount('people'));
    numberOf(history, near);
    // In mode `aggregate`, of other columns.
    judge(history, 'exact', [single(people.slice(9), null, { unitsMin: 1 })]);
    counts.push(history.aliasCount('people'));
    expect(counts).toEqual([0, 1, 0, 0]);
    expect(history.index('people').size).toBe(2);
  });
});
