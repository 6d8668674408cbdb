import { shareOf } from '../guess-quality.ts';
import { median } from '../statistics.ts';
import { type Blocks, blocksOf, byBlock } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Asked, askAll, unprotected } from './laboratory.ts';

/**
 * B3. Denning's trackers: the target's exact pay from sums over sets that are all large. Individual: sum(A) − sum(A ∧ ¬B).
 * General, for a T that the target need not be in: sum(C ∨ T) + sum(C ∨ ¬T) − sum(T) − sum(¬T).
 * Source: Denning, Denning, Schwartz, "The tracker: a threat to statistical database security", 1979.
 */

interface Term {
  readonly sign: 1 | -1;
  readonly where: string;
}
const C = 'serial = 0';
const individual = (a: string): readonly Term[] => [
  { sign: 1, where: a },
  { sign: -1, where: `${a} AND NOT (${C})` },
];
const general = (t: string): readonly Term[] => [
  { sign: 1, where: `${C} OR ${t}` },
  { sign: 1, where: `${C} OR NOT (${t})` },
  { sign: -1, where: t },
  { sign: -1, where: `NOT (${t})` },
];
const INDIVIDUAL = ['true', 'serial < 50', 'a1 = 0', 'a2 = 0', 'serial < 45 AND a3 < 2'].map(individual);
const GENERAL = ['a1 = 1', 'a2 = 2', 'serial BETWEEN 20 AND 50', 'serial % 2 = 1', 'a3 > 0 AND serial > 10'].map(
  general,
);

/** Targets whose pay comes out exactly, by the median over several trackers. */
async function recovered(ask: Asked, blocks: Blocks, trackers: readonly (readonly Term[])[]): Promise<number> {
  const terms = trackers.flat();
  const queries = terms.map(
    ({ where }) => `SELECT block, sum(pay) FROM ${blocks.table.name} WHERE ${where} GROUP BY block`,
  );
  const sums = (await askAll(ask, queries)).map((answer) => byBlock(answer, blocks.count, 1));
  return blocks.pays.filter((pay, block) => {
    let term = 0;
    const estimates = trackers.map((tracker) =>
      tracker.reduce<number | null>((total, { sign }) => {
        const value = sums[term++]![block]![0] ?? null;
        return total === null || value === null ? null : total + sign * value;
      }, 0),
    );
    const known = estimates.filter((estimate) => estimate !== null);
    return known.length > 0 && Math.abs(median(known) - pay) < 0.5;
  }).length;
}

/** WHY two tables: what the one kind uses up of a guard's patience must not protect from the other. */
function populationsOf({ name, random, tiny }: CampaignContext): readonly [Blocks, Blocks] {
  const one = (kind: string) =>
    blocksOf({ name: `${name}_${kind}`, blocks: tiny ? 20 : 200, people: 80, illShare: 0.5 }, random.fork(kind));
  return [one('individual'), one('general')];
}

function measuredOf(blocks: readonly [Blocks, Blocks], found: readonly [number, number]): Measured {
  const detail = { individual: found[0], general: found[1], targetsOfEach: blocks[0].count };
  return { ...shareOf(found[0] + found[1], blocks[0].count + blocks[1].count), detail };
}

export const TRACKER_CAMPAIGN: Campaign = {
  id: 'B3',
  name: 'individual and general tracker',
  metric: 'share of targets whose value is recovered exactly',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0.01 },
  controlBar: { side: 'least', value: 1 },
  async attack(context) {
    const blocks = populationsOf(context);
    const [a, b] = [await context.open(blocks[0].table), await context.open(blocks[1].table)];
    const found = [await recovered(a.ask, blocks[0], INDIVIDUAL), await recovered(b.ask, blocks[1], GENERAL)] as const;
    return measuredOf(blocks, found);
  },
  async control(context) {
    const blocks = populationsOf(context);
    const run = (which: 0 | 1, trackers: typeof GENERAL) =>
      unprotected(blocks[which].table, (ask) => recovered(ask, blocks[which], trackers));
    return measuredOf(blocks, [await run(0, INDIVIDUAL), await run(1, GENERAL)]);
  },
};
