import { advantageOverMajority } from '../guess-quality.ts';
import { learnedGuesses } from '../learned-guess.ts';
import { type Blocks, blocksOf, byBlock, rowsOf } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Asked, askAll, unprotected } from './laboratory.ts';

/**
 * B14. What is hidden tells something as well. Threshold: a set of people that the attacker knows, one fewer than the
 * threshold, and the target if it has the bit. Dominance: a sum that is hidden if the target's part is too large.
 * Whose threshold is drawn anew for each set asks with sixty sets of other people.
 */

const FILLERS = 9;
const SETS = 60;
const BIT = '(serial = 0 AND ill = 1)';

function thresholdQueries(table: string): readonly string[] {
  return Array.from({ length: SETS }, (_, i) => {
    const filler = `serial BETWEEN ${i + 1} AND ${i + FILLERS}`;
    return `SELECT block, count(*) FROM ${table} WHERE ${filler} OR ${BIT} GROUP BY block`;
  });
}

/** The target's pay is a tenth of everybody's or a hundred times it. */
function dominanceQueries(table: string): readonly string[] {
  return [12, 20, 30, 45, 79].flatMap((size) => [
    `SELECT block, sum(pay) FROM ${table} WHERE serial < ${size} GROUP BY block`,
    `SELECT block, avg(pay) FROM ${table} WHERE serial < ${size} GROUP BY block`,
  ]);
}

/** Guesses from what is hidden alone: every value that is shown counts as "shown". */
async function accuracy(
  ask: Asked,
  blocks: Blocks,
  queries: readonly string[],
  context: CampaignContext,
): Promise<Measured> {
  const answers = (await askAll(ask, queries)).map((answer) => byBlock(answer, blocks.count, 1));
  const features = Array.from({ length: blocks.count }, (_, block) =>
    answers.map((answer) => (answer[block]![0] === null ? null : 1)),
  );
  const guesses = learnedGuesses(features, blocks.secrets, context.random.fork('guess')).map(({ guess }) => guess);
  const hidden = features.map((row) => row.filter((value) => value === null).length).reduce((a, b) => a + b, 0);
  const share = Number((hidden / (blocks.count * queries.length)).toFixed(3));
  return { ...advantageOverMajority(guesses, blocks.secrets), detail: { targets: blocks.count, hiddenShare: share } };
}

const populationOf = ({ name, random, tiny }: CampaignContext, kind: string) =>
  blocksOf({ name: `${name}_${kind}`, blocks: tiny ? 40 : 500, people: 79, illShare: 0.4 }, random.fork(kind));

/** Where the target has the bit, its pay dwarfs everybody's. */
function withRichTargets(blocks: Blocks): Blocks {
  const people = blocks.people.map((population) =>
    population.map((person, i) => (i === 0 ? { ...person, pay: person.ill === 1 ? 5_000_000 : 5_000 } : person)),
  );
  return { ...blocks, people, table: { ...blocks.table, rows: rowsOf(people) } };
}

/** A gateway without protection but for the rule itself, applied to true values. */
const thresholdAlone =
  (exact: Asked): Asked =>
  async (sql) => {
    const answer = await exact(sql);
    return { ...answer, rows: answer.rows!.filter((row) => Number(row.at(-1)) >= 10) };
  };

export const THRESHOLD_ORACLE_CAMPAIGN: Campaign = {
  id: 'B14a',
  name: 'denial oracle: a set filled up to the threshold',
  metric: 'accuracy on a secret bit beyond the majority, from what is hidden alone',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0.02 },
  admitted: {
    aggregate: 'an exact threshold, whoever fills a set up to it',
    perturbed: 'each set has a threshold of its own, as often as the cap lets one ask',
  },
  controlBar: { side: 'least', value: 0.3 },
  async attack(context) {
    const blocks = populationOf(context, 'threshold');
    const { ask } = await context.open(blocks.table);
    return accuracy(ask, blocks, thresholdQueries(blocks.table.name), context);
  },
  control(context) {
    const blocks = populationOf(context, 'threshold');
    return unprotected(blocks.table, (ask) =>
      accuracy(thresholdAlone(ask), blocks, thresholdQueries(blocks.table.name), context),
    );
  },
};

export const DOMINANCE_ORACLE_CAMPAIGN: Campaign = {
  id: 'B14b',
  name: 'denial oracle: a sum that one person dominates',
  metric: 'accuracy on a secret bit beyond the majority, from what is hidden alone',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0.02 },
  admitted: { aggregate: 'that one person dominates shows', perturbed: 'that one person dominates shows' },
  controlBar: { side: 'least', value: 0.3 },
  async attack(context) {
    const blocks = withRichTargets(populationOf(context, 'dominance'));
    const { ask } = await context.open(blocks.table);
    return accuracy(ask, blocks, dominanceQueries(blocks.table.name), context);
  },
  /** Hidden where one person holds nine tenths, as a rule applied to true values does. */
  control(context) {
    const blocks = withRichTargets(populationOf(context, 'dominance'));
    const ruled =
      (ask: Asked): Asked =>
      async (sql) => {
        const [answer, largest] = [await ask(sql), await ask(sql.replace(/(sum|avg)\(pay\)/, 'max(pay) / sum(pay)'))];
        const share = new Map(largest.rows!.map(([block, value]) => [block, Number(value)]));
        return { ...answer, rows: answer.rows!.filter(([block]) => share.get(block)! < 0.9) };
      };
    return unprotected(blocks.table, (ask) =>
      accuracy(ruled(ask), blocks, dominanceQueries(blocks.table.name), context),
    );
  },
};
