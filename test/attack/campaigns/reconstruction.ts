import { shareOf } from '../guess-quality.ts';
import { solveSymmetric } from '../learned-guess.ts';
import { type Blocks, blocksOf } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Answer, type Asked, askAll, unprotected } from './laboratory.ts';

/**
 * B5. Dinur–Nissim: the bits of all 128 people of a block from counts over random subsets, by least squares in the unit
 * cube. Source: Dinur, Nissim 2003; Cohen, Nissim, "Linear program reconstruction in practice", 2018.
 */

const PEOPLE = 128;
/** Equations per person, at most; one query gives two, for a random half and for the other. */
const RATIO_MAX = 8;
/** So many that the share of right bits is known to less than one percent. */
const BLOCKS = 120;

interface Split {
  readonly query: string;
  /** Which half a serial is in. */
  readonly half: (serial: number) => number;
}

function splitsOf(table: string, count: number): readonly Split[] {
  return Array.from({ length: count }, (_, i) => {
    const [a, b, c] = [3 + 14 * i, 101 + 26 * i, 17 * i + 5];
    const text = `(serial * serial * ${a} + serial * ${b} + ${c}) % 10007 % 2`;
    const select = i % 2 === 0 ? `sum(ill) FROM ${table}` : `count(*) FROM ${table} WHERE ill = 1`;
    return {
      query: `SELECT block, ${text} AS half, ${select} GROUP BY block, half`,
      half: (serial) => ((serial * serial * a + serial * b + c) % 10007) % 2,
    };
  });
}

interface Equation {
  readonly members: readonly number[];
  readonly count: number;
}

function equationsOf(block: number, splits: readonly Split[], answers: readonly Answer[]): readonly Equation[] {
  return answers.flatMap(({ rows }, i) =>
    (rows ?? [])
      .filter((row) => row[0] !== null && Number(row[0]) === block && row[1] !== null && row[2] !== null)
      .map((row) => ({
        members: Array.from({ length: PEOPLE }, (_, serial) => serial).filter(
          (s) => splits[i]!.half(s) === Number(row[1]),
        ),
        count: Number(row[2]),
      })),
  );
}

/** Least squares with a weak pull to the middle, then projected gradient steps into the unit cube. */
function bitsFrom(equations: readonly Equation[]): readonly number[] {
  const normal = Array.from({ length: PEOPLE }, (_, i) =>
    Array.from({ length: PEOPLE }, (_, j): number => (i === j ? 0.05 : 0)),
  );
  const right = Array<number>(PEOPLE).fill(0.025);
  for (const { members, count } of equations) {
    for (const i of members) {
      right[i]! += count;
      for (const j of members) normal[i]![j]! += 1;
    }
  }
  const x = solveSymmetric(normal, right);
  const clamped = x.map((value) => Math.min(1, Math.max(0, value)));
  const rate = 1 / Math.max(...normal.map((row) => row.reduce((a, b) => a + b, 0)));
  for (let step = 0; step < 60; step += 1) {
    const gradient = normal.map((row, i) => row.reduce((total, value, j) => total + value * clamped[j]!, -right[i]!));
    for (let i = 0; i < PEOPLE; i += 1) clamped[i] = Math.min(1, Math.max(0, clamped[i]! - rate * gradient[i]!));
  }
  return clamped;
}

async function accuracy(ask: Asked, blocks: Blocks, splits: readonly Split[]): Promise<Measured> {
  const answers = await askAll(
    ask,
    splits.map(({ query }) => query),
  );
  const rightAt = (ratio: number): number => {
    const used = Math.min(splits.length, (ratio * PEOPLE) / 2);
    return blocks.people.reduce((total, people, block) => {
      const bits = bitsFrom(equationsOf(block, splits.slice(0, used), answers.slice(0, used)));
      return total + people.filter(({ ill }, serial) => (bits[serial]! > 0.5 ? 1 : 0) === ill).length;
    }, 0);
  };
  const ratios = [1, 2, 4, RATIO_MAX].filter((ratio) => (ratio * PEOPLE) / 2 <= splits.length);
  const right = ratios.map(rightAt);
  const people = PEOPLE * blocks.count;
  const detail = {
    people,
    equations: blocks.people.map((_, block) => equationsOf(block, splits, answers).length),
    accuracyAt: Object.fromEntries(ratios.map((ratio, i) => [`${ratio}n`, Number((right[i]! / people).toFixed(3))])),
  };
  return { ...shareOf(Math.max(...right), people), detail };
}

const populationOf = ({ name, random, tiny }: CampaignContext) =>
  blocksOf(
    { name: `${name}_lp`, blocks: tiny ? 2 : BLOCKS, people: PEOPLE, illShare: 0.5 },
    random.fork('reconstruction'),
  );
const splitsFor = (table: string, tiny: boolean) => splitsOf(table, (PEOPLE * (tiny ? 2 : RATIO_MAX)) / 2);

export const RECONSTRUCTION_CAMPAIGN: Campaign = {
  id: 'B5',
  name: 'linear reconstruction, n = 128, m = n…8n',
  metric: 'share of bits that are right',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0.6 },
  admitted: {
    aggregate: 'exact answers to as many sets as the cap lets through',
    perturbed: 'as many sets as the cap lets through',
  },
  controlBar: { side: 'least', value: 0.99 },
  async attack(context) {
    const blocks = populationOf(context);
    return accuracy((await context.open(blocks.table)).ask, blocks, splitsFor(blocks.table.name, context.tiny));
  },
  control(context) {
    const blocks = populationOf(context);
    return unprotected(blocks.table, (ask) => accuracy(ask, blocks, splitsFor(blocks.table.name, context.tiny)));
  },
};
