import { describe, expect, it } from 'vitest';
import {
  type ColumnSchema,
  countPasses,
  IDENTIFIER_KINDS,
  IDENTIFIER_LEVELS,
  type IdentifierKind,
  idCardCheck,
  identifierBits,
  judgeColumn,
  LEVELS,
} from '../../../policies/index.ts';

/** Goal: a column is accepted as what it holds, and as nothing less. Method: every kind at every level and role. */
const SAMPLES: Readonly<Record<IdentifierKind, readonly string[]>> = {
  'id-card': ['11010519491231002X', '440524188001010014', '360426199101010071'],
  'real-estate-unit': ['420704001001GB00001F00010001', '420704001001GB00002F00010002'],
  plate: ['川A123AB', '川A2222学', '川AF12345'],
  'credit-code': ['91350100M000100Y43', '91110000600037341L', '91420700MA4EZ0008U', '914403001922038216'],
  vin: ['1M8GDM9AXKP042788', 'WDBEA30D3HA391172', '1FACP45EXLF192944', '11111111111111111', '1M8GDM9A0KP042780'],
  'organisation-code': ['D2143569X', 'M000100Y4'],
  mobile: ['13800138000', '13912345678', '15012345678', '18612345678', '17712345678', '19912345678'],
  'bank-card': ['6228480402564890018'],
};
const column = (role: ColumnSchema['role'], level: ColumnSchema['level']): ColumnSchema => ({
  name: 'c',
  title: { zh: 'c', en: 'c' },
  type: 'text',
  role,
  level,
});
/** As many of a kind as it takes to be no chance: passing of the sample, under other hashes. */
const countsOf = (kind: IdentifierKind, passing: number, others: number) => ({
  distinct: passing + others,
  passing: { [kind]: passing },
});

it.each(IDENTIFIER_KINDS)('%s: values of the standard pass their rule', (kind) => {
  const bit = 1 << IDENTIFIER_KINDS.indexOf(kind);
  const passing = SAMPLES[kind].filter((value) => (identifierBits(value) & bit) !== 0);
  expect(passing.length, kind).toBeGreaterThan(0);
});

describe.each(IDENTIFIER_KINDS)('a column of %s', (kind) => {
  it('is accepted as an identifier of its level or above, and as nothing else', () => {
    const least = LEVELS.indexOf(IDENTIFIER_LEVELS[kind]);
    for (const [place, level] of LEVELS.entries()) {
      for (const role of ['identifier', 'attribute', 'quasi-identifier', 'sensitive'] as const) {
        const finding = judgeColumn(column(role, level), countsOf(kind, 40, 5));
        const isFine = role === 'identifier' && place >= least;
        expect(finding?.verdict, `${role} ${level}`).toBe(isFine ? 'declared' : 'under-declared');
        expect(finding).toMatchObject({ column: 'c', kind, share: 0.89, levelMin: IDENTIFIER_LEVELS[kind] });
      }
    }
  });

  it('that holds only some is told, and not refused; what chance gives is not told', () => {
    expect(judgeColumn(column('attribute', 'general-1'), countsOf(kind, 450, 550))?.verdict).toBe(
      ['vin', 'organisation-code', 'mobile', 'bank-card'].includes(kind) ? undefined : 'partly',
    );
    expect(judgeColumn(column('attribute', 'general-1'), countsOf(kind, 1, 999_999))).toBeNull();
  });
});

it('what was confirmed excuses that column and kind, for about as many of the values, and no identifier that is declared', () => {
  const judged = (share: number, excuses: Parameters<typeof judgeColumn>[2], of = column('attribute', 'general-1')) =>
    judgeColumn(of, countsOf('mobile', share * 1_000, 1_000 - share * 1_000), excuses)?.verdict;
  const excuse = { column: 'c', kind: 'mobile', share: 0.8 } as const;
  expect(judged(0.8, [])).toBe('under-declared');
  expect([0.78, 0.8, 0.84].map((share) => judged(share, [excuse]))).toEqual(['excused', 'excused', 'excused']);
  expect(judged(0.87, [excuse])).toBe('under-declared');
  expect(judged(0.8, [{ ...excuse, column: 'd' }])).toBe('under-declared');
  expect(judged(0.8, [{ ...excuse, kind: 'plate' }])).toBe('under-declared');
  expect(judged(0.8, [excuse], column('identifier', 'general-3'))).toBe('declared');
});

it('a finding holds no value', () => {
  const cards = Array.from({ length: 50 }, (_, i) => `42070419900101${String(i).padStart(3, '0')}`);
  const values = cards.map((first17) => first17 + idCardCheck(first17));
  const finding = judgeColumn(column('attribute', 'general-1'), countPasses(values.map(identifierBits)));
  expect(finding).toMatchObject({ kind: 'id-card', share: 1, verdict: 'under-declared' });
  for (const value of values) expect(JSON.stringify(finding)).not.toContain(value);
});
