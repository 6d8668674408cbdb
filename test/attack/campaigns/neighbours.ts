import { blocksOf, byBlock } from './blocks.ts';
import type { Campaign, CampaignContext } from './campaign.ts';
import { type Answer, type Asked, askAll, type CampaignTable, unprotected } from './laboratory.ts';

/**
 * B11. What can come out at all must not depend on one person or on how the data lie: the same rows in another order; one
 * person with an extreme value (2^53 + 1, the largest 64-bit integer, its negative, zero) in a group that its value
 * does not dominate; groups listed by key, not by the data; a large sum exact to its last digit. For perturbed counts
 * also: no noise value that only one of two neighbours can give, and no count from 1 to 2.
 */

interface World {
  readonly name: string;
  readonly rows: CampaignTable['rows'];
}
interface Worlds {
  readonly columns: CampaignTable['columns'];
  readonly base: World;
  readonly others: readonly World[];
}

/** Large enough that no one value dominates a group, and that a sum leaves 64 bits. */
const LARGE = 2n ** 61n;
const EXTREMES: readonly (readonly [string, bigint])[] = [
  ['2^53 + 1', 2n ** 53n + 1n],
  ['zero', 0n],
  ['the largest integer', 2n ** 63n - 1n],
  ['its negative', -(2n ** 63n - 1n)],
];

/** 40 people in two groups, with values around 2^61 (integers) and of many sizes (decimals, summed as doubles in the control). */
function worldsOf({ random: parent, tiny }: CampaignContext): Worlds {
  const random = parent.fork('neighbours');
  const rows = Array.from({ length: 40 }, (_, i) => [
    `person-${i}`,
    BigInt(i % 2),
    i === 0 ? LARGE : LARGE + BigInt(2 * random.below(1000)),
    `${(random.below(10 ** (1 + random.below(9))) / 100).toFixed(2)}`,
  ]);
  const others = EXTREMES.slice(0, tiny ? 1 : EXTREMES.length).map(([name, value]) => ({
    name,
    rows: rows.map((row, i) => (i === 0 ? [row[0]!, row[1]!, value, row[3]!] : row)),
  }));
  const columns: CampaignTable['columns'] = [
    { name: 'id', type: 'text', role: 'identifier' },
    { name: 'g', type: 'integer', role: 'quasi-identifier' },
    { name: 'x', type: 'integer', role: 'measure' },
    { name: 'y', type: 'decimal', role: 'measure' },
  ];
  return {
    columns,
    base: { name: 'base', rows },
    others: [{ name: 'another order', rows: random.shuffle(rows) }, ...others],
  };
}

/** Queries whose answers may differ in values alone; the first two only in nothing where the rows are the same. */
const QUERIES = (table: string): readonly string[] => [
  `SELECT g, sum(y), avg(y), count(*) FROM ${table} GROUP BY g`,
  `SELECT count(*), sum(x) FROM ${table}`,
  `SELECT g, count(*), avg(x) FROM ${table} GROUP BY g`,
  `SELECT g, var_pop(x / 2) FROM ${table} GROUP BY g`,
  `SELECT g, sum(x * 3) FROM ${table} GROUP BY g`,
  `SELECT g FROM ${table} GROUP BY g`,
];

/** Everything but the size of a number: kinds of values, keys and their order, columns, code. */
function supportOf({ rows, shape }: Answer, isGrouped: boolean): string {
  return JSON.stringify([
    shape,
    rows?.map((row) => row.map((value, i) => (i === 0 && isGrouped ? value : typeof value))),
  ]);
}

/** Pairs of world and query whose support differs from the base, or whose values differ where the rows are the same. */
async function differences(
  askWorld: (world: World, table: string) => Promise<Asked>,
  worlds: Worlds,
  name: string,
  sameRowsSameValues: boolean,
): Promise<{ readonly differing: readonly string[]; readonly compared: number }> {
  const all = [worlds.base, ...worlds.others];
  const answers: (readonly Answer[])[] = [];
  for (const [i, world] of all.entries())
    answers.push(await askAll(await askWorld(world, `${name}_${i}`), QUERIES(`${name}_${i}`)));
  const differing: string[] = [];
  for (const [w, world] of worlds.others.entries()) {
    for (const [q, base] of answers[0]!.entries()) {
      const other = answers[w + 1]![q]!;
      const isGrouped = QUERIES('')[q]!.includes('GROUP BY');
      const sameValues = JSON.stringify(base.rows) === JSON.stringify(other.rows);
      if (w === 0 && sameRowsSameValues && !sameValues) differing.push(`${world.name}: values of query ${q + 1}`);
      else if (supportOf(base, isGrouped) !== supportOf(other, isGrouped))
        differing.push(`${world.name}: support of query ${q + 1}`);
    }
  }
  return { differing, compared: worlds.others.length * QUERIES('').length };
}

/** So many cases on one side and none on the other have p < 1e-5 where both sides are as likely to give the value. */
const OFTEN = 12;

/** Noise values that one of two neighbouring sets shows often and the other never; counts that are never released. */
async function noiseSupport(context: CampaignContext): Promise<readonly string[]> {
  const { name, tiny, random } = context;
  const blocks = blocksOf(
    { name: `${name}_support`, blocks: tiny ? 60 : 800, people: 40, illShare: 0.5 },
    random.fork('support'),
  );
  const { ask } = await context.open(blocks.table);
  const sets = [40, 39].map((size) => ({ size, where: `serial >= ${40 - size}` }));
  const noise = await Promise.all(
    sets.map(async ({ size, where }) => {
      const answer = await ask(`SELECT block, count(*) FROM ${blocks.table.name} WHERE ${where} GROUP BY block`);
      return byBlock(answer, blocks.count, 1).flatMap(([n]) => (n === null || n === undefined ? [] : [n - size]));
    }),
  );
  const shares = noise.map((values) => Map.groupBy(values, (value) => value));
  return shares.flatMap((share, i) =>
    [...share]
      .filter(([value, cases]) => cases.length >= OFTEN && !shares[1 - i]!.has(value) && noise[1 - i]!.length > 0)
      .map(([value]) => `noise ${value} in one of two neighbours only`),
  );
}

export const NEIGHBOURS_CAMPAIGN: Campaign = {
  id: 'B11',
  name: 'neighbours: support of outputs, overflow, 2^53 + 1, order',
  metric: 'comparisons in which the support differs',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0 },
  controlBar: { side: 'least', value: 1 },
  async attack(context) {
    const worlds = worldsOf(context);
    const open = async (world: World, name: string) =>
      (await context.open({ name, columns: worlds.columns, rows: world.rows })).ask;
    // Perturbed values of two tables differ: each table has its own keys.
    const { differing, compared } = await differences(open, worlds, `${context.name}_n`, context.mode === 'aggregate');
    const noise = context.mode === 'perturbed' ? await noiseSupport(context) : [];
    return { measured: differing.length + noise.length, detail: { compared, differing: [...differing, ...noise] } };
  },
  /** Sums of doubles in the order of the rows, in an engine that raises on overflow. */
  async control(context) {
    const worlds = worldsOf(context);
    const bare = async (world: World, name: string): Promise<Asked> => {
      const table = { name, columns: worlds.columns, rows: world.rows };
      return (sql) => unprotected(table, (ask) => ask(sql));
    };
    const { differing, compared } = await differences(bare, worlds, `${context.name}_n`, true);
    return { measured: differing.length, detail: { compared, differing } };
  },
};
