import { describe, expect, it } from 'vitest';
import { DISTINCT_LIMITS, limitAt } from '../../../policies/release/guard/distinct-sets.ts';
import { judge } from '../../../policies/release/guard/judge.ts';
import { emptyHistory, NO_LIMIT, printOf, randomOf, single, tableOf, without } from './exact-sets.ts';
import { reconstruct } from './reconstruction.ts';

/**
 * Goal: nobody learns the bits of a region's members from many answers over it.
 * Method: sums of a random bit over random subsets of 128 members, 1,024 questions; the best linear guess from what was
 * answered. Control: without the limit the guess is right.
 */
const SEED = 20_261_127;
const MEMBERS = 128;
const RUNS = 4;

type Disguise = 'none' | 'padded' | 'complement';

function campaign(
  limit: { least: number; rowsPerSet: number },
  density: number,
  disguise: Disguise,
  noiseVariance: number,
) {
  let [right, answered] = [0, 0];
  for (let run = 0; run < RUNS; run += 1) {
    const random = randomOf(SEED + 97 * run);
    const people = tableOf(SEED + run, 3000);
    const [region, padding] = [people.slice(0, MEMBERS), people.slice(1000, 2000)];
    const bits = region.map(() => (random() < 0.5 ? 1 : 0));
    const noise = () =>
      Math.round((Array.from({ length: 12 }, random).reduce((sum, x) => sum + x, 0) - 6) * Math.sqrt(noiseVariance));
    const history = emptyHistory();
    const [subsets, sums]: [number[][], number[]] = [[], []];
    for (let question = 0; question < 8 * MEMBERS; question += 1) {
      const members = region.filter(() => random() < density);
      const turned = disguise === 'complement' && question % 2 === 1;
      const set = turned ? without(people, members) : disguise === 'padded' ? [...members, ...padding] : members;
      const { shown } = judge(history, `job-${question}`, [single(set, people, { limit })]);
      if (members.length < 10 || !shown[0]![0]) continue;
      subsets.push(members.map(({ id }) => id));
      sums.push(members.reduce((sum, { id }) => sum + bits[id]!, noise()));
      if (subsets.length >= 2 * MEMBERS) break;
    }
    const guess = reconstruct(subsets, sums, MEMBERS, noiseVariance);
    right += guess.filter((value, bit) => (value >= 0.5 ? 1 : 0) === bits[bit]).length;
    answered += subsets.length;
  }
  return { accuracy: right / (RUNS * MEMBERS), answered: answered / RUNS };
}

describe('reconstruction of 128 bits', () => {
  it('works without the limit', () => {
    expect(campaign(NO_LIMIT, 0.5, 'none', 0).accuracy).toBe(1);
    expect(campaign(NO_LIMIT, 0.5, 'padded', 8).accuracy).toBeGreaterThan(0.8);
  });

  // Standard error of an accuracy over 512 bits: 2.2%. So 0.66 is 0.60 and nearly three of them.
  it.each([
    ['aggregate', 0, 'none'],
    ['aggregate', 0, 'padded'],
    ['aggregate', 0, 'complement'],
    ['perturbed', 8, 'none'],
    ['perturbed', 8, 'padded'],
    ['perturbed', 8, 'complement'],
  ] as const)('fails in mode %s, noise %i, disguise %s', (mode, noiseVariance, disguise) => {
    const { accuracy, answered } = campaign(DISTINCT_LIMITS[mode], 0.5, disguise, noiseVariance);
    expect(answered).toBeLessThanOrEqual(limitAt(128, DISTINCT_LIMITS[mode]) + 2);
    expect(accuracy).toBeLessThan(0.66);
  });

  it('from sets that have an eighth in common takes some more answers, which are still limited', () => {
    expect(campaign(DISTINCT_LIMITS.aggregate, 0.125, 'none', 0).answered).toBeLessThan(
      3 * DISTINCT_LIMITS.aggregate.least,
    );
  });
});

describe('the limit', () => {
  const people = tableOf(SEED, 20_000);
  const random = randomOf(SEED);
  /** Cells drawn at random: as independent of all other groupings as can be. */
  const grouping = (groups: number) => {
    const cells = Array.from({ length: groups }, (): (typeof people)[number][] => []);
    for (const person of people) cells[Math.floor(random() * groups)]!.push(person);
    return cells.map((rows, group) => ({ key: [BigInt(group)], print: printOf(rows) }));
  };

  it('leaves groupings that cross each other alone, small and large ones', () => {
    const history = emptyHistory();
    const universe = printOf(people);
    for (const [at, groups] of [10, 50, 200, 400, 300, 20, 400, 100].entries()) {
      const partition = { cells: grouping(groups), universe, unitsMin: 10, limit: DISTINCT_LIMITS.aggregate };
      const [shown] = judge(history, `job-${at}`, [partition]).shown;
      expect(shown!.filter((cell) => !cell).length / groups, `${groups} groups`).toBeLessThan(0.01);
    }
  });

  it('counts a set once, whatever is asked of it and however often', () => {
    const history = emptyHistory();
    const ask = (from: number) =>
      judge(history, `job-${from}`, [
        single(people.slice(from, from + 200), people, { limit: DISTINCT_LIMITS.aggregate }),
      ]).shown[0]![0];
    for (let time = 0; time < 50; time += 1) expect(ask(0)).toBe(true);
    expect(ask(50)).toBe(true);
  });

  it('does not bar sets of other people', () => {
    const history = emptyHistory();
    const ask = (from: number) =>
      judge(history, `job-${from}`, [
        single(people.slice(from, from + 60), people, { limit: DISTINCT_LIMITS.aggregate }),
      ]).shown[0]![0];
    const answered = Array.from({ length: 300 }, (_, group) => ask(group * 60));
    expect(answered.filter((shown) => !shown).length).toBeLessThan(10);
  });
});
