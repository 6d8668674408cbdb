import type { SeededRandom } from '../seeded-random.ts';
import { blocksOf } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Asked, askAll, unprotected } from './laboratory.ts';

/** B1. One set of people, written in many ways: averaging by rewriting gains nothing where all answers are alike. */

type Rewriting = (text: string, random: SeededRandom) => string;

/** Ways to write `column = 0` over whole numbers from 0 on; each is meant for every such column. */
const IS_ZERO: readonly ((column: string) => string)[] = [
  (c) => `${c} = 0`,
  (c) => `0 = ${c}`,
  (c) => `${c} < 1`,
  (c) => `NOT ${c} > 0`,
  (c) => `${c} + 7 = 7`,
  (c) => `${c} * 3 = 0`,
  (c) => `${c} IN (0)`,
  (c) => `${c} IN (0, 17, 99)`,
  (c) => `${c} BETWEEN 0 AND 0`,
  (c) => `${c} BETWEEN -5 AND 0.5`,
  (c) => `${c} <> 1 AND ${c} <> 2`,
  (c) => `NOT (${c} = 1 OR ${c} = 2)`,
  (c) => `abs(${c}) = 0`,
  (c) => `${c} % 3 = 0`,
  (c) => `${c} // 1 = 0`,
  (c) => `CASE WHEN ${c} > 0 THEN false ELSE true END`,
  (c) => `coalesce(${c}, 5) = 0`,
  (c) => `CAST(${c} AS varchar) = '0'`,
  (c) => `${c} IS NOT DISTINCT FROM 0`,
  (c) => `greatest(${c}, 0) = 0`,
];
/** True of everybody. */
const DUMMIES = ['true', '1 = 1', 'serial >= 0', 'a2 IN (0, 1, 2)', 'block IS NOT NULL', "'x' LIKE 'x%'", 'a3 < 10'];

const addDummy: Rewriting = (text, random) => `${text} AND ${random.pick(DUMMIES)}`;
const doubled: Rewriting = (text) => `(${text}) AND (${text})`;
const orFalse: Rewriting = (text) => `(${text}) OR 1 = 2`;
const twiceNegated: Rewriting = (text) => `NOT (NOT (${text}))`;
const REWRITINGS: readonly Rewriting[] = [addDummy, doubled, orFalse, twiceNegated, (text) => text];

/** Where the people stand; each is asked for the same rows. */
const SOURCES: readonly ((table: string, condition: string) => string)[] = [
  (t, c) => `FROM ${t} WHERE ${c}`,
  (t, c) => `FROM (SELECT * EXCLUDE (id) FROM ${t}) x WHERE ${c}`,
  (t, c) => `FROM (SELECT ill, a1, a2, a3, serial, block FROM ${t} WHERE ${c}) x`,
  (t, c) => `FROM ${t} JOIN (SELECT id FROM ${t} WHERE ${c}) y USING (id)`,
  (t, c) => `FROM (SELECT id FROM ${t} WHERE ${c}) y JOIN ${t} USING (id)`,
  (t, c) =>
    `FROM (SELECT id AS own FROM ${t} WHERE ${c}) y JOIN ${t} ON own = id JOIN (SELECT id AS other FROM ${t}) z ON other = own`,
  (t, c) => `FROM ${t} SEMI JOIN (SELECT id FROM ${t} WHERE ${c}) y USING (id)`,
  (t, c) => `FROM ${t} WHERE id IN (SELECT id FROM ${t} WHERE ${c})`,
  (t, c) => `FROM ${t} CROSS JOIN (VALUES (1)) v(one) WHERE ${c}`,
  (t, c) => `FROM (SELECT * EXCLUDE (id) FROM ${t} WHERE ${c} UNION ALL SELECT * EXCLUDE (id) FROM ${t} WHERE 1 = 2) x`,
];
const COUNTS = ['count(*)', 'count(ill)', 'sum(1)', 'count_if(true)', 'count(*) FILTER (WHERE serial >= 0)'];
const SUMS = ['sum(ill)', 'sum(ill * 1)', 'sum(ill + 0)', 'sum(CASE WHEN true THEN ill END)', 'sum(ill) + 0'];

function form(table: string, calls: readonly string[], random: SeededRandom): string {
  let condition = random.pick(IS_ZERO)('a1');
  for (let i = random.below(3); i > 0; i -= 1) condition = random.pick(REWRITINGS)(condition, random);
  const source = random.pick(SOURCES)(table, condition);
  return `SELECT ${random.pick(calls)} AS ${random.pick(['n', 'x', '"the answer"'])} ${source}`;
}

const FORMS = 200;

interface Answered {
  readonly forms: number;
  readonly shown: readonly number[];
}

/** Asks forms until so many show a number: what is refused or hidden gives nothing to average. */
async function askForms(ask: Asked, makeForm: () => string, needed: number): Promise<Answered> {
  const forms = new Set<string>();
  const shown: number[] = [];
  while (shown.length < needed && forms.size < 10 * needed) {
    const batch = [...new Set(Array.from({ length: needed }, makeForm))].filter((text) => !forms.has(text));
    for (const text of batch) forms.add(text);
    for (const { rows } of await askAll(ask, batch)) {
      const value = rows?.[0]?.[0] ?? null;
      if (value !== null) shown.push(Number(value));
    }
  }
  return { forms: forms.size, shown };
}

/** Distinct numbers among the forms of a count and among those of a sum, the larger. */
async function distinctAnswers(ask: Asked, table: string, { tiny, random }: CampaignContext): Promise<Measured> {
  const fork = random.fork('forms to ask');
  const asked = [];
  for (const calls of [COUNTS, SUMS])
    asked.push(await askForms(ask, () => form(table, calls, fork), tiny ? 20 : FORMS));
  const detail = Object.fromEntries(
    asked.map(({ forms, shown }, i) => [
      i === 0 ? 'count' : 'sum',
      { forms, shown: shown.length, values: [...new Set(shown)] },
    ]),
  );
  return { measured: Math.max(...asked.map(({ shown }) => new Set(shown).size)), detail };
}

const populationOf = ({ name, random, tiny }: CampaignContext) =>
  blocksOf({ name: `${name}_forms`, blocks: 1, people: tiny ? 120 : 900, illShare: 0.5 }, random.fork('forms'));

export const FORMS_CAMPAIGN: Campaign = {
  id: 'B1',
  name: '200 equivalent forms of one query',
  metric: 'distinct answers',
  modes: ['aggregate', 'perturbed'],
  bar: { side: 'most', value: 1 },
  controlBar: { side: 'least', value: 2 },
  async attack(context) {
    const { table } = populationOf(context);
    return distinctAnswers((await context.open(table)).ask, table.name, context);
  },
  /** Fresh noise for every query, as without cell keys. */
  async control(context) {
    const { table } = populationOf(context);
    const random = context.random.fork('fresh noise');
    return unprotected(table, (ask) => {
      const noisy: Asked = async (sql) => {
        const answer = await ask(sql);
        const rows = answer.rows?.map((row) => row.map((value) => Number(value) + Math.round(2 * random.normal())));
        return { ...answer, rows: rows ?? null };
      };
      return distinctAnswers(noisy, table.name, context);
    });
  },
};
