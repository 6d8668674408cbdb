import { describe, expect, it } from 'vitest';
import { exactOf } from '../../../../policies/mechanisms/suppression/exact.ts';
import type { Grouping, MarginCell } from '../../../../policies/mechanisms/suppression/linked-groupings.ts';
import {
  type Protection,
  type SecondaryOptions,
  suppressSecondary,
} from '../../../../policies/mechanisms/suppression/secondary.ts';
import type { Cell } from '../../../../policies/table-data.ts';
import { Attacker, hiddenCells, noneMore } from './attacker.ts';

const count = (width: number): Protection => ({ kind: 'count', width });
const sum = (atLeast = '0'): Protection => ({ kind: 'sum', share: 0.1, atLeast: exactOf(atLeast)!, signed: false });

/** `value` shown, `[value]` hidden. */
type Entry = number | readonly [number];

function grouping(columns: readonly string[], cells: readonly (readonly [readonly Cell[], Entry])[]): Grouping {
  return {
    columns,
    published: true,
    cells: cells.map(([keys, entry]): MarginCell => {
      const value = typeof entry === 'number' ? entry : entry[0];
      return { keys, value: exactOf(value)!, hidden: typeof entry !== 'number', contributors: value, weight: value };
    }),
  };
}

function more(groupings: readonly Grouping[], protection: Protection, options?: SecondaryOptions): readonly string[] {
  const { additional } = suppressSecondary(groupings, protection, options);
  return groupings.flatMap(({ columns, cells }, at) =>
    [...additional[at]!].map((position) =>
      columns.map((column, key) => `${column}=${cells[position]!.keys[key]}`).join(),
    ),
  );
}

describe('the table of three rows and five columns (Hundepool et al.)', () => {
  const table = [
    [1, 1, 1, 5, 5],
    [9, 9, 9, 9, 9],
    [0, 0, 0, 7, 7],
  ];
  const columns = ['A', 'B', 'C', 'D', 'E'];
  const isHidden = (row: number, column: number) => row === 0 && column < 3;
  const inner = table.flatMap((line, row) =>
    line.map((value, column): readonly [readonly Cell[], Entry] => [
      [row + 1, columns[column]!],
      isHidden(row, column) ? [value] : value,
    ]),
  );
  const totalOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const groupings = [
    grouping(['row', 'column'], inner),
    grouping(
      ['row'],
      table.map((line, row) => [[row + 1], totalOf(line)] as const),
    ),
    grouping(
      ['column'],
      columns.map((name, column) => [[name], totalOf(table.map((line) => line[column]!))] as const),
    ),
    grouping([], [[[], totalOf(table.flat())]]),
  ];
  const atoms = table.flatMap((line, row) =>
    line.map((value, column) => ({ keys: { row: row + 1, column: columns[column]! }, value })),
  );

  it('has exactly one more row of three hidden, the one that can give way', () => {
    // The zeros weigh less, but nothing can be taken from them: the first row would be known.
    expect(more(groupings, count(3))).toEqual(['row=2,column=A', 'row=2,column=B', 'row=2,column=C']);
  });

  it('has no hidden cell in the span of what is shown, unlike before', () => {
    const before = new Attacker(atoms, groupings, noneMore(groupings));
    const after = new Attacker(atoms, groupings, suppressSecondary(groupings, count(3)).additional);
    for (const { grouping: table, cell } of hiddenCells(groupings)) {
      expect(before.computes(table, cell)).toBe(true);
      expect(after.computes(table, cell)).toBe(false);
      const [low, high] = after.range(table, cell);
      expect(high - low).toBeGreaterThan(3 - 1e-6);
    }
  });
});

describe('one hidden cell', () => {
  const shops = (hidden: Entry, ...others: readonly Entry[]) =>
    grouping(
      ['a'],
      [hidden, ...others].map((entry, at) => [[at + 1], entry] as const),
    );
  const total = (value: number) => grouping([], [[[], value]]);

  it('needs nothing where nothing adds up to it', () => {
    expect(more([shops([4], 20, 30)], count(10))).toEqual([]);
    expect(more([shops(14, 20, 30), total(64)], count(10))).toEqual([]);
  });

  it('takes the lightest neighbour with it rather than the total', () => {
    expect(more([shops([4], 30, 20, 50), total(104)], count(10))).toEqual(['a=3']);
  });

  it('takes the total where it has no neighbour', () => {
    expect(more([shops([4]), total(4)], count(10))).toEqual(['']);
  });

  it('takes more where one neighbour cannot give way far enough', () => {
    // 5 of 20, or all of 3: ten apart needs both, or the larger one.
    const hidden = more([shops([4], 3, 4, 90), total(101)], count(10));
    expect(hidden).toEqual(['a=4']);
    expect(more([shops([400], 30, 35), total(465)], sum())).toEqual(['a=2', 'a=3']);
  });

  it('is hidden wherever it is published', () => {
    const twice = [shops([4], 20, 30), shops(4, 20, 30)];
    expect(more(twice, count(10))).toContain('a=1');
  });

  it('is protected along the hierarchy', () => {
    const groupings = [
      grouping(
        ['city', 'district'],
        [
          [['x', 'x1'], [4]],
          [['y', 'y1'], 20],
          [['y', 'y2'], 30],
        ],
      ),
      grouping(
        ['city'],
        [
          [['x'], [4]],
          [['y'], 50],
        ],
      ),
      total(54),
    ];
    expect(more(groupings, count(10))).toEqual(['city=y,district=y1', 'city=y']);
  });

  it('is protected across tables that have only rows in common', () => {
    const other = grouping(
      ['b'],
      [
        [[null], 24],
        [['p'], 30],
      ],
    );
    expect(more([shops([4], 20, 30), other], count(10))).toEqual(['a=2']);
    expect(more([shops([4], [20], 30), other], count(10))).toEqual([]);
  });
});

describe('keys', () => {
  it('tell NULL from "not grouped by", and numbers from text', () => {
    const inner = grouping(
      ['a'],
      [
        [[null], [4]],
        [['1'], 11],
        [[1], 40],
      ],
    );
    expect(more([inner, grouping([], [[[], 55]])], count(10))).toEqual(['a=1']);
    expect(suppressSecondary([inner, grouping([], [[[], 55]])], count(10)).additional).toEqual([
      new Set([1]),
      new Set(),
    ]);
  });
});

describe('tables in a ring', () => {
  const pairs = (x: string, y: string, first: Entry) =>
    grouping(
      [x, y],
      [
        [[0, 0], first],
        [[0, 1], 20],
        [[1, 0], 20],
        [[1, 1], 20],
      ],
    );
  const ring = [pairs('a', 'b', [4]), pairs('b', 'c', 4), pairs('a', 'c', 4)];

  it('are all hidden unless the table that they are margins of is known', () => {
    expect(suppressSecondary(ring, count(10)).everything).toBe(true);
    const joint: Grouping = {
      ...grouping(
        ['a', 'b', 'c'],
        [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => [[bits >> 2, (bits >> 1) & 1, bits & 1], bits < 2 ? 2 : 10] as const),
      ),
      published: false,
    };
    const known = suppressSecondary([...ring, joint], count(10));
    expect(known.everything).toBe(false);
    expect(known.additional[3]!.size).toBe(0);
  });
});

describe('whoever is the only contributor of a cell', () => {
  const line = (...owners: readonly (string | null)[]): readonly Grouping[] => {
    const cells = owners.map((owner, at): MarginCell => {
      const alone = owner === null ? { contributors: 20 } : { contributors: 1, owner };
      return { keys: [at], value: exactOf(100 + at)!, hidden: owner !== null, weight: 100 + at, ...alone };
    });
    const all = owners.length * 100 + (owners.length * (owners.length - 1)) / 2;
    return [{ columns: ['a'], published: true, cells }, grouping([], [[[], all]])];
  };

  it('cannot subtract its own: two alone need a third', () => {
    expect(more(line('x', 'y', null, null), sum())).toEqual(['a=2']);
    expect(more(line('x', 'y', 'z', null), sum())).toEqual([]);
  });

  it('is one owner of all cells with the same token', () => {
    expect(more(line('x', 'y', 'y', null), sum())).toEqual(['a=3']);
  });
});

describe('values', () => {
  const line = (values: readonly [string | number, ...(string | number)[]], total: string | number): Grouping[] => {
    const cell = (value: string | number, at: number | null): MarginCell => ({
      keys: at === null ? [] : [at],
      value: exactOf(value)!,
      hidden: at === 0,
      contributors: 20,
      weight: Math.abs(Number(value)),
    });
    return [
      { columns: ['a'], published: true, cells: values.map(cell) },
      { columns: [], published: true, cells: [cell(total, null)] },
    ];
  };

  it('may be decimals of any size, and doubles whose sums are rounded', () => {
    expect(more(line(['0.01', '0.02', '99999999999999999999.97'], '100000000000000000000.00'), sum())).toHaveLength(1);
    expect(more(line([0.1, 0.2, 0.3], 0.1 + 0.2 + 0.3), sum())).toEqual(['a=1']);
  });

  it('of zero are protected by what the caller asks for at least', () => {
    expect(more(line(['0', '3', '70'], '73'), sum())).toEqual(['a=1']);
    expect(more(line(['0', '3', '70'], '73'), sum('5'))).toEqual(['a=2']);
  });

  it('that may be negative bound nothing, but still follow from others', () => {
    const signed: Protection = { kind: 'sum', share: 0.1, atLeast: exactOf('0')!, signed: true };
    expect(more(line(['-400', '3', '70'], '-327'), signed)).toEqual(['a=1']);
  });
});
