/**
 * Goal: each form refuses what is no product of its kind, before anybody reviews it, and makes of the rest what the sources hold.
 * Method: tables as they are released; each refusal beside the same specification without its fault. Models against normal equations solved
 * otherwise, over drawn data.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DatasetSpec,
  type IndexSpec,
  type MaterialModel,
  type MaterialReport,
  type MaterialTable,
  type ModelSpec,
  makeMaterial,
  type ReportSpec,
  type SourceCell,
  type SourceTable,
} from '../../../policies/index.ts';

const title = { zh: '题', en: 'title' };
const source = (numbers: readonly string[], texts: readonly string[], rows: readonly (readonly SourceCell[])[]) =>
  ({
    columns: [
      ...texts.map((name) => ({ name, isNumber: false })),
      ...numbers.map((name) => ({ name, isNumber: true })),
    ],
    rows,
    suppressed: { cells: 1, groups: 2, reasons: ['threshold'] },
  }) satisfies SourceTable;
const FACTS = { unitsMin: 10 };
const invalid = (words: string) =>
  expect.objectContaining({
    code: 'PRODUCT_INVALID',
    message: expect.anything(),
    facts: expect.objectContaining({ problem: expect.stringContaining(words) }),
  });
const problemOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
};

const TOWNS = source(
  ['people', 'old'],
  ['town'],
  [
    ['东', '1200', '300'],
    ['西', '800', null],
    ['南', '950', '95'],
  ],
);

describe('a dataset', () => {
  const spec: DatasetSpec = {
    form: 'dataset',
    columns: ['town', 'people', 'old'].map((name) => ({ name, title })),
    keys: ['town'],
  };
  const made = (change: Partial<DatasetSpec> = {}, from: SourceTable = TOWNS) =>
    makeMaterial({ ...spec, ...change }, [from], FACTS) as MaterialTable;

  it('has the cells of its source, the hidden ones hidden, and says what was withheld', () => {
    expect(made().rows).toEqual(TOWNS.rows);
    expect(made().suppressed).toEqual(TOWNS.suppressed);
    expect(
      made({
        columns: [
          { name: 'old', title },
          { name: 'town', title },
        ],
      }).rows[1],
    ).toEqual([null, '西']);
  });

  it('is refused with identifiers, keys that tell nothing apart, or nothing to show', () => {
    const people = ['420704199003077779', '11010519491231002X', '440524188001010014', '360426199101010071'];
    const named = source(
      ['people', 'old'],
      ['town'],
      people.map((id) => [id, '20', '30']),
    );
    expect(problemOf(() => made({}, named))).toEqual(invalid('identifiers'));
    const twice = source(['people', 'old'], ['town'], [...TOWNS.rows, ['东', '1', '1']]);
    expect(problemOf(() => made({}, twice))).toEqual(invalid('one key'));
    expect(problemOf(() => made({ keys: [] }))).toEqual(invalid('1 to 4'));
    expect(problemOf(() => made({ keys: ['absent'] }))).toEqual(invalid('no column of the product'));
    expect(problemOf(() => made({ columns: [...spec.columns, { name: 'absent', title }] }))).toEqual(
      invalid('no column `absent`'),
    );
    const hidden = source(
      ['people', 'old'],
      ['town'],
      [
        ['东', null, null],
        ['西', null, null],
      ],
    );
    expect(problemOf(() => made({}, hidden))).toEqual(invalid('hidden'));
    expect(problemOf(() => makeMaterial(spec, [TOWNS, TOWNS], FACTS))).toEqual(invalid('one source'));
  });
});

describe('an index', () => {
  const spec: IndexSpec = {
    form: 'index',
    keys: ['town'],
    features: [
      { code: 'F1', title, source: 0, column: 'old' },
      { code: 'F2', title, source: 1, column: 'homes' },
    ],
    scale: {
      mode: 'band',
      points: [
        {
          feature: 'F1',
          steps: [
            { from: null, points: 0 },
            { from: 200, points: 50 },
          ],
          none: 10,
        },
        {
          feature: 'F2',
          steps: [
            { from: null, points: 0 },
            { from: 5, points: 50 },
          ],
          none: 0,
        },
      ],
      bands: [
        { label: 'A', from: 100 },
        { label: 'B', from: 50 },
        { label: 'C', from: null },
      ],
      reasonsMax: 1,
    },
  };
  const HOMES = source(
    ['homes'],
    ['town'],
    [
      ['东', '7'],
      ['西', '9'],
      ['北', '1'],
    ],
  );

  it('gives the band of every row of any source, and no points', () => {
    const { rows, columns } = makeMaterial(spec, [TOWNS, HOMES], FACTS) as MaterialTable;
    expect(columns.map(({ name }) => name)).toEqual(['town', 'band', 'reasons']);
    const banded = new Map(rows.map(([town, ...rest]) => [town, rest]));
    expect(banded.get('东')).toEqual(['A', '']);
    expect(banded.get('西'), '10 for what is hidden, and 50').toEqual(['B', 'F1']);
    expect(banded.get('南')).toEqual(['C', 'F1']);
    expect(banded.get('北')).toEqual(['C', 'F2']);
  });

  it('is refused with a formula that tells more than bands, or that nobody registered', () => {
    const steps = Array.from({ length: 11 }, (_, n) => ({ from: n === 0 ? null : n, points: n }));
    const fine = { ...spec, scale: { ...spec.scale, points: [{ feature: 'F1', steps, none: 0 }] } };
    expect(problemOf(() => makeMaterial(fine, [TOWNS, HOMES], FACTS))).toEqual(invalid('steps'));
    const other = {
      ...spec,
      scale: { ...spec.scale, points: [{ feature: 'F9', steps: [{ from: null, points: 1 }], none: 0 }] },
    };
    expect(problemOf(() => makeMaterial(other, [TOWNS, HOMES], FACTS))).toEqual(invalid('no feature `F9`'));
    const one = { ...spec, scale: { ...spec.scale, bands: [{ label: 'A', from: null }] } };
    expect(problemOf(() => makeMaterial(one, [TOWNS, HOMES], FACTS))).toEqual(invalid('2 to 10'));
    expect(problemOf(() => makeMaterial(spec, [TOWNS], FACTS))).toEqual(invalid('no such source'));
    const text = { ...spec, features: [{ code: 'F1', title, source: 0, column: 'town' }, spec.features[1]!] };
    expect(problemOf(() => makeMaterial(text, [TOWNS, HOMES], FACTS))).toEqual(invalid('no numbers'));
  });
});

describe('a model', () => {
  const spec: ModelSpec = { form: 'model', target: 'y', features: ['x', 'z'], support: 'n' };
  const groups = (count: number, row: (n: number) => readonly SourceCell[]) =>
    source(
      ['y', 'x', 'z', 'n'],
      ['g'],
      Array.from({ length: count }, (_, n) => [`g${n}`, ...row(n)]),
    );
  const fitted = (from: SourceTable, change: Partial<ModelSpec> = {}) =>
    makeMaterial({ ...spec, ...change }, [from], FACTS) as MaterialModel;
  const line = (n: number): readonly SourceCell[] => [String(3 + 2 * n - 5 * (n % 4)), String(n), String(n % 4), '50'];

  it('finds the coefficients that made the groups', () => {
    const model = fitted(groups(20, line));
    expect([model.intercept, ...model.coefficients.map(({ value }) => value)]).toEqual([3, 2, -5]);
    expect([model.rSquared, model.groups, model.units]).toEqual([1, 20, 1_000]);
  });

  it('solves the weighted normal equations', () => {
    const row = fc.tuple(
      fc.integer({ min: -50, max: 50 }),
      fc.integer({ min: -20, max: 20 }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 10, max: 90 }),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 20, maxLength: 40 }), (rows) => {
        const expected = normalEquations(rows);
        let model: MaterialModel;
        try {
          model = fitted(groups(rows.length, (n) => rows[n]!.map(String)));
        } catch (error) {
          return expect(error).toEqual(invalid(''));
        }
        const found = [model.intercept, ...model.coefficients.map(({ value }) => value)];
        for (const [at, value] of found.entries()) {
          const wanted = Number((expected[at] ?? Number.NaN).toPrecision(4));
          expect(Math.abs(value - wanted)).toBeLessThanOrEqual(2e-3 * Math.abs(wanted) + 1e-6);
        }
      }),
    );
  });

  it('is refused without support: few groups, few units behind them, or one group that decides a coefficient', () => {
    expect(fitted(groups(15, line)).groups).toBe(15);
    expect(problemOf(() => fitted(groups(14, line)))).toEqual(invalid('15 are needed'));
    const thin = groups(20, (n) => [...line(n).slice(0, 3), n < 6 ? '9' : '50']);
    expect(problemOf(() => fitted(thin))).toEqual(invalid('15 are needed'));
    const hidden = groups(20, (n) => (n < 6 ? [null, ...line(n).slice(1)] : line(n)));
    expect(problemOf(() => fitted(hidden))).toEqual(invalid('15 are needed'));
    const single = groups(20, (n) => [String(n), String(n), n === 7 ? '1' : '0', '50']);
    expect(
      problemOf(() => fitted(single)),
      'a feature of one group alone',
    ).toEqual(invalid('one group alone'));
  });

  it('is refused where its features do not determine it', () => {
    const same = groups(20, (n) => [String(n), String(n), String(2 * n + 1), '50']);
    expect(problemOf(() => fitted(same))).toEqual(invalid('follows from others'));
    const constant = groups(20, (n) => [String(n), String(n), '4', '50']);
    expect(problemOf(() => fitted(constant))).toEqual(invalid('constant'));
    expect(problemOf(() => fitted(groups(20, line), { features: ['x', 'x'] }))).toEqual(invalid('used twice'));
  });

  it('carries no more digits than four', () => {
    const model = fitted(groups(20, (n) => [String(Math.sin(n) * 1e6), ...line(n).slice(1)]));
    for (const value of [model.intercept, ...model.coefficients.map((one) => one.value)])
      expect(value).toBe(Number(value.toPrecision(4)));
  });
});

describe('a report', () => {
  const cell = (town: string, column: string) => ({ source: 0, column, where: { town } });
  const spec: ReportSpec = {
    form: 'report',
    text: { zh: '东镇有{{a}}人，老人占{{p}}%。', en: 'The east has {{a}} people, {{p}}% of them old.' },
    numbers: [
      { name: 'a', of: 'value', cells: [cell('东', 'people')], decimals: 0 },
      { name: 'p', of: 'percent', cells: [cell('东', 'old'), cell('东', 'people')], decimals: 1 },
    ],
    said: [],
  };
  const composed = (change: Partial<ReportSpec> = {}) =>
    makeMaterial({ ...spec, ...change }, [TOWNS], FACTS) as MaterialReport;

  it('has the numbers of the cells where its text has places', () => {
    expect(composed().text).toEqual({
      zh: '东镇有1200人，老人占25.0%。',
      en: 'The east has 1200 people, 25.0% of them old.',
    });
  });

  it.each(['12', '１２', '三百二十人', '百分之五', '十二', '٣', 'Ⅻ', '½'])(
    'is refused with `%s` in its text',
    (number) => {
      expect(problemOf(() => composed({ text: { ...spec.text, zh: `${spec.text.zh}另有${number}` } }))).toEqual(
        invalid('not traced'),
      );
    },
  );

  it('names the phrases that may have a number, each of which stands there', () => {
    const text = { zh: `2026年，${spec.text.zh}`, en: spec.text.en };
    expect(composed({ text, said: [{ text: '2026年', why: 'the year' }] }).text.zh).toContain('2026年，东镇有1200人');
    expect(problemOf(() => composed({ text, said: [{ text: '2025年', why: 'the year' }] }))).toEqual(
      invalid('does not stand'),
    );
    const other = { ...text, zh: `${text.zh}2026人` };
    expect(problemOf(() => composed({ text: other, said: [{ text: '2026年', why: 'the year' }] }))).toEqual(
      invalid('not traced'),
    );
  });

  it('is refused where a number is of no cell, of several, or of a hidden one', () => {
    const number = (cells: ReportSpec['numbers'][number]['cells'], of: 'value' | 'ratio' = 'value') =>
      problemOf(() => composed({ numbers: [{ name: 'a', of, cells, decimals: 0 }, spec.numbers[1]!] }));
    expect(number([cell('北', 'people')])).toEqual(invalid('no row'));
    expect(number([{ source: 0, column: 'people', where: {} }])).toEqual(invalid('more than one row'));
    expect(number([cell('西', 'old')])).toEqual(invalid('hidden'));
    expect(number([cell('东', 'town')])).toEqual(invalid('no numbers'));
    expect(number([{ ...cell('东', 'people'), source: 1 }])).toEqual(invalid('no such source'));
    expect(number([cell('东', 'people')], 'ratio')).toEqual(invalid('takes 2 cells'));
    expect(problemOf(() => composed({ numbers: [spec.numbers[0]!] }))).toEqual(invalid('no number `p`'));
  });
});

/** By Gauss–Jordan elimination over raw columns, weights as they are: another way to the same numbers. */
function normalEquations(rows: readonly (readonly [number, number, number, number])[]): readonly number[] {
  const columns = rows.map(([, x, z]) => [1, x, z]);
  const matrix = [0, 1, 2].map((j) => [
    ...[0, 1, 2].map((k) => rows.reduce((sum, [, , , w], i) => sum + w * columns[i]![j]! * columns[i]![k]!, 0)),
    rows.reduce((sum, [y, , , w], i) => sum + w * columns[i]![j]! * y, 0),
  ]);
  for (const pivot of [0, 1, 2]) {
    const head = matrix[pivot]![pivot]!;
    matrix[pivot] = matrix[pivot]!.map((value) => value / head);
    for (const other of [0, 1, 2]) {
      const factor = matrix[other]![pivot]!;
      if (other !== pivot) matrix[other] = matrix[other]!.map((value, k) => value - factor * matrix[pivot]![k]!);
    }
  }
  return matrix.map((row) => row[3]!);
}
