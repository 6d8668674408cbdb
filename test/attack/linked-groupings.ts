import { DEFAULT_PROFILE } from '../../policies/levels.ts';
import type { Grouping, MarginCell } from '../../policies/mechanisms/suppression/linked-groupings.ts';
import type { Cell } from '../../policies/table-data.ts';
import type { ColumnSchema, TableSchema } from '../../policies/table-schema.ts';
import { type Atom, Attacker, noneMore } from '../policies/mechanisms/suppression/attacker.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { StoredTable } from './sql-gateway.ts';

/** People in an uneven table of three ways: what a reader of several groupings in one answer works on. */
export const WAYS = ['a', 'b', 'c'] as const;
export type Way = (typeof WAYS)[number];
export type Sets = readonly (readonly Way[])[];

export interface Person {
  readonly keys: Readonly<Record<Way, Cell>>;
  readonly pay: number;
}
/** What may differ between tables. By default values are listed nowhere, none is missing, and none is negative. */
export interface TableKind {
  /** Whether the values of the ways are a public list: then every combination is shown. */
  readonly listed?: boolean;
  /** Whether some keys are NULL. */
  readonly gaps?: boolean;
  readonly signed?: boolean;
}

const SIZES: Readonly<Record<Way, number>> = { a: 4, b: 3, c: 3 };

export function uneven(random: SeededRandom, count: number, { gaps, signed }: TableKind = {}): readonly Person[] {
  const key = (way: Way): Cell =>
    gaps === true && random.below(12) === 0 ? null : `${way}${Math.floor(SIZES[way] * random.next() ** 1.8)}`;
  return Array.from({ length: count }, () => ({
    keys: { a: key('a'), b: key('b'), c: key('c') },
    pay: Math.floor(100 * Math.exp(1.5 * random.normal())) * (signed === true && random.below(3) === 0 ? -1 : 1),
  }));
}

export function stored(people: readonly Person[], { listed, signed }: TableKind): readonly StoredTable[] {
  const way = (name: Way): ColumnSchema => {
    const values = Array.from({ length: SIZES[name] }, (_, index) => `${name}${index}`);
    return column(name, 'text', { role: 'dimension', ...(listed === true ? { values } : {}) });
  };
  const bounds = { min: signed === true ? -1_000_000 : 0, max: 1_000_000 };
  const schema: TableSchema = {
    table: 'p',
    level: 'general-2',
    columns: [
      column('id', 'text', { role: 'identifier', unit: 'person', nullable: false }),
      ...WAYS.map(way),
      column('pay', 'integer', { role: 'measure', nullable: false, bounds }),
    ],
  };
  const rows = people.map(({ keys, pay }, index) => ({ id: BigInt(1000 + index), ...keys, pay }));
  return [{ schema, rowsPerUnitMax: { person: 1 }, rows }];
}

function column(name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema>): ColumnSchema {
  return { ...{ name, title: { zh: name, en: name }, type, level: 'general-2', role: 'attribute' }, ...more };
}

export type Spelling = 'grouping sets' | 'one aggregation each' | 'over renamed rows';

/** The same groupings asked for in one statement, in several spellings: rows of a, b, c, grouping, count, sum. */
export const SPELLINGS: Readonly<Record<Spelling, (sets: Sets) => string>> = {
  'grouping sets'(sets) {
    const named = WAYS.filter((way) => sets.some((set) => set.includes(way)));
    const keys = WAYS.map((way) => (named.includes(way) ? way : absent(way)));
    const bits = named.map((way) => `${weightOf(way)} * grouping(${way})`);
    const never = WAYS.filter((way) => !named.includes(way)).reduce((sum, way) => sum + weightOf(way), 0);
    const by = sets.map((set) => `(${set.join(', ')})`).join(', ');
    return `SELECT ${keys.join(', ')}, ${[never, ...bits].join(' + ')}, count(*), sum(pay) FROM p GROUP BY GROUPING SETS (${by})`;
  },
  'one aggregation each': (sets) => sets.map((set) => oneOf(set, 'p')).join(' UNION ALL '),
  'over renamed rows': (sets) =>
    sets.map((set, index) => oneOf(set, index % 2 === 0 ? '(SELECT pay, c, b, a FROM p) q' : 'p')).join(' UNION ALL '),
};

function oneOf(set: readonly Way[], from: string): string {
  const keys = WAYS.map((way) => (set.includes(way) ? way : absent(way))).join(', ');
  const by = set.length === 0 ? '' : ` GROUP BY ${set.join(', ')}`;
  return `SELECT ${keys}, ${bitsOf(set)} AS g, count(*) AS n, sum(pay) AS s FROM ${from}${by}`;
}

const absent = (way: Way): string => `CAST(NULL AS text) AS ${way}`;
const weightOf = (way: Way): number => 2 ** (WAYS.length - 1 - WAYS.indexOf(way));

/** As grouping() tells: a bit for each way that is left out. */
const bitsOf = (set: readonly Way[]): number =>
  WAYS.reduce((bits, way) => bits + (set.includes(way) ? 0 : weightOf(way)), 0);

export type Statistic = 'count' | 'sum';
export const STATISTICS: readonly Statistic[] = ['count', 'sum'];
const COLUMN: Readonly<Record<Statistic, number>> = { count: 4, sum: 5 };

/** All cells of the groupings as they truly are, hidden where the answer does not show them. */
export function readerView(
  people: readonly Person[],
  sets: Sets,
  rows: readonly (readonly Cell[])[],
  statistic: Statistic,
): readonly Grouping[] {
  return sets.map((columns): Grouping => {
    const seen = new Map(
      rows
        .filter((row) => row[3] === bitsOf(columns))
        .map((row) => [columns.map((way) => row[WAYS.indexOf(way)]).join(), row[COLUMN[statistic]] ?? null]),
    );
    const groups = Map.groupBy(people, ({ keys }) => columns.map((way) => keys[way]).join());
    const cells = [...groups].map(([name, members]): MarginCell => {
      const value = totalOf(members, statistic);
      const shown = seen.get(name) ?? null;
      if (shown !== null && shown !== value) throw new Error(`${columns} ${name}: shown ${shown}, true ${value}`);
      return {
        keys: columns.map((way) => members[0]!.keys[way]),
        value: { top: BigInt(value), bottom: 1n },
        hidden: shown === null,
        contributors: members.length,
        weight: members.length,
      };
    });
    return { columns, published: true, cells };
  });
}

const totalOf = (members: readonly Person[], statistic: Statistic): number =>
  statistic === 'count' ? members.length : members.reduce((sum, { pay }) => sum + pay, 0);

export interface Disclosed {
  readonly cell: string;
  readonly value: number;
  readonly range: readonly [number, number];
}

/**
 * Hidden cells of too few people that the answer bounds more closely than it may: counts over less than `unitsMin`, sums to
 * within a tenth. The reader knows which combinations exist. `signed`: contributions may be negative; then a cell is known
 * by addition and subtraction or not at all.
 */
export function disclosedIn(
  people: readonly Person[],
  groupings: readonly Grouping[],
  statistic: Statistic,
  signed = false,
): readonly Disclosed[] {
  const reader = readerOf(people, groupings, statistic);
  const rangeOf = (grouping: Grouping, cell: MarginCell): readonly [number, number] => {
    if (!signed || statistic === 'count') return reader.range(grouping, cell);
    const value = Number(cell.value.top);
    return reader.computes(grouping, cell) ? [value, value] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  };
  return groupings.flatMap((grouping) =>
    grouping.cells
      .filter(({ hidden, contributors }) => hidden && contributors < UNITS_MIN)
      .map((cell) => ({
        cell: `${grouping.columns}: ${cell.keys}`,
        value: Number(cell.value.top),
        range: rangeOf(grouping, cell),
      }))
      .filter(({ value, range }) => isNarrow(range, value, statistic)),
  );
}

/** Hidden cells, of however many people, that addition and subtraction of what is shown give. */
export function computedIn(
  people: readonly Person[],
  groupings: readonly Grouping[],
  statistic: Statistic,
): readonly string[] {
  const reader = readerOf(people, groupings, statistic);
  return groupings.flatMap((grouping) =>
    grouping.cells
      .filter((cell) => cell.hidden && reader.computes(grouping, cell))
      .map(({ keys }) => `${grouping.columns}: ${keys}`),
  );
}

function readerOf(people: readonly Person[], groupings: readonly Grouping[], statistic: Statistic): Attacker {
  const groups = Map.groupBy(people, ({ keys }) => JSON.stringify(keys)).values();
  const atoms = [...groups].map((members): Atom => {
    return { keys: members[0]!.keys, value: totalOf(members, statistic) };
  });
  return new Attacker(atoms, groupings, noneMore(groupings));
}

const UNITS_MIN = DEFAULT_PROFILE.unitsMin;
/** Of the simplex method in doubles. */
const TINY = 1e-4;

function isNarrow([low, high]: readonly [number, number], value: number, statistic: Statistic): boolean {
  if (statistic === 'count') return high - low < UNITS_MIN - TINY;
  const level = Math.abs(value) * DEFAULT_PROFILE.pPercentMin;
  return low > value - level + TINY || high < value + level - TINY;
}
