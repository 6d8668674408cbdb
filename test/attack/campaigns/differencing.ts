import { advantageOverMajority } from '../guess-quality.ts';
import { learnedGuesses } from '../learned-guess.ts';
import { type Blocks, blocksOf, byBlock, minus } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Asked, askAll, unprotected } from './laboratory.ts';

/**
 * B2. A set with and without the target, by every aggregate, through ten accounts of two organisations. The pair is
 * asked for many surroundings, so that noise which is new for each set averages out.
 */

const AGGREGATES = [
  'count(*)',
  'sum(ill)',
  'avg(ill)',
  'count_if(ill = 1)',
  'count(*) FILTER (WHERE ill = 0)',
  'var_pop(ill)',
  'covar_pop(ill, serial)',
] as const;
/** Sets with the target, and what leaves it out of them. */
const SURROUNDINGS = [
  'true',
  'serial < 70',
  'serial < 60',
  'serial <> 9',
  'a1 = 0',
  'a2 < 2',
  'a3 <> 1',
  'serial < 50 AND a4 < 2',
];
const WITHOUT = ['serial > 0', 'NOT (a1 = 0 AND a2 = 0 AND a3 = 0 AND a4 = 0)'];

function pairsOver(table: string, tiny: boolean): readonly (readonly [string, string])[] {
  const surroundings = tiny ? SURROUNDINGS.slice(0, 2) : SURROUNDINGS;
  return surroundings.flatMap((surrounding, index) => {
    const without = `${surrounding} AND ${WITHOUT[index % WITHOUT.length]!}`;
    const query = (select: string, where: string) =>
      `SELECT block, ${select} FROM ${table} WHERE ${where} GROUP BY block`;
    const pair = (select: string, more = '') =>
      [query(select, surrounding + more), query(select, without + more)] as const;
    return [pair('count(*)', ' AND ill = 1'), ...AGGREGATES.map((aggregate) => pair(aggregate))];
  });
}

/** Features of each target: the differences of all pairs, and their means per aggregate. */
async function differences(
  ask: Asked,
  blocks: Blocks,
  tiny: boolean,
): Promise<readonly (readonly (number | null)[])[]> {
  const pairs = pairsOver(blocks.table.name, tiny);
  const answers = await askAll(ask, pairs.flat());
  const tables = answers.map((answer) => byBlock(answer, blocks.count, 1));
  const kinds = AGGREGATES.length + 1;
  return Array.from({ length: blocks.count }, (_, block) => {
    const found = pairs.map((_pair, p) => minus(tables[2 * p]![block]![0], tables[2 * p + 1]![block]![0]));
    return Array.from({ length: kinds }, (_, kind) => meanOf(found.filter((_value, p) => p % kinds === kind)));
  });
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}

async function accuracy(ask: Asked, blocks: Blocks, { tiny, random }: CampaignContext): Promise<Measured> {
  const features = await differences(ask, blocks, tiny);
  const guesses = learnedGuesses(features, blocks.secrets, random.fork('guess')).map(({ guess }) => guess);
  const known = features.filter((row) => row.some((value) => value !== null)).length;
  const detail = { targets: blocks.count, targetsWithADifference: known };
  return { ...advantageOverMajority(guesses, blocks.secrets), detail };
}

const populationOf = ({ name, random, tiny }: CampaignContext) =>
  blocksOf({ name: `${name}_diff`, blocks: tiny ? 40 : 500, people: 80, illShare: 0.4 }, random.fork('differencing'));

export const DIFFERENCING_CAMPAIGN: Campaign = {
  id: 'B2',
  name: 'differencing, all aggregates, 10 accounts',
  metric: 'accuracy on a secret bit beyond the majority',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0.02 },
  // The majority is right for about 60 %; accuracy ≥ .99 is that much more.
  controlBar: { side: 'least', value: 0.3 },
  async attack(context) {
    const blocks = populationOf(context);
    return accuracy((await context.open(blocks.table)).ask, blocks, context);
  },
  control(context) {
    const blocks = populationOf(context);
    return unprotected(blocks.table, (ask) => accuracy(ask, blocks, context));
  },
};
