import { advantageOverMajority } from '../guess-quality.ts';
import { learnedGuesses } from '../learned-guess.ts';
import { type Blocks, blocksOf, byBlock, minus, rowsOf } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Answer, askAll, openBare } from './laboratory.ts';

/** B15. Two versions of the data, the second without the target of each block: the same queries, before and after. */

function queriesOf(table: string): readonly string[] {
  const over = (select: string, where: string) => `SELECT block, ${select} FROM ${table} WHERE ${where} GROUP BY block`;
  return ['true', 'a1 < 2', 'a2 < 2', 'serial < 70'].flatMap((where) => [
    over('count(*)', `${where} AND ill = 1`),
    over('sum(ill)', where),
    over('avg(ill)', where),
    over('var_pop(ill)', where),
  ]);
}

const withoutTargets = (blocks: Blocks) => rowsOf(blocks.people).filter((row) => row[2] !== 0n);

function accuracy(
  before: readonly Answer[],
  after: readonly Answer[],
  blocks: Blocks,
  context: CampaignContext,
): Measured {
  const [first, second] = [before, after].map((answers) => answers.map((answer) => byBlock(answer, blocks.count, 1)));
  const features = Array.from({ length: blocks.count }, (_, block) =>
    first!.map((answer, query) => minus(answer[block]![0], second![query]![block]![0])),
  );
  const guesses = learnedGuesses(features, blocks.secrets, context.random.fork('guess')).map(({ guess }) => guess);
  const known = features.filter((row) => row.some((value) => value !== null)).length;
  const detail = { targets: blocks.count, targetsWithADifference: known };
  return { ...advantageOverMajority(guesses, blocks.secrets), detail };
}

const populationOf = ({ name, random, tiny }: CampaignContext) =>
  blocksOf({ name: `${name}_versions`, blocks: tiny ? 40 : 500, people: 80, illShare: 0.4 }, random.fork('versions'));

export const VERSIONS_CAMPAIGN: Campaign = {
  id: 'B15',
  name: 'dataset versions: the second lacks one person',
  metric: 'accuracy on a secret bit beyond the majority',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0.02 },
  admitted: { aggregate: 'unchanged cells are shown again, those that change by few are hidden' },
  controlBar: { side: 'least', value: 0.3 },
  async attack(context) {
    const blocks = populationOf(context);
    const table = await context.open(blocks.table);
    const before = await askAll(table.ask, queriesOf(blocks.table.name));
    await table.replace(withoutTargets(blocks));
    return accuracy(before, await askAll(table.ask, queriesOf(blocks.table.name)), blocks, context);
  },
  async control(context) {
    const blocks = populationOf(context);
    const [before, after] = [
      await openBare(blocks.table),
      await openBare({ ...blocks.table, rows: withoutTargets(blocks) }),
    ];
    const queries = queriesOf(blocks.table.name);
    const measured = accuracy(await askAll(before.ask, queries), await askAll(after.ask, queries), blocks, context);
    before.close();
    after.close();
    return measured;
  },
};
