import { createHash } from 'node:crypto';
import { independence } from '../statistics.ts';
import { type Blocks, blocksOf, byBlock, minus } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Asked, askAll, unprotected } from './laboratory.ts';

/**
 * B8. Cell keys are sums of record keys, so that key(A ∪ B) = key(A) + key(B) for sets without common members. Noise
 * taken from keys must not inherit that: noise(A), noise(B) and noise(A ∪ B) must be independent. An auditor who knows
 * the true counts looks at the noise itself. Two tests: noise(A ∪ B) against noise(A) + noise(B), and against noise(A).
 */

const HALVES = ['serial < 30', 'serial >= 30', 'serial >= 0'] as const;

/** p of independence, the smaller of the two tests times two (Bonferroni). */
async function relation(ask: Asked, blocks: Blocks): Promise<Measured> {
  const queries = HALVES.map(
    (where) => `SELECT block, count(*) FROM ${blocks.table.name} WHERE ${where} GROUP BY block`,
  );
  const counts = (await askAll(ask, queries)).map((answer) => byBlock(answer, blocks.count, 1));
  const sizes = blocks.people.map((people) => {
    const low = people.filter(({ serial }) => serial < 30).length;
    return [low, people.length - low, people.length];
  });
  const noise = sizes
    .map((size, block) => size.map((n, set) => minus(counts[set]![block]![0], n)))
    .filter((row): row is number[] => !row.includes(null));
  const tests = [
    independence(crossTable(noise.map(([a, b, union]) => [a! + b!, union!]))),
    independence(crossTable(noise.map(([a, , union]) => [a!, union!]))),
  ];
  const measured = noise.length === 0 ? 1 : Math.min(1, 2 * Math.min(...tests.map(({ p }) => p)));
  return { measured, detail: { triples: noise.length, bits: tests.map(({ bits }) => Number(bits.toFixed(4))) } };
}

/** Counts of pairs, each value as it is. */
function crossTable(pairs: readonly (readonly [number, number])[]): readonly (readonly number[])[] {
  const values = (side: 0 | 1) => [...new Set(pairs.map((pair) => pair[side]))].sort((a, b) => a - b);
  const [rows, columns] = [values(0), values(1)];
  const table = rows.map(() => columns.map(() => 0));
  for (const [a, b] of pairs) table[rows.indexOf(a)]![columns.indexOf(b)]! += 1;
  return table;
}

const populationOf = ({ name, random, tiny }: CampaignContext, part = '') =>
  blocksOf(
    { name: `${name}_keys${part}`, blocks: tiny ? 150 : 2_000, people: 60, illShare: 0.5 },
    random.fork(`keys${part}`),
  );

/** A noise level that is the key itself, as in the first ABS method: additive like the key. */
function additiveNoise(blocks: Blocks, exact: Asked): Asked {
  const key = (block: number, serial: number) =>
    createHash('sha256').update(`${block} ${serial}`).digest().readUInt32LE() / 2 ** 32;
  return async (sql) => {
    const answer = await exact(sql);
    const inside = (serial: number) => sql.includes('>= 0') || (sql.includes(HALVES[0]) ? serial < 30 : serial >= 30);
    const rows = answer.rows!.map(([block, n]) => {
      const members = blocks.people[Number(block)]!.filter(({ serial }) => inside(serial));
      const sum = members.reduce((total, { serial }) => total + key(Number(block), serial), 0);
      return [block, Number(n) + Math.floor((sum % 1) * 11) - 5];
    });
    return { ...answer, rows };
  };
}

export const KEY_ALGEBRA_CAMPAIGN: Campaign = {
  id: 'B8',
  name: 'key algebra: noise of A, B and A ∪ B',
  metric: 'p that they are independent',
  modes: ['perturbed'],
  bar: { side: 'least', value: 0.01 },
  controlBar: { side: 'most', value: 0.01 },
  /** A p below the bar happens once in a hundred by chance: it counts when fresh people confirm it. */
  async attack(context) {
    const blocks = populationOf(context);
    const first = await relation((await context.open(blocks.table)).ask, blocks);
    if (first.measured >= 0.01) return first;
    const again = populationOf(context, '_again');
    const second = await relation((await context.open(again.table)).ask, again);
    return { ...second, detail: { ...second.detail, firstP: first.measured } };
  },
  control(context) {
    const blocks = populationOf(context);
    return unprotected(blocks.table, (ask) => relation(additiveNoise(blocks, ask), blocks));
  },
};
