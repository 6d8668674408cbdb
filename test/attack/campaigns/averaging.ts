import { shareOf } from '../guess-quality.ts';
import { type Blocks, blocksOf, byBlock } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Answer, type Asked, askAll, unprotected } from './laboratory.ts';

/**
 * B4. A count whose noise is fixed, rebuilt as the sum of parts in many ways: each partition draws new noise, and the
 * average over partitions loses it. Exact counts are what mode `aggregate` gives anyway: only `perturbed` is attacked.
 */

interface Partition {
  readonly parts: number;
  readonly query: string;
}

/** The people of a block split by a residue of their serials, which an attacker knows. */
function partitionsOf(table: string, count: number): readonly Partition[] {
  return Array.from({ length: count }, (_, i) => {
    const parts = 2 + (i % 2);
    const split = `(serial * serial * ${7 + 2 * i} + serial * ${11 + 3 * i} + ${i}) % 1009 % ${parts}`;
    return { parts, query: `SELECT block, ${split} AS part, count(*) FROM ${table} GROUP BY block, part` };
  });
}

/** Per block, the best estimate of its count: complete partitions, weighted by how little noise they have. */
async function exactShare(ask: Asked, blocks: Blocks, partitions: readonly Partition[]): Promise<Measured> {
  const direct = byBlock(await ask(`SELECT block, count(*) FROM ${blocks.table.name} GROUP BY block`), blocks.count, 1);
  const answers = await askAll(
    ask,
    partitions.map(({ query }) => query),
  );
  const sums = answers.map((answer, i) => partSums(answer, blocks.count, partitions[i]!.parts));
  let used = 0;
  const exact = blocks.people.filter((people, block) => {
    const estimates = [{ value: direct[block]![0] ?? null, weight: 1 }].concat(
      sums.map((sum, i) => ({ value: sum[block] ?? null, weight: 1 / partitions[i]!.parts })),
    );
    const known = estimates.filter(({ value }) => value !== null);
    used += known.length;
    const weight = known.reduce((total, one) => total + one.weight, 0);
    const mean = known.reduce((total, one) => total + one.weight * one.value!, 0) / weight;
    return Math.round(mean) === people.length;
  }).length;
  return { ...shareOf(exact, blocks.count), detail: { estimatesPerSet: Math.round(used / blocks.count) } };
}

/** Sums over the parts of each block; null where a part is hidden. */
function partSums({ rows }: Answer, count: number, parts: number): readonly (number | null)[] {
  const seen = Array.from({ length: count }, () => [] as number[]);
  for (const [block, , n] of rows ?? []) if (block !== null && n !== null) seen[Number(block)]!.push(Number(n));
  return seen.map((values) => (values.length === parts ? values.reduce((a, b) => a + b, 0) : null));
}

const populationOf = ({ name, random, tiny }: CampaignContext) => {
  const fork = random.fork('averaging');
  const blocks = blocksOf({ name: `${name}_avg`, blocks: tiny ? 20 : 1_000, people: 80, illShare: 0.5 }, fork);
  // Counts that nobody could guess: each block loses up to 20 people.
  const people = blocks.people.map((population) => population.slice(0, 60 + fork.below(21)));
  const kept = new Set(
    people.flatMap((population, block) => population.map(({ serial }) => `person-${block}-${serial}`)),
  );
  const rows = blocks.table.rows.filter(([id]) => kept.has(String(id)));
  return { ...blocks, people, table: { ...blocks.table, rows } };
};

/** Of which a control needs all, and the cap ends the attack after some. */
const PARTITIONS = 200;
const PARTITIONS_ASKED = 60;

export const AVERAGING_CAMPAIGN: Campaign = {
  id: 'B4',
  name: 'partition averaging until denied',
  metric: 'share of counts found exactly',
  modes: ['perturbed'],
  bar: { side: 'most', value: 0.3 },
  controlBar: { side: 'least', value: 0.9 },
  async attack(context) {
    const blocks = populationOf(context);
    const partitions = partitionsOf(blocks.table.name, context.tiny ? 20 : PARTITIONS_ASKED);
    return exactShare((await context.open(blocks.table)).ask, blocks, partitions);
  },
  /** Noise of variance 3, new for each set, and no cap. */
  control(context) {
    const blocks = populationOf(context);
    const random = context.random.fork('uncapped noise');
    return unprotected(blocks.table, (ask) => {
      const noisy: Asked = async (sql) => {
        const answer = await ask(sql);
        const rows = answer.rows!.map((row) =>
          row.map((value, i) =>
            i === row.length - 1 ? Number(value) + Math.round(Math.sqrt(3) * random.normal()) : value,
          ),
        );
        return { ...answer, rows };
      };
      return exactShare(noisy, blocks, partitionsOf(blocks.table.name, PARTITIONS));
    });
  },
};
