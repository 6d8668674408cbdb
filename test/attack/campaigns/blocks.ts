import type { SeededRandom } from '../seeded-random.ts';
import type { Answer, CampaignTable } from './laboratory.ts';

/**
 * Many small populations side by side, one target in each: `GROUP BY block` attacks all targets with one text. What
 * the attacker knows of a target: its block, `serial = 0` (as a birth date would do), and that it alone has 0 in a1…a4.
 */
export interface Blocks {
  readonly table: CampaignTable;
  readonly count: number;
  /** Per block, the target's bit: does it have `ill = 1`. */
  readonly secrets: readonly boolean[];
  /** Per block, the target's pay, 2,000 to 50,000. */
  readonly pays: readonly number[];
  readonly people: readonly (readonly Person[])[];
}
export interface Person {
  readonly serial: number;
  /** a1…a4, each 0, 1 or 2. */
  readonly attributes: readonly number[];
  readonly ill: number;
  readonly pay: number;
}
export interface BlockOptions {
  readonly name: string;
  readonly blocks: number;
  readonly people: number;
  readonly illShare: number;
}

export const ATTRIBUTES = ['a1', 'a2', 'a3', 'a4'] as const;
const COLUMNS: CampaignTable['columns'] = [
  { name: 'id', type: 'text', role: 'identifier' },
  ...['block', 'serial', ...ATTRIBUTES].map((name) => ({ name, type: 'integer', role: 'quasi-identifier' }) as const),
  { name: 'ill', type: 'integer', role: 'measure' },
  { name: 'pay', type: 'integer', role: 'measure' },
];

export function blocksOf({ name, blocks, people, illShare }: BlockOptions, random: SeededRandom): Blocks {
  const populations = Array.from({ length: blocks }, () =>
    Array.from(
      { length: people },
      (_, serial): Person => ({
        serial,
        attributes: serial === 0 ? ATTRIBUTES.map(() => 0) : otherAttributes(random),
        ill: random.next() < illShare ? 1 : 0,
        pay: 2_000 + random.below(48_001),
      }),
    ),
  );
  const targets = populations.map((population) => population[0]!);
  return {
    table: { name, columns: COLUMNS, rows: rowsOf(populations) },
    count: blocks,
    secrets: targets.map(({ ill }) => ill === 1),
    pays: targets.map(({ pay }) => pay),
    people: populations,
  };
}

/** As mode `dp` asks for it: one row a person, and measures between declared bounds. */
export function declared({ columns, ...table }: CampaignTable): CampaignTable {
  const more: Readonly<Record<string, Partial<CampaignTable['columns'][number]>>> = {
    id: { rowsPerUnitMax: 1 },
    ill: { bounds: { min: 0, max: 1 } },
    pay: { bounds: { min: 0, max: 50_000 } },
  };
  return { ...table, columns: columns.map((column) => ({ ...column, ...more[column.name] })) };
}

export function rowsOf(populations: readonly (readonly Person[])[]): CampaignTable['rows'] {
  return populations.flatMap((population, block) =>
    population.map(({ serial, attributes, ill, pay }) => [
      `person-${block}-${serial}`,
      ...[block, serial, ...attributes, ill, pay].map(BigInt),
    ]),
  );
}

function otherAttributes(random: SeededRandom): readonly number[] {
  const attributes = ATTRIBUTES.map(() => random.below(3));
  return attributes.every((value) => value === 0) ? otherAttributes(random) : attributes;
}

/** An answer `block, v1, …` by block: what was hidden, left out or refused is null. */
export function byBlock({ rows }: Answer, count: number, width: number): readonly (readonly (number | null)[])[] {
  const values = Array.from({ length: count }, () => Array<number | null>(width).fill(null));
  for (const [block, ...cells] of rows ?? []) {
    if (block === null) continue;
    values[Number(block)] = cells.map((cell) => (cell === null ? null : Number(cell)));
  }
  return values;
}

/** a − b where both are known. */
export function minus(a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || b === null || a === undefined || b === undefined ? null : a - b;
}
