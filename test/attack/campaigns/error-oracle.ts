import { shareOf } from '../guess-quality.ts';
import { type Blocks, blocksOf, declared } from './blocks.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';
import { type Answer, type Asked, askAll, unprotected } from './laboratory.ts';

/** B13. A hundred secret bits, each asked by expressions that fail, overflow, or become infinite if the bit is set. */

const FAILURES = [
  "CAST('u' || serial AS integer)",
  'pay * 9223372036854775807',
  'CAST(pay * 1000 AS tinyint)',
  'ln(0 * pay)',
  'sqrt(-pay)',
  '1 // (ill - 1)',
  'CAST(pow(10.0, 30 * pay) AS integer)',
  "year(DATE '2000-01-01' + 2147483647)",
  "year(CAST('2024-13-' || serial AS date))",
] as const;
type Place = (bit: string, failure: string, table: string) => string;
const PLACES: readonly [Place, Place, Place] = [
  (bit: string, failure: string, table: string) =>
    `SELECT sum(CASE WHEN ${bit} THEN ${failure} ELSE 1 END) FROM ${table}`,
  (bit: string, failure: string, table: string) =>
    `SELECT count(*) FROM ${table} WHERE CASE WHEN ${bit} THEN ${failure} ELSE 1 END IS NOT NULL`,
  (bit: string, failure: string, table: string) =>
    `SELECT CASE WHEN ${bit} THEN ${failure} ELSE 1 END AS k, count(*) FROM ${table} GROUP BY k`,
];
/** The same in mode `dp`, which takes summands between bounds only. */
const clamped = (bit: string, failure: string): string =>
  `least(greatest(CASE WHEN ${bit} THEN ${failure} ELSE 1 END, 0), 1)`;
const PRIVATE_PLACES: readonly Place[] = [
  (bit, failure, table) => `SELECT sum(${clamped(bit, failure)}) FROM ${table}`,
  PLACES[1],
  (bit, failure, table) => `SELECT avg(${clamped(bit, failure)}) AS mean, count(*) AS n FROM ${table}`,
];
/** So that a hundred bits by nine forms are answered. */
const PRIVATE_RHO = 1e-4;

const NOBODY = -1;

/**
 * Targets whose answers by some form differ from those of most: in status, code, shape or in which values are hidden.
 * Values that are shown do not count here: those are the other campaigns' matter.
 */
async function distinguishable(
  ask: Asked,
  blocks: Blocks,
  tiny: boolean,
  places: readonly Place[] = PLACES,
): Promise<Measured> {
  const targets = blocks.people[0]!.slice(0, tiny ? 12 : 100).map(({ serial }) => serial);
  const failures = tiny ? FAILURES.slice(0, 3) : FAILURES;
  const told = new Set<number>();
  let answered = 0;
  for (const [i, failure] of failures.entries()) {
    const place = places[i % places.length]!;
    const about = (serial: number) => place(`serial = ${serial} AND ill = 1`, failure, blocks.table.name);
    // Of sets that are near each other the first is answered: that one is about nobody, and says nothing.
    await ask(about(NOBODY));
    const answers = await askAll(ask, targets.map(about));
    if (answers.every(({ rows }) => rows !== null)) answered += 1;
    const signatures = answers.map(signatureOf);
    const usual = mostFrequent(signatures);
    for (const [t, signature] of signatures.entries()) if (signature !== usual) told.add(targets[t]!);
  }
  const { upper } = shareOf(told.size, targets.length);
  return {
    measured: told.size,
    detail: { bits: targets.length, forms: failures.length, answered, upperOfShare: upper },
  };
}

const signatureOf = ({ rows, code, shape }: Answer): string =>
  JSON.stringify([
    code,
    rows === null ? shape.replace(/\d+/g, '#') : shape,
    rows?.map((row) => row.map((cell) => typeof cell)),
  ]);

function mostFrequent(signatures: readonly string[]): string {
  const groups = [...Map.groupBy(signatures, (signature) => signature).values()];
  return groups.sort((a, b) => b.length - a.length)[0]![0]!;
}

const populationOf = ({ name, random }: CampaignContext) =>
  blocksOf({ name: `${name}_errors`, blocks: 1, people: 160, illShare: 0.35 }, random.fork('errors'));

export const ERROR_ORACLE_CAMPAIGN: Campaign = {
  id: 'B13',
  name: 'error oracle, 100 secret bits',
  metric: 'distinguishable bits',
  modes: ['aggregate', 'perturbed', 'dp'],
  bar: { side: 'most', value: 0 },
  controlBar: { side: 'least', value: 1 },
  async attack(context) {
    const blocks = populationOf(context);
    if (context.mode !== 'dp') return distinguishable((await context.open(blocks.table)).ask, blocks, context.tiny);
    const { ask } = await context.open(declared(blocks.table), PRIVATE_RHO);
    return distinguishable(ask, blocks, context.tiny, PRIVATE_PLACES);
  },
  control(context) {
    const blocks = populationOf(context);
    return unprotected(blocks.table, (ask) => distinguishable(ask, blocks, context.tiny));
  },
};
