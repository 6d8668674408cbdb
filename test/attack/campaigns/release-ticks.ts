import { kolmogorovSmirnov } from '../statistics.ts';
import { blocksOf, declared, rowsOf } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Asked, type CampaignTable, unprotected } from './laboratory.ts';

/**
 * B12. Time: two tables that differ in one person's bit; queries whose work would be large for that person only. What is
 * released about time is the tick at which a job left; its distribution must not tell the tables apart.
 */

const FIRST_TICK_MS = 25;
const RATIO = 1.5;

/** The number of the tick, as the job's own times tell it. */
const tickOf = (ms: number): number =>
  Math.max(0, Math.round(Math.log(Math.max(ms, 1) / FIRST_TICK_MS) / Math.log(RATIO)));

interface Neighbours {
  readonly tables: readonly [CampaignTable, CampaignTable];
}

function neighboursOf({ name, random }: CampaignContext): Neighbours {
  const blocks = blocksOf({ name, blocks: 1, people: 400, illShare: 0 }, random.fork('ticks'));
  const world = (ill: number): CampaignTable => ({
    ...blocks.table,
    name: `${name}_ticks${ill}`,
    rows: rowsOf(blocks.people.map((people) => people.map((person, i) => (i === 0 ? { ...person, ill } : person)))),
  });
  return { tables: [world(0), world(1)] };
}

/** Much to do for the target with the bit. Half of them are an ordinary query, half are made to be slow. */
const LONG = "rpad(CAST(pay AS varchar), 2000, 'a')";
/** WHY the round in the answer: the same question again would get the stored answer, without the work. */
const HEAVY = (table: string, round: number): readonly string[] => [
  `SELECT a1, count(*), avg(pay), ${round} AS round FROM ${table} GROUP BY a1`,
  `SELECT count(*), ${round} AS round FROM ${table} WHERE CASE WHEN serial = 0 AND ill = 1 THEN ${LONG} LIKE '%a%_b' ELSE true END`,
];

/** The same in mode `dp`, where work that one person could make large is refused: what is left, with a round that changes no row. */
const PRIVATE_WORK = (table: string, round: number): readonly string[] => [
  `SELECT count(*), avg(pay), sum(ill) FROM ${table} WHERE serial >= ${-round}`,
  `SELECT count(*) FROM ${table} WHERE serial >= ${-round} AND CASE WHEN serial = 0 AND ill = 1 THEN exp(sqrt(ln(pay + 1.0))) ELSE 1 END > 0`,
];
/** So that all rounds are answered. */
const PRIVATE_RHO = 1e-4;

/** Runs the two tables' queries in turns; p of "both have one distribution of times", Bonferroni over the queries. */
async function indistinguishable(
  asks: readonly [Asked, Asked],
  queriesOf: (round: number) => readonly (readonly string[])[],
  rounds: number,
  time: (ms: number) => number,
): Promise<Measured> {
  const times = queriesOf(0)[0]!.map(() => [[], []] as [number[], number[]]);
  for (let round = 0; round < rounds; round += 1) {
    const queries = queriesOf(round);
    for (const [q] of queries[0]!.entries()) {
      // WHY in turns, the order changing: what else the machine does must hit both alike.
      const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
      for (const side of order) times[q]![side].push(time((await asks[side](queries[side]![q]!)).lastedMs));
    }
  }
  const ps = times.map(([a, b]) => kolmogorovSmirnov(a, b));
  const median = times.map((sides) => sides.map((values) => values.toSorted((a, b) => a - b)[values.length >> 1]!));
  return { measured: Math.min(1, times.length * Math.min(...ps)), detail: { rounds, p: ps, median } };
}

export const RELEASE_TICKS_CAMPAIGN: Campaign = {
  id: 'B12',
  name: 'time of neighbours, by released tick',
  metric: 'p that both tables have one distribution',
  modes: ['aggregate', 'perturbed', 'dp'],
  bar: { side: 'least', value: 0.01 },
  controlBar: { side: 'most', value: 0.01 },
  async attack(context) {
    const { tables } = neighboursOf(context);
    const isPrivate = context.mode === 'dp';
    const open = async (table: CampaignTable) =>
      (await (isPrivate ? context.open(declared(table), PRIVATE_RHO) : context.open(table))).ask;
    const asks = [await open(tables[0]), await open(tables[1])] as const;
    const rounds = context.tiny ? 20 : 150;
    const work = isPrivate ? PRIVATE_WORK : HEAVY;
    const queries = (from: number) => (round: number) => tables.map(({ name }) => work(name, from + round));
    const first = await indistinguishable(asks, queries(0), rounds, tickOf);
    // Once in a hundred by chance: a second run must confirm it.
    return first.measured >= 0.01 ? first : await indistinguishable(asks, queries(rounds), rounds, tickOf);
  },
  control(context) {
    const { tables } = neighboursOf(context);
    const queries = (round: number) => tables.map(({ name }) => HEAVY(name, round));
    return unprotected(tables[0], (a) =>
      unprotected(tables[1], (b) => indistinguishable([a, b], queries, context.tiny ? 20 : 60, (ms) => ms)),
    );
  },
};
