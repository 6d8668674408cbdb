import { createRequire } from 'node:module';
import type { Highs } from 'highs';
import { shareOf } from '../guess-quality.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { sum } from '../statistics.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Answer, type Asked, askAll, type CampaignTable, unprotected } from './laboratory.ts';

/**
 * B6. All margins of a table published one by one: what the shown cells leave open about each hidden one, by linear
 * programming over the cells of the full table. A hidden cell of the margins is disclosed where its interval is
 * narrower than its protection level, which cells have that are hidden for what they hold: in mode `perturbed` those that noise may hide
 * for their few people. A larger one is hidden by the cap on distinct sets alone, lest its number be one more; such are told apart. Source: Fischetti, Salazar 2000; Hundepool et al., "Statistical Disclosure
 * Control", 2012, 4.2.2 (safety range of the frequency rule: 30 %).
 */

// WHY require: its declarations describe the CommonJS build, whose export is the loader itself.
const loadHighs = createRequire(import.meta.url)('highs') as () => Promise<Highs>;

/** Sizes of the four dimensions. */
const SIZES = [3, 2, 4, 3] as const;
const CELLS = SIZES.reduce<number>((product, size) => product * size, 1);
/** Largest distance of a perturbed count from the true one (release.md). Exact counts: 0. */
const NOISE_MAX = 8;
const SAFETY_SHARE = 0.3;
/** Of so many people a cell shows whatever its noise in mode `perturbed`: the threshold of ten, and the largest noise. */
const SURELY_SHOWN = 18;

interface Population {
  readonly table: CampaignTable;
  /** True counts of each full cell, per block. */
  readonly counts: readonly (readonly number[])[];
}

/** The four coordinates of a full cell. */
const COORDINATES: readonly (readonly number[])[] = SIZES.reduce<readonly (readonly number[])[]>(
  (cells, size) => cells.flatMap((cell) => Array.from({ length: size }, (_, value) => [...cell, value])),
  [[]],
);
const NAMES = SIZES.map((_, i) => `d${i + 1}`);
/** Sets of two or three dimensions. */
const MARGINS: readonly (readonly number[])[] = Array.from({ length: 2 ** SIZES.length }, (_, mask) =>
  [0, 1, 2, 3].filter((i) => (mask >> i) & 1),
).filter(({ length }) => length === 2 || length === 3);

function populationOf({ name, random, tiny }: CampaignContext): Population {
  const fork = random.fork('linked tables');
  const blocks = tiny ? 2 : 8;
  const counts = Array.from({ length: blocks }, () => skewedCounts(fork));
  const rows = counts.flatMap((cells, block) =>
    cells.flatMap((count, cell) =>
      Array.from({ length: count }, (_, i) => [
        `person-${block}-${cell}-${i}`,
        BigInt(block),
        ...COORDINATES[cell]!.map(BigInt),
      ]),
    ),
  );
  const columns: CampaignTable['columns'] = [
    { name: 'id', type: 'text', role: 'identifier' },
    ...['block', ...NAMES].map((column) => ({ name: column, type: 'integer', role: 'quasi-identifier' }) as const),
  ];
  return { table: { name: `${name}_linked`, columns, rows }, counts };
}

/** As real tables are: a few large cells, many small ones. */
const skewedCounts = (random: SeededRandom): readonly number[] =>
  COORDINATES.map(() => Math.floor(3 * Math.exp(1.1 * random.normal())));

/** A published margin cell of one block: which full cells it sums, and what is shown of it. */
interface MarginCell {
  readonly members: readonly number[];
  readonly shown: number | null;
}

function marginCells(margin: readonly number[], answer: Answer, block: number): readonly MarginCell[] {
  const shown = new Map(
    (answer.rows ?? [])
      .filter((row) => row[0] !== null && Number(row[0]) === block && row.at(-1) !== null)
      .map((row) => [row.slice(1, -1).map(Number).join(), Number(row.at(-1))]),
  );
  const key = (cell: number) => margin.map((dimension) => COORDINATES[cell]![dimension]!).join();
  const groups = Map.groupBy(COORDINATES.keys(), key);
  return [...groups].map(([text, members]) => ({ members, shown: shown.get(text) ?? null }));
}

/** Hidden margin cells and how many of them are narrower than their protection level. */
async function narrow(ask: Asked, { table, counts }: Population, noiseMax: number): Promise<Measured> {
  const queries = MARGINS.map((margin) => {
    const names = margin.map((dimension) => NAMES[dimension]!).join(', ');
    return `SELECT block, ${names}, count(*) FROM ${table.name} GROUP BY block, ${names}`;
  });
  const answers = await askAll(ask, queries);
  const highs = await loadHighs();
  let [hidden, disclosed, ofCap, shown] = [0, 0, 0, 0];
  for (const [block, truth] of counts.entries()) {
    const cells = MARGINS.flatMap((margin, i) => marginCells(margin, answers[i]!, block));
    shown += cells.filter((cell) => cell.shown !== null).length;
    for (const cell of cells.filter((one) => one.shown === null)) {
      const count = sum(cell.members.map((member) => truth[member]!));
      const width = widthOf(highs, cell, cells, noiseMax);
      hidden += 1;
      if (width >= 2 * Math.max(1, SAFETY_SHARE * count) - 1e-6) continue;
      if (noiseMax > 0 && count >= SURELY_SHOWN) ofCap += 1;
      else disclosed += 1;
    }
  }
  return { measured: disclosed, detail: { shown, hidden, ofCap, upperOfShare: shareOf(disclosed, hidden).upper } };
}

/** How far the largest and the smallest value of a hidden cell lie apart that what is shown allows. */
function widthOf(highs: Highs, cell: MarginCell, cells: readonly MarginCell[], noiseMax: number): number {
  const constraints = cells
    .filter(({ shown }) => shown !== null)
    .map(({ members, shown }, i) => {
      const total = members.map((member) => `x${member}`).join(' + ');
      if (noiseMax === 0) return ` c${i}: ${total} = ${shown}`;
      return ` l${i}: ${total} >= ${shown! - noiseMax}\n u${i}: ${total} <= ${shown! + noiseMax}`;
    });
  const objective = cell.members.map((member) => `x${member}`).join(' + ');
  // WHY a bound of all: an unbounded programme has no value, and nobody doubts that a city has at most so many people.
  const bounds = Array.from({ length: CELLS }, (_, i) => ` 0 <= x${i} <= 100000`);
  const solve = (sense: string): number | null => {
    const text = `${sense}\n obj: ${objective}\nSubject To\n${constraints.join('\n')}\nBounds\n${bounds.join('\n')}\nEnd`;
    const solution = highs.solve(text);
    return solution.Status === 'Optimal' ? solution.ObjectiveValue : null;
  };
  if (constraints.length === 0) return Number.POSITIVE_INFINITY;
  const [low, high] = [solve('Minimize'), solve('Maximize')];
  // What contradicts itself tells nothing by this procedure.
  return low === null || high === null ? Number.POSITIVE_INFINITY : high - low;
}

export const LINKED_TABLES_CAMPAIGN: Campaign = {
  id: 'B6',
  name: 'linked tables: all 2- and 3-way margins',
  metric: 'hidden cells narrower than their protection level',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0 },
  admitted: {
    aggregate: 'margins that are asked one by one are suppressed one by one',
    perturbed: 'nothing more is hidden for the sake of a cell that the cap hides',
  },
  controlBar: { side: 'least', value: 1 },
  async attack(context) {
    const population = populationOf(context);
    const { ask } = await context.open(population.table);
    return narrow(ask, population, context.mode === 'perturbed' ? NOISE_MAX : 0);
  },
  /** The threshold alone: cells of fewer than ten are hidden, and no others. */
  control(context) {
    const population = populationOf(context);
    return unprotected(population.table, (ask) => {
      const thresholded: Asked = async (sql) => {
        const answer = await ask(sql);
        return { ...answer, rows: answer.rows!.filter((row) => Number(row.at(-1)) >= 10) };
      };
      return narrow(thresholded, population, 0);
    });
  },
};
