import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { guessCeiling } from '../../dp/guess-ceiling.ts';
import { solved } from '../../dp/least-squares.ts';
import { shareOf } from '../guess-quality.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Answer, type Asked, askAll, type CampaignTable, unprotected } from './laboratory.ts';
import { privateTable } from './private-table.ts';

/**
 * B5 in mode `dp`. Dinur–Nissim: the bits of all 128 people of a group from sums over random subsets, by least squares; each sum as exact as it can be for all of
 * them to be answered. Source: Dinur, Nissim 2003; Cohen, Nissim, "Linear program reconstruction in practice", 2018.
 */
const PEOPLE = 128;

interface World {
  readonly table: CampaignTable;
  readonly bits: readonly (readonly number[])[];
  readonly sums: number;
}

function worldOf({ name, random, tiny }: CampaignContext): World {
  const fork = random.fork('private reconstruction');
  const bits = Array.from({ length: tiny ? 4 : 20 }, () => Array.from({ length: PEOPLE }, () => fork.below(2)));
  return { table: privateTable(name, bits), bits, sums: (tiny ? 2 : 4) * PEOPLE };
}

/** Which of the people a sum is over, as SQL says it and as the attacker knows it: half of them. */
const HASH = (serial: number, at: number): number =>
  (serial * serial * (3 + 14 * at) + serial * (101 + 26 * at) + 17 * at) % 10_007;
const subsetOf = (at: number) => (serial: number) => HASH(serial, at) % 2;
const questionOf = (table: string, at: number): string =>
  `SELECT g, sum(bit) AS n FROM ${table}
   WHERE (serial * serial * ${3 + 14 * at} + serial * ${101 + 26 * at} + ${17 * at}) % 10007 % 2 = 1 GROUP BY g`;

async function reconstruction(ask: Asked, { table, bits, sums }: World): Promise<Measured> {
  const answers = await askAll(
    ask,
    Array.from({ length: sums }, (_, at) => questionOf(table.name, at)),
  );
  const known = answers.flatMap((answer, at) => (answer.rows === null ? [] : [{ answer, subset: subsetOf(at) }]));
  const subsets = known.map(({ subset }) => Array.from({ length: PEOPLE }, (_, serial) => subset(serial)));
  const right = bits.map((group, at) => {
    const found = solved(
      subsets,
      known.map(({ answer }) => sumOf(answer, at)),
    );
    return found.filter((value, serial) => Number(value > 0.5) === group[serial]).length;
  });
  const total = right.reduce((sum, one) => sum + one, 0);
  return { ...shareOf(total, bits.length * PEOPLE), detail: { bits: bits.length * PEOPLE, sums: known.length } };
}

const sumOf = ({ rows }: Answer, group: number): number => Number(rows!.find(([g]) => g === `g${group}`)?.[1] ?? 0);

const { resourceRho } = DEFAULT_PROFILE.privacyBudgets;

export const PRIVATE_RECONSTRUCTION_CAMPAIGN: Campaign = {
  id: 'B5',
  name: 'linear reconstruction, n = 128, all that everybody may ask',
  metric: 'share of bits that are right',
  modes: ['dp'],
  bar: { side: 'most', value: guessCeiling(resourceRho) + 0.03 },
  controlBar: { side: 'least', value: 0.99 },
  async attack(context) {
    const world = worldOf(context);
    // What the accounts of two organisations bear, in so many answers.
    const { ask } = await context.open(world.table, (0.9 * resourceRho) / world.sums);
    return reconstruction(ask, world);
  },
  control(context) {
    const world = worldOf(context);
    return unprotected(world.table, (ask) => reconstruction(ask, world));
  },
};
