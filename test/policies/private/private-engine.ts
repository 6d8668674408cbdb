import { DEFAULT_PROFILE, type PolicyProfile } from '../../../policies/levels.ts';
import type { PrivateBoundary } from '../../../policies/sql/rewrite/private-layout.ts';
import type { Cell } from '../../../policies/table-data.ts';
import { openGateway } from '../../attack/sql-gateway.ts';
import { DISTRICTS, HOURS, JOBS, KINDS, NO_NOISE, PEOPLE, type Row, TRIPS } from './private-city.ts';

/** A number between 0 and 1 that looks like chance. */
const mixed = (seed: number): number => ((Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) >>> 0) % 10_007) / 10_007;
const pick = <T>(list: readonly T[], seed: number): T => list[Math.floor(mixed(seed) * list.length)]!;

export const trips: readonly Row[] = Array.from({ length: 4_000 }, (_, index): Row => {
  const person = Math.floor(mixed(index) ** 2 * 300);
  return {
    person,
    district: pick(DISTRICTS, index * 3 + 1),
    kind: pick([...KINDS, null], index * 5 + 2),
    hour: Math.floor(mixed(index * 7 + 3) * 24),
    stop: index % 50 === 0 ? null : index % 12,
    fare: index % 17 === 0 ? null : (Math.floor(mixed(index * 11 + 4) * 10_500) / 100 - 5).toFixed(2),
    minutes: Math.floor(mixed(index * 13 + 5) * 601),
    weight: index - 2_000,
  };
});
export const people: readonly Row[] = Array.from({ length: 400 }, (_, index) => {
  return { person: index, home: pick(DISTRICTS, index), income: Math.floor(mixed(index + 9) * 1_000_000) };
});
export const posts: readonly Row[] = Array.from({ length: 900 }, (_, index) => {
  return {
    person: index % 450,
    firm: Math.floor(mixed(index) ** 3 * 40),
    site: pick(DISTRICTS, index),
    wage: index * 50,
  };
});

/** Every hour once, seven o'clock three times. */
const hours: readonly Row[] = [...Array.from({ length: 24 }, (_, at) => at), 7, 7].map((at, index) => {
  return { at, part: pick(DISTRICTS, index), price: index % 10, label: at < 20 ? `h${at % 4}` : 'night' };
});

/** Where the rows of a ranked table lie. */
export const rowsOf = (table: string): string => `${table}_rows`;

/**
 * The tables in an engine, answers without noise, and what stands below it. With `ranks` trips and posts have the places of their rows within
 * persons and firms, which follow every change of `rowsOf(table)`.
 */
export async function openPrivate(profile: PolicyProfile = DEFAULT_PROFILE, ranks = false) {
  const stored = [
    { schema: TRIPS, rows: trips, twins: ranks ? ['_rank_person'] : [] },
    { schema: PEOPLE, rows: people },
    { schema: HOURS, rows: hours },
    { schema: JOBS, rows: posts, twins: ranks ? ['_rank_firm'] : [] },
  ];
  const gateway = await openGateway(stored, profile, undefined, null, NO_NOISE);
  if (ranks) {
    for (const [table, unit] of [
      ['trips', 'person'],
      ['posts', 'firm'],
    ] as const) {
      await gateway.raw(`CREATE TABLE ${rowsOf(table)} AS SELECT * FROM "${table}@1"`);
      await gateway.raw(`DROP TABLE "${table}@1"`);
      await gateway.raw(`CREATE VIEW "${table}@1" AS SELECT *, row_number() OVER
        (PARTITION BY ${unit} ORDER BY hash(_row_key, 7), rowid) - 1 AS _rank_${unit} FROM ${rowsOf(table)}`);
    }
  }

  async function boundaryOf(sql: string): Promise<PrivateBoundary> {
    const [boundary] = (await gateway.compile(sql)).private.boundaries;
    if (boundary?.kind !== 'private') throw new Error('a private boundary');
    return boundary;
  }

  /** Per boundary. */
  async function allSums(sql: string) {
    const compiled = await gateway.compile(sql);
    const all = compiled.private.boundaries.map(async (boundary, index) => {
      if (boundary.kind !== 'private') throw new Error('a private boundary');
      return { layout: boundary.layout, sums: readSums(boundary.layout, await gateway.raw(compiled.cells[index]!)) };
    });
    return await Promise.all(all);
  }

  async function sumsOf(sql: string): Promise<Groups> {
    const [first] = await allSums(sql);
    return first!.sums;
  }

  /** Rows of the leaves of each tree. */
  async function leavesOf(sql: string): Promise<readonly (readonly [key: string, leaf: number, rows: number])[][]> {
    const { layout } = await boundaryOf(sql);
    const rows = await gateway.raw((await gateway.compile(sql)).cells[0]!);
    return layout.trees.map(({ column }) =>
      rows.flatMap((row) => {
        const entries = row[column] === null ? [] : String(row[column]).split(';');
        return entries.map((entry) => {
          const [leaf, count] = entry.split(':').map(Number) as [number, number];
          return [JSON.stringify(layout.keys.map((key) => row[key])), leaf, count] as const;
        });
      }),
    );
  }

  /** Rows of the values of each list, by `JSON of [keys, place in the list]`. */
  async function listsOf(sql: string): Promise<readonly ReadonlyMap<string, number>[]> {
    const { layout } = await boundaryOf(sql);
    const rows = await gateway.raw((await gateway.compile(sql)).cells[0]!);
    return layout.choices.map(({ column }) => new Map(countsIn(layout, rows, column)));
  }

  return { gateway, boundaryOf, allSums, sumsOf, leavesOf, listsOf };
}
export type PrivateEngine = Awaited<ReturnType<typeof openPrivate>>;

function countsIn({ keys }: PrivateBoundary['layout'], rows: readonly (readonly Cell[])[], column: number) {
  return rows.flatMap((row) => {
    const entries = row[column] === null ? [] : String(row[column]).split(';');
    return entries.map((entry): readonly [string, number] => {
      const [place, count] = entry.split(':').map(Number) as [number, number];
      return [JSON.stringify([JSON.stringify(keys.map((key) => row[key])), place]), count];
    });
  });
}

/** The sums below the noise, in units of their last digit, by group. */
export type Groups = ReadonlyMap<string, readonly number[]>;

function readSums({ keys, terms }: PrivateBoundary['layout'], rows: readonly (readonly Cell[])[]): Groups {
  return new Map(
    rows.map((row) => [
      JSON.stringify(keys.map((key) => row[key])),
      terms.map(({ column, scale }) => Math.round(Number(row[column] ?? 0) * 10 ** scale)),
    ]),
  );
}
