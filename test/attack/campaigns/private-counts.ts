import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { guessCeiling } from '../../dp/guess-ceiling.ts';
import { shareOf } from '../guess-quality.ts';
import { auc } from '../statistics.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Answer, type Asked, askAll, type CampaignTable, unprotected } from './laboratory.ts';
import { privateTable } from './private-table.ts';

/**
 * B2, B4 and B10 in mode `dp`: ten accounts of two organisations ask for the same sums in other words until everybody is refused, each at the price that
 * takes all that the accounts bear in the fewest answers. One person of each group is the target; what the attacker makes of the answers is averaged. The bar
 * is what ρ admits, Φ(√(2ρ)/2) for one bit and Φ(√ρ) for the area under the curve, and .03 for the width of the measurement.
 */

/** Seven answers take what an organisation bears, two what a person does. */
const RHO = 0.0121;
/** More than the accounts bear: the last ones are refused. */
const ANSWERS = 20;
const { resourceRho } = DEFAULT_PROFILE.privacyBudgets;
const WIDTH = 0.03;

interface Groups {
  readonly tables: readonly CampaignTable[];
  /** Per table and group: the target's bit, and the sum of the others'. */
  readonly secrets: readonly (readonly boolean[])[];
  readonly others: readonly (readonly number[])[];
}

/** A target and two others in each group of a public list, one row a person. */
function groupsOf({ name, random, tiny }: CampaignContext): Groups {
  const fork = random.fork('private counts');
  const [tables, groups] = tiny ? [1, 200] : [8, 500];
  const bits = Array.from({ length: tables }, () =>
    Array.from({ length: groups }, () => [0, 1, 2].map(() => fork.below(2))),
  );
  return {
    tables: bits.map((of, table) => privateTable(`${name}_${table}`, of)),
    secrets: bits.map((of) => of.map(([target]) => target === 1)),
    others: bits.map((of) => of.map(([, a, b]) => a! + b!)),
  };
}

/** Conditions that all rows meet, each another question; and all but the target. */
const everybody = (table: string, round: number): string =>
  `SELECT g, sum(bit) AS n FROM ${table} WHERE serial >= ${-round} GROUP BY g`;
const allButTargets = (table: string, round: number): string =>
  `SELECT g, sum(bit) AS n FROM ${table} WHERE serial >= ${-round} AND serial <> 0 GROUP BY g`;

type Question = (table: string, round: number) => string;

/** Means per group of what was answered; how many were. */
async function meansOf(ask: Asked, questions: readonly string[], groups: number) {
  const answers = (await askAll(ask, questions)).filter(({ rows }) => rows !== null);
  const sums = Array.from({ length: groups }, (_, group) => answers.reduce((sum, one) => sum + valueAt(one, group), 0));
  return { means: sums.map((sum) => sum / Math.max(1, answers.length)), answered: answers.length };
}

function valueAt({ rows }: Answer, group: number): number {
  return Number(rows!.find(([g]) => g === `g${group}`)?.[1] ?? 0);
}

interface Estimates {
  /** Of each target's bit, of all tables. */
  readonly estimates: readonly number[];
  readonly secrets: readonly boolean[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Everybody's sums less what is known of the others, or less those without the target. */
async function estimatesOf(
  open: (table: CampaignTable) => Promise<Asked>,
  world: Groups,
  isDifference: boolean,
): Promise<Estimates> {
  const estimates: number[] = [];
  const answered: number[] = [];
  for (const [at, table] of world.tables.entries()) {
    const ask = await open(table);
    const others = world.others[at]!;
    const of = (question: Question, count: number) =>
      meansOf(
        ask,
        Array.from({ length: count }, (_, round) => question(table.name, round)),
        others.length,
      );
    const all = await of(everybody, isDifference ? 7 : ANSWERS);
    const rest = isDifference ? await of(allButTargets, ANSWERS) : { means: others, answered: 0 };
    estimates.push(...all.means.map((mean, group) => mean - rest.means[group]!));
    answered.push(all.answered + rest.answered);
  }
  return { estimates, secrets: world.secrets.flat(), detail: { targets: world.secrets.flat().length, answered } };
}

function rightGuesses({ estimates, secrets, detail }: Estimates): Measured {
  const right = estimates.filter((estimate, at) => estimate > 0.5 === secrets[at]).length;
  return { ...shareOf(right, secrets.length), detail };
}

function areaUnderCurve({ estimates, secrets, detail }: Estimates): Measured {
  const of = (bit: boolean) => estimates.filter((_, at) => secrets[at] === bit);
  const { value, lower, upper } = auc(of(true), of(false));
  return { measured: value, lower, upper, detail };
}

function campaignOf(
  facts: Pick<Campaign, 'id' | 'name' | 'metric'>,
  bar: number,
  isDifference: boolean,
  measure: (estimates: Estimates) => Measured,
): Campaign {
  return {
    ...facts,
    modes: ['dp'],
    bar: { side: 'most', value: bar + WIDTH },
    controlBar: { side: 'least', value: 0.99 },
    async attack(context) {
      const open = async (table: CampaignTable) => (await context.open(table, RHO)).ask;
      return measure(await estimatesOf(open, groupsOf(context), isDifference));
    },
    async control(context) {
      const world = groupsOf(context);
      const open =
        async (table: CampaignTable): Promise<Asked> =>
        (sql) =>
          unprotected(table, (ask) => ask(sql));
      return measure(await estimatesOf(open, world, isDifference));
    },
  };
}

export const PRIVATE_DIFFERENCING_CAMPAIGN = campaignOf(
  { id: 'B2', name: 'differencing until everybody is refused, 10 accounts', metric: 'share of right guesses' },
  guessCeiling(resourceRho),
  true,
  rightGuesses,
);
export const PRIVATE_AVERAGING_CAMPAIGN = campaignOf(
  { id: 'B4', name: 'averaging until everybody is refused, 10 accounts', metric: 'share of right guesses' },
  guessCeiling(resourceRho),
  false,
  rightGuesses,
);
export const PRIVATE_MEMBERSHIP_CAMPAIGN = campaignOf(
  { id: 'B10', name: 'membership by all that everybody may ask', metric: 'AUC' },
  // Two Gaussians √(2ρ) deviations apart.
  guessCeiling(2 * resourceRho),
  false,
  areaUnderCurve,
);
