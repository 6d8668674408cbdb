import fc from 'fast-check';
import type { Grouping, MarginCell } from '../../../../policies/mechanisms/suppression/linked-groupings.ts';
import type { Protection } from '../../../../policies/mechanisms/suppression/secondary.ts';
import type { Cell } from '../../../../policies/table-data.ts';
import type { Atom } from './attacker.ts';

/** Rows of one person each, and which tables of them are asked for. */
export interface Family {
  readonly rows: readonly Row[];
  readonly sets: readonly (readonly string[])[];
  /** A table over all columns that ties the others together but is not in the answer. */
  readonly unpublished: readonly string[] | null;
  readonly threshold: number;
  readonly statistic: 'count' | 'sum';
  /** Whether it is known who the only contributors are. */
  readonly owners: boolean;
}

export interface Row {
  readonly keys: Readonly<Record<string, Cell>>;
  readonly amount: number;
}

export const subsetsOf = (columns: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: 2 ** columns.length }, (_, mask) => columns.filter((_column, at) => (mask >> at) % 2 === 1));
export const prefixesOf = (columns: readonly string[]): readonly (readonly string[])[] =>
  [...columns, null].map((_, length) => columns.slice(0, length));

/** Small groups, groups of one, groups that one contribution dominates. */
export function groupingsOf({ rows, sets, unpublished, threshold, statistic, owners }: Family): readonly Grouping[] {
  const table = (columns: readonly string[], published: boolean): Grouping => {
    const groups = Map.groupBy(rows, (row) => JSON.stringify(columns.map((column) => row.keys[column])));
    const cells = [...groups.keys()].sort().map((key): MarginCell => {
      const members = groups.get(key)!;
      const value = totalOf(members, statistic);
      const largest = Math.max(...members.map(({ amount }) => amount));
      const hidden = published && (members.length < threshold || (statistic === 'sum' && largest > 0.6 * value));
      const exact = { top: BigInt(value), bottom: 1n };
      const owner = owners && members.length === 1 ? { owner: BigInt(rows.indexOf(members[0]!)) } : {};
      return { keys: JSON.parse(key), value: exact, hidden, contributors: members.length, weight: value, ...owner };
    });
    return { columns, published, cells };
  };
  return [...sets.map((columns) => table(columns, true)), ...(unpublished === null ? [] : [table(unpublished, false)])];
}

/** The combinations of all columns that exist; with `cross` those that do not, too. */
export function atomsOf({ rows, sets, unpublished, statistic }: Family, cross: boolean): readonly Atom[] {
  const columns = [...new Set([...sets.flat(), ...(unpublished ?? [])])];
  const keyOf = (keys: Readonly<Record<string, Cell>>) => JSON.stringify(columns.map((column) => keys[column]));
  const groups = Map.groupBy(rows, ({ keys }) => keyOf(keys));
  const valuesOf = (column: string) => [...new Set(rows.map(({ keys }) => keys[column]!))];
  const combinations = cross
    ? columns.reduce<Record<string, Cell>[]>(
        (all, column) => all.flatMap((keys) => valuesOf(column).map((value) => ({ ...keys, [column]: value }))),
        [{}],
      )
    : [...groups.values()].map(([first]) => first!.keys);
  return combinations.map((keys) => ({ keys, value: totalOf(groups.get(keyOf(keys)) ?? [], statistic) }));
}

export function protectionOf({ statistic, threshold }: Family): Protection {
  return statistic === 'count'
    ? { kind: 'count', width: threshold }
    : { kind: 'sum', share: 0.1, atLeast: { top: 1n, bottom: 1n }, signed: false };
}

function totalOf(rows: readonly Row[], statistic: 'count' | 'sum'): number {
  return statistic === 'count' ? rows.length : rows.reduce((sum, { amount }) => sum + amount, 0);
}

const COLUMNS = ['a', 'b', 'c'] as const;

/** Uneven tables in two or three ways, in the shapes that SQL can ask for. */
export const randomFamily: fc.Arbitrary<Family> = fc
  .record({
    ways: fc.constantFrom(2, 3),
    shape: fc.constantFrom('cube', 'rollup', 'margins', 'apart', 'hierarchy'),
    owners: fc.boolean(),
    threshold: fc.integer({ min: 2, max: 5 }),
    statistic: fc.constantFrom('count' as const, 'sum' as const),
    rows: fc.array(
      fc.record({
        keys: fc.tuple(unevenKey(4), unevenKey(3), unevenKey(3)),
        amount: fc.integer({ min: 0, max: 6 }).map((size) => 2 ** size * 3 - 1),
      }),
      { minLength: 3, maxLength: 70 },
    ),
  })
  .map(({ ways, shape, threshold, statistic, rows, owners }) => {
    const columns = COLUMNS.slice(0, ways);
    return {
      rows: rows.map(({ keys, amount }) => ({ keys: keysOf(columns, keys, shape), amount })),
      ...tablesOf(columns, shape),
      threshold,
      statistic,
      // Nothing but tokens ties a person's cells together where there is no table over all columns.
      owners: owners || shape === 'apart',
    };
  });

/** Low numbers are frequent, NULL is a key. */
function unevenKey(count: number): fc.Arbitrary<number | null> {
  return fc
    .integer({ min: 0, max: count * count - 1 })
    .map((drawn) => (drawn === count * count - 1 ? null : count - 1 - Math.floor(Math.sqrt(drawn))));
}

function keysOf(columns: readonly string[], drawn: readonly Cell[], shape: string): Record<string, Cell> {
  const keys = Object.fromEntries(columns.map((column, at) => [column, drawn[at]!]));
  // Districts within cities: the finer key tells the coarser one.
  return shape === 'hierarchy' ? { ...keys, b: `${drawn[0]}/${drawn[1]}` } : keys;
}

function tablesOf(columns: readonly string[], shape: string): Pick<Family, 'sets' | 'unpublished'> {
  if (shape === 'cube') return { sets: subsetsOf(columns), unpublished: null };
  if (shape === 'apart') return { sets: columns.map((column) => [column]), unpublished: null };
  if (shape !== 'margins') return { sets: prefixesOf(columns), unpublished: null };
  const margins = subsetsOf(columns).filter((set) => set.length === columns.length - 1);
  return { sets: margins, unpublished: columns };
}
