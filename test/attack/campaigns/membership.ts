import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auc, meanWithMargin } from '../statistics.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Answer, type Asked, askAll, type CampaignTable, unprotected } from './laboratory.ts';

/**
 * B10. Who is in the data: many random halves of the 1,000 people of PUMS, each released as all margins of one to three
 * of six attributes and as their full table. The attacker knows everybody's attributes and scores each person by the
 * likelihood of the released counts. Source: Homer et al. 2008; Pyrgelis et al., "Knock knock, who's there?", NDSS 2018.
 */

const PUMS = readFileSync(join(import.meta.dirname, '../../fixtures/pums/PUMS_pid.csv'), 'utf8');
const ATTRIBUTES = ['decade', 'sex', 'educ', 'race', 'married', 'money'] as const;
/** Variance of the noise of a perturbed count (release.md). */
const NOISE_VARIANCE = 8;

/** The six attributes of each person: age and income in classes. */
const POOL: readonly (readonly number[])[] = PUMS.trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [age, sex, educ, race, income, married] = line.split(',').map(Number);
    return [Math.floor(age! / 10), sex!, educ!, race!, married!, Math.min(9, Math.floor(income! / 10_000))];
  });

/** Sets of one to three attributes, and all six. */
const MARGINS: readonly (readonly number[])[] = Array.from({ length: 2 ** ATTRIBUTES.length }, (_, mask) =>
  ATTRIBUTES.map((_name, i) => i).filter((i) => (mask >> i) & 1),
).filter(({ length }) => (length >= 1 && length <= 3) || length === ATTRIBUTES.length);

interface Halves {
  readonly table: CampaignTable;
  /** Per half: who of the pool is in it. */
  readonly members: readonly ReadonlySet<number>[];
}

function halvesOf({ name, random, tiny }: CampaignContext): Halves {
  const fork = random.fork('membership');
  const people = [...POOL.keys()];
  const members = Array.from({ length: tiny ? 4 : 40 }, () => new Set(fork.shuffle(people).slice(0, POOL.length / 2)));
  const rows = members.flatMap((half, index) =>
    [...half].map((person) => [`person-${index}-${person}`, BigInt(index), ...POOL[person]!.map(BigInt)]),
  );
  const columns: CampaignTable['columns'] = [
    { name: 'id', type: 'text', role: 'identifier' },
    ...['half', ...ATTRIBUTES].map((column) => ({ name: column, type: 'integer', role: 'quasi-identifier' }) as const),
  ];
  return { table: { name: `${name}_members`, columns, rows }, members };
}

/** AUC over the whole pool, its mean over the halves. */
async function leakage(ask: Asked, { table, members }: Halves, noise: number): Promise<Measured> {
  const queries = MARGINS.map((margin) => {
    const names = margin.map((i) => ATTRIBUTES[i]!).join(', ');
    return `SELECT half, ${names}, count(*) FROM ${table.name} GROUP BY half, ${names}`;
  });
  const answers = await askAll(ask, queries);
  const cells = MARGINS.map((margin) => poolCells(margin));
  const released = answers.map(releasedCells);
  const areas = members.map((half, index) => {
    const scores = POOL.map((_, person) =>
      MARGINS.reduce((total, _margin, m) => {
        const { key, size } = cells[m]!.get(person)!;
        const count = released[m]!.get(`${index}|${key}`);
        // In a random half a cell of `size` people counts size / 2 on average, with variance size / 4; half a person more with this one.
        return count === undefined ? total : total + (count - size / 2) / (size / 4 + noise);
      }, 0),
    );
    const of = (isMember: boolean) => scores.filter((_, person) => half.has(person) === isMember);
    return auc(of(true), of(false)).value;
  });
  const { mean, margin } = meanWithMargin(areas);
  const shown = released.reduce((total, margins) => total + margins.size, 0);
  return {
    measured: mean,
    lower: mean - margin,
    upper: mean + margin,
    detail: { halves: members.length, cellsShown: shown },
  };
}

/** For each person the cell of a margin that it is in, and how many of the pool are. */
function poolCells(margin: readonly number[]): ReadonlyMap<number, { readonly key: string; readonly size: number }> {
  const keyOf = (person: number) => margin.map((i) => POOL[person]![i]!).join();
  const sizes = new Map<string, number>();
  for (const person of POOL.keys()) sizes.set(keyOf(person), (sizes.get(keyOf(person)) ?? 0) + 1);
  return new Map([...POOL.keys()].map((person) => [person, { key: keyOf(person), size: sizes.get(keyOf(person))! }]));
}

function releasedCells({ rows }: Answer): ReadonlyMap<string, number> {
  const shown = (rows ?? []).filter((row) => !row.includes(null));
  return new Map(shown.map(([half, ...rest]) => [`${half}|${rest.slice(0, -1).join()}`, Number(rest.at(-1))]));
}

export const MEMBERSHIP_CAMPAIGN: Campaign = {
  id: 'B10',
  name: 'membership inference on released tables',
  metric: 'AUC',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 0.55 },
  admitted: { aggregate: 'forty-two exact tables of 500 people', perturbed: 'forty-two tables of 500 people' },
  controlBar: { side: 'least', value: 0.9 },
  async attack(context) {
    const halves = halvesOf(context);
    const { ask } = await context.open(halves.table);
    return leakage(ask, halves, context.mode === 'perturbed' ? NOISE_VARIANCE : 0);
  },
  control(context) {
    const halves = halvesOf(context);
    return unprotected(halves.table, (ask) => leakage(withAbsentCells(ask), halves, 0));
  },
};

/** Unprotected, a cell that is absent counts zero: that nobody is there is told as well. */
function withAbsentCells(ask: Asked): Asked {
  return async (sql) => {
    const answer = await ask(sql);
    const names = /SELECT half, (.*), count/.exec(sql)![1]!.split(', ');
    const margin = names.map((name) => ATTRIBUTES.indexOf(name as (typeof ATTRIBUTES)[number]));
    const rows = new Map(answer.rows!.map((row) => [row.slice(0, -1).join(), row]));
    const halves = new Set(answer.rows!.map(([half]) => half));
    for (const half of halves)
      for (const person of POOL) {
        const key = [half, ...margin.map((i) => person[i]!)];
        if (!rows.has(key.join())) rows.set(key.join(), [...key, 0]);
      }
    return { ...answer, rows: [...rows.values()] };
  };
}
