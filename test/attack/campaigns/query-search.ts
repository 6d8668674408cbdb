import { learnedGuesses } from '../learned-guess.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { auc } from '../statistics.ts';
import { ATTRIBUTES, type Blocks, blocksOf, byBlock } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Asked, askAll, unprotected } from './laboratory.ts';

/**
 * B9. Automated search for attacks: multisets of counting queries evolve by how well a classifier guesses the secret from
 * their answers on targets whose secret is known; the best one is judged on targets that it never saw.
 * Source: Cretu et al., "QuerySnout: automating the discovery of attribute inference attacks", CCS 2022.
 */

/** Per known attribute: not mentioned, equal to the target's, different from it; and the same for the secret. */
type Query = readonly (0 | 1 | 2)[];
type Multiset = readonly Query[];

const WIDTH = ATTRIBUTES.length + 2; // the attributes, the serial, the secret
const MULTISET = 8;

/** Random queries, each beside a copy that differs in one place. */
function randomMultiset(random: SeededRandom): Multiset {
  const half = Array.from({ length: MULTISET / 2 }, () => randomQuery(random));
  return half.flatMap((query) => [query, changedOnce(query, random)]);
}

function changedOnce(query: Query, random: SeededRandom): Query {
  const place = random.below(WIDTH);
  return query.map((value, i) => (i === place ? random.pick([0, 1, 2] as const) : value));
}

/** Mentions few attributes, the serial and the secret more often. */
function randomQuery(random: SeededRandom): Query {
  return Array.from({ length: WIDTH }, (_, i) =>
    random.next() < (i < ATTRIBUTES.length ? 0.25 : 0.6) ? random.pick([1, 2] as const) : 0,
  );
}

/** A change of one place, a copy of another query with one change (a pair that differs by one condition), or a new one. */
function mutated(multiset: Multiset, random: SeededRandom): Multiset {
  const position = random.below(multiset.length);
  const fresh = random.below(4) === 0 ? randomQuery(random) : changedOnce(random.pick(multiset), random);
  return multiset.map((query, i) => (i === position ? fresh : query));
}

function sqlOf(query: Query, table: string): string {
  const columns = [...ATTRIBUTES, 'serial'];
  const conditions = query
    .slice(0, -1)
    .flatMap((use, i) => (use === 0 ? [] : [`${columns[i]} ${use === 1 ? '=' : '<>'} 0`]));
  const secret = query.at(-1)!;
  if (secret !== 0) conditions.push(`ill = ${secret === 1 ? 1 : 0}`);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return `SELECT block, count(*) FROM ${table}${where} GROUP BY block`;
}

/** Answers of every block to each query that was ever tried. */
class Answers {
  readonly #known = new Map<string, readonly (number | null)[]>();
  readonly #ask: Asked;
  readonly #blocks: Blocks;

  constructor(ask: Asked, blocks: Blocks) {
    this.#ask = ask;
    this.#blocks = blocks;
  }

  get size(): number {
    return this.#known.size;
  }

  async learn(multisets: readonly Multiset[]): Promise<void> {
    const texts = new Set(multisets.flat().map((query) => sqlOf(query, this.#blocks.table.name)));
    const unknown = [...texts].filter((text) => !this.#known.has(text));
    const answers = await askAll(this.#ask, unknown);
    for (const [i, text] of unknown.entries())
      this.#known.set(
        text,
        byBlock(answers[i]!, this.#blocks.count, 1).map(([value]) => value ?? null),
      );
  }

  /** AUC of guesses over the blocks from `from` up to `to`. */
  quality(multiset: Multiset, from: number, to: number, random: SeededRandom): ReturnType<typeof auc> {
    const columns = multiset.map((query) => this.#known.get(sqlOf(query, this.#blocks.table.name))!);
    const features = Array.from({ length: to - from }, (_, i) => columns.map((column) => column[from + i]!));
    const secrets = this.#blocks.secrets.slice(from, to);
    const guesses = learnedGuesses(features, secrets, random);
    const scores = (kind: boolean) => guesses.filter((_, i) => secrets[i] === kind).map(({ score }) => score);
    return auc(scores(true), scores(false));
  }
}

async function search(ask: Asked, blocks: Blocks, { tiny, random: parent }: CampaignContext): Promise<Measured> {
  const random = parent.fork('search');
  const answers = new Answers(ask, blocks);
  const known = Math.floor(blocks.count / 4);
  const [size, generations] = tiny ? [8, 5] : [16, 14];
  let population = Array.from({ length: size }, () => randomMultiset(random));
  for (let generation = 0; generation < generations; generation += 1) {
    const candidates = [...population, ...population.map((multiset) => mutated(multiset, random))];
    await answers.learn(candidates);
    const judged = candidates.map((multiset) => ({
      multiset,
      fitness: answers.quality(multiset, 0, known, random).value,
    }));
    population = judged
      .sort((a, b) => b.fitness - a.fitness)
      .slice(0, size)
      .map(({ multiset }) => multiset);
  }
  const { value, lower, upper } = answers.quality(population[0]!, known, blocks.count, random);
  const best = population[0]!.map((query) => sqlOf(query, blocks.table.name));
  return { measured: value, lower, upper, detail: { queries: answers.size, judgedOn: blocks.count - known, best } };
}

const populationOf = ({ name, random, tiny }: CampaignContext) =>
  blocksOf({ name: `${name}_search`, blocks: tiny ? 200 : 2_000, people: 50, illShare: 0.5 }, random.fork('search'));

export const QUERY_SEARCH_CAMPAIGN: Campaign = {
  id: 'B9',
  name: 'automated search for queries',
  metric: 'AUC on a secret bit',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0.55 },
  admitted: {
    aggregate: 'plain conditions that pick the same people by chance, and exact sets up to the cap',
    perturbed: 'that a region is full, and sets at the edge of what is near',
  },
  controlBar: { side: 'least', value: 0.9 },
  async attack(context) {
    const blocks = populationOf(context);
    return search((await context.open(blocks.table)).ask, blocks, context);
  },
  control(context) {
    const blocks = populationOf(context);
    return unprotected(blocks.table, (ask) => search(ask, blocks, context));
  },
};
