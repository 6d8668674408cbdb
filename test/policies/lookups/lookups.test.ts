/**
 * Goal: an interface tells registered words only, and reads only what its plan grants; consents cover what they say.
 * Method: properties over scales and values (fast-check, seed printed on failure), and one change at a time to what is good.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CONSENT_SECONDS_MAX,
  type Consent,
  checkInterface,
  consentFault,
  emitLookup,
  type GrantedTable,
  isEnumeration,
  type LookupInterface,
  lookupAnswer,
  type Scale,
  stemOf,
} from '../../../policies/index.ts';

const title = { zh: 't', en: 't' };
const base = { title, level: 'general-2', nullable: false } as const;
const FIRMS: GrantedTable = {
  resource: 'firms',
  version: 3,
  rowsPerUnitMax: {},
  schema: {
    table: 'firms',
    level: 'general-2',
    columns: [
      { ...base, name: 'uscc', type: 'text', role: 'identifier', unit: 'enterprise' },
      { ...base, name: 'sales', type: 'decimal', role: 'measure', bounds: { min: 0, max: 1e9 } },
      { ...base, name: 'month', type: 'text', role: 'dimension' },
      { ...base, name: 'since', type: 'date', role: 'dimension' },
      { ...base, name: 'grade', type: 'text', role: 'sensitive', level: 'important' },
    ],
  },
};
const CATALOG = new Map([['firms', FIRMS]]);
const FEATURE: LookupInterface['features'][number] = {
  code: 'R1',
  title,
  resource: 'firms',
  key: 'uscc',
  aggregate: 'sum',
  column: 'sales',
  where: [{ column: 'month', op: '>=', value: { monthsBack: 12 } }],
};
const SCALE: Scale = {
  mode: 'band',
  points: [
    {
      feature: 'R1',
      steps: [
        { from: null, points: 0 },
        { from: 100, points: 50 },
      ],
      none: -10,
    },
  ],
  bands: [
    { label: 'A', from: 50 },
    { label: 'B', from: 0 },
    { label: 'C', from: null },
  ],
  reasonsMax: 1,
};
const INTERFACE: LookupInterface = {
  subject: { resource: 'firms', key: 'uscc', also: [], consentBy: ['uscc'] },
  features: [FEATURE],
  answer: SCALE,
  limits: { perSubject: { times: 1, period: 'month' }, perDay: 100 },
};

describe('an answer', () => {
  it('is a registered word, whatever the value', () => {
    const value = fc.option(fc.double({ noNaN: true }), { nil: null });
    const labels = SCALE.bands.map(({ label }) => label);
    fc.assert(
      fc.property(value, (one) => {
        const { answer, reasons } = lookupAnswer(INTERFACE, 1n, [one]);
        expect(labels).toContain(answer);
        expect(reasons).toEqual(answer === 'A' ? [] : ['R1']);
      }),
    );
  });

  it('never falls when a value rises past a step that gives more', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        const order = [Math.min(a, b), Math.max(a, b)].map((one) => lookupAnswer(INTERFACE, 1n, [one]).answer);
        expect(order[0]! >= order[1]!).toBe(true); // C, B, A
      }),
    );
  });

  it('is unknown without a row of the register, whatever else was found', () => {
    expect(lookupAnswer(INTERFACE, 0n, [1_000])).toEqual({ answer: 'unknown', reasons: [] });
    expect(lookupAnswer(INTERFACE, 1n, [null])).toEqual({ answer: 'C', reasons: ['R1'] });
    const verify = { ...INTERFACE, answer: { mode: 'verify', holds: [{ feature: 'R1', op: '>', value: 5 }] } } as const;
    expect([null, 5, 6].map((one) => lookupAnswer(verify, 1n, [one]).answer)).toEqual(['unknown', 'no', 'yes']);
  });
});

describe('an interface', () => {
  const check = (change: Partial<LookupInterface>) => () => checkInterface({ ...INTERFACE, ...change }, CATALOG);
  const feature = (change: Partial<typeof FEATURE>) => check({ features: [{ ...FEATURE, ...change }] });
  const scale = (change: Partial<Scale>) => check({ answer: { ...SCALE, ...change } });
  const invalid = expect.objectContaining({ code: 'PRODUCT_INVALID' });

  it('is accepted as it is (control)', () => expect(check({})).not.toThrow());

  it.each([
    ['a table that is not granted', feature({ resource: 'tax' })],
    ['a column that is not granted', feature({ column: 'profit' })],
    ['an identifier as a value', feature({ column: 'uscc' })],
    [
      'a column of level important',
      feature({ column: null, aggregate: 'count', where: [{ column: 'grade', op: '=', value: 'x' }] }),
    ],
    ['an identifier compared with a value', feature({ where: [{ column: 'uscc', op: '=', value: 'x' }] })],
    ['a key that names nobody', feature({ key: 'month' })],
    ['a sum of text', feature({ column: 'month' })],
    ['a date that is none', feature({ where: [{ column: 'since', op: '<', value: '2026-02-31' }] })],
    ['nobody who consents', check({ subject: { ...INTERFACE.subject, consentBy: [] } })],
    ['a measure as the subject', check({ subject: { ...INTERFACE.subject, key: 'sales' } })],
    [
      'steps by which a value could be read',
      scale({
        points: [
          {
            feature: 'R1',
            none: 0,
            steps: Array.from({ length: 11 }, (_, n) => ({ from: n === 0 ? null : n, points: n })),
          },
        ],
      }),
    ],
    [
      'bands without an end',
      scale({
        bands: [
          { label: 'A', from: 50 },
          { label: 'B', from: 0 },
        ],
      }),
    ],
    [
      'a band called unknown',
      scale({
        bands: [
          { label: 'A', from: 50 },
          { label: 'unknown', from: null },
        ],
      }),
    ],
    ['a feature twice', check({ features: [FEATURE, FEATURE] })],
  ])('is refused with %s', (_, refused) => expect(refused).toThrow(invalid));

  it('protects columns that its plan does not grant', () => {
    const hidden = new Map([['firms', { ...FIRMS, protectionOnly: ['uscc'] }]]);
    expect(() => checkInterface(INTERFACE, hidden)).toThrow(invalid);
  });

  it('has one statement, in which no word of a subject stands', () => {
    const sql = emitLookup(INTERFACE, CATALOG, '2026-03-31');
    expect(sql).toBe(
      'SELECT (SELECT count(*) FROM "firms@3" AS t, lookup_subject AS s WHERE t."uscc" = s.c0 AND t."uscc" = s.c1) AS c0, ' +
        'TRY_CAST((SELECT sum(t."sales") FROM "firms@3" AS t, lookup_subject AS s WHERE t."uscc" = s.c0 AND ' +
        `t."month" >= '2025-03') AS DOUBLE) AS c1`,
    );
  });

  it('quotes what is registered', () => {
    const value = `x'; DROP TABLE firms; --`;
    const quoted = { ...INTERFACE, features: [{ ...FEATURE, where: [{ column: 'month', op: '=', value } as const] }] };
    expect(emitLookup(quoted, CATALOG, '2026-03-31')).toContain(`t."month" = 'x''; DROP TABLE firms; --'`);
  });
});

describe('a consent', () => {
  const consent: Consent = {
    by: 'A',
    about: null,
    org: 'o',
    plan: 'p',
    purpose: 'why',
    product: 'i',
    uses: 1,
    issuedAt: 1_000,
    notBefore: 1_000,
    expiresAt: 2_000,
  };
  const asked = { subject: 'A', org: 'o', plan: 'p', purpose: 'why', product: 'i', nowSeconds: 1_500 };
  it('covers what it says, and nothing that differs in one thing', () => {
    expect(consentFault(consent, asked)).toBeNull();
    for (const name of ['subject', 'org', 'plan', 'purpose', 'product'] as const) {
      expect(consentFault(consent, { ...asked, [name]: 'x' }), name).not.toBeNull();
    }
    expect(consentFault({ ...consent, about: 'B' }, asked)).toBe('another-subject');
  });
  it('has a time', () => {
    const at = (nowSeconds: number) => consentFault(consent, { ...asked, nowSeconds });
    expect([at(900), at(1_000), at(1_999), at(2_000)]).toEqual(['not-yet', null, null, 'expired']);
    expect(consentFault({ ...consent, expiresAt: 1_001 + CONSENT_SECONDS_MAX }, asked)).toBe('too-long');
  });
});

describe('enumeration', () => {
  it('sees neighbours by what checks and serial numbers leave', () => {
    expect(stemOf('LVGBE40K9GP100001')).toBe(stemOf('LVGBE40K2GP100999'));
    expect(stemOf('LVGBE40K9GP100001')).not.toBe(stemOf('LVGBE40K9GP101001'));
    expect(stemOf('91420700MA4EZ0008U')).toBe(stemOf('91420700MA4EZ0119A'));
    expect(stemOf('420704199003077779')).toBe(stemOf('420704199003070016'));
    expect(stemOf('X')).toBe('X');
  });
  it('is many without an answer, or few neighbours; not a small share of many honest questions', () => {
    expect(isEnumeration({ asked: 4, unanswered: 4, neighbours: 4 })).toBe(false);
    expect(isEnumeration({ asked: 5, unanswered: 5, neighbours: 5 })).toBe(true);
    expect(isEnumeration({ asked: 20, unanswered: 20, neighbours: 1 })).toBe(true);
    expect(isEnumeration({ asked: 5_000, unanswered: 60, neighbours: 1 })).toBe(false);
  });
});
