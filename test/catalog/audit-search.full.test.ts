/**
 * Goal: the search finds exactly what was asked, in stable pages.
 * Method: random logs and random filters against a filter of a few lines over all entries; pages of every size.
 * Invariants: equal sets, newest first, no entry twice or missing across pages while the log grows.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textQuery, textTokens } from '../../catalog/audit-tokens.ts';
import {
  type AuditEntry,
  type AuditFilters,
  appendEntry,
  readEntries,
  type Store,
  searchEntries,
} from '../../catalog/index.ts';
import { risksOf } from '../../policies/index.ts';
import { entry, memoryStore, seed } from './memory-store.ts';

const SEED = 77;
console.log(`search property seed ${SEED}`);
const PROVIDERS: Readonly<Record<string, string>> = { power: 'grid', water: 'waterworks' };
const DAY_MS = 86_400_000;
const START = Date.parse('2026-02-27T22:00:00.000Z');

const people = fc.constantFrom('alice', 'bob', 'Bob', '张三', 'o\'neil "x"', 'a*');
const levels = fc.constantFrom<'general-1' | 'general-3' | 'important'>('general-1', 'general-3', 'important');
const columns = fc.uniqueArray(fc.constantFrom('kwh', 'uscc', 'kw', 'bill_amt'), { maxLength: 3 });
const tables = fc.uniqueArray(
  fc.record({ resource: fc.constantFrom('power', 'water', 'gone'), version: fc.constant(1), columns, level: levels }),
  { maxLength: 3, selector: ({ resource, level }) => `${resource} ${level}` },
);
/** Clocks step back now and then. */
const at = fc
  .integer({ min: 0, max: 4 * 48 })
  .map((halfHours) => new Date(START + (halfHours * DAY_MS) / 48 + (halfHours % 3)).toISOString());
const made: fc.Arbitrary<AuditEntry> = fc.record(
  {
    v: fc.constant(1 as const),
    kind: fc.constantFrom('intent', 'outcome', 'refusal'),
    at,
    job: fc.constantFrom('j1', 'j2', 'j-3'),
    who: fc.record({ sub: people, org: fc.constantFrom('dev', 'grid'), role: fc.constant('developer') }),
    plan: fc.constantFrom('p1', 'p2'),
    purpose: fc.constantFrom('小微信贷指数', '信用 贷款', 'Credit index', 'indices of credit'),
    tables,
    mode: fc.constantFrom('rows', 'aggregate'),
    decision: fc.constantFrom('permit', 'deny'),
    code: fc.constantFrom('SQL_SYNTAX', 'POLICY_MODE_DENY'),
  },
  { requiredKeys: ['v', 'kind', 'at'] },
) as fc.Arbitrary<AuditEntry>;

const FILTER_NAMES: (keyof AuditFilters)[] = [
  'person',
  'org',
  'plan',
  'job',
  'resource',
  'column',
  'level',
  'mode',
  'decision',
  'kind',
  'code',
  'risk',
  'provider',
  'from',
  'until',
  'text',
];
const everyFilter = fc.record({
  person: people,
  org: fc.constantFrom('dev', 'grid'),
  plan: fc.constantFrom('p1', 'p3'),
  job: fc.constantFrom('j1', 'j-3', '3'),
  resource: fc.constantFrom('power', 'gone', 'pow'),
  column: fc.constantFrom('kwh', 'kw', 'bill'),
  level: levels,
  mode: fc.constantFrom('rows', 'dp'),
  decision: fc.constantFrom('permit', 'deny'),
  kind: fc.constantFrom('intent', 'refusal'),
  code: fc.constantFrom('SQL_SYNTAX', 'SQL'),
  risk: fc.constantFrom('denied', 'sensitive', 'off-hours'),
  provider: fc.constantFrom('grid', 'waterworks', 'nobody'),
  from: at,
  until: at,
  text: fc.constantFrom(
    '信贷',
    '信',
    '小微 信贷',
    'CREDIT',
    'cred*',
    'index',
    'bill',
    '贷信',
    'credit 指数',
    '…',
    '"',
    'a OR b',
  ),
});
/** One to three at a time: more, and hardly anything is ever found. */
const filters: fc.Arbitrary<AuditFilters> = fc
  .tuple(everyFilter, fc.shuffledSubarray(FILTER_NAMES, { minLength: 1, maxLength: 3 }))
  .map(([all, names]) => Object.fromEntries(names.map((name) => [name, all[name]])) as AuditFilters);

function holds(found: AuditEntry, asked: AuditFilters): boolean {
  const same = (wanted: string | undefined, value: string | undefined) => wanted === undefined || wanted === value;
  const { resource, column, level, provider } = asked;
  const uses = found.tables ?? [];
  const isUse = (use: (typeof uses)[number]) =>
    same(resource, use.resource) && same(level, use.level) && (column === undefined || use.columns.includes(column));
  return (
    same(asked.person, found.who?.sub) &&
    same(asked.org, found.who?.org) &&
    same(asked.plan, found.plan) &&
    same(asked.job, found.job) &&
    same(asked.mode, found.mode) &&
    same(asked.decision, found.decision) &&
    same(asked.kind, found.kind) &&
    same(asked.code, found.code) &&
    (asked.risk === undefined || risksOf(found).includes(asked.risk)) &&
    ((resource ?? column ?? level) === undefined || uses.some(isUse)) &&
    (provider === undefined || uses.some((use) => PROVIDERS[use.resource] === provider)) &&
    (asked.from === undefined || found.at >= asked.from) &&
    (asked.until === undefined || found.at < asked.until) &&
    (asked.text === undefined || holdsText(found, asked.text))
  );
}

/** Words whole or by their beginning; Han text as its pairs, which for these texts means as it stands. */
function holdsText(found: AuditEntry, text: string): boolean {
  const { v: _v, at: _at, ...rest } = found;
  const strings: string[] = [];
  JSON.stringify(rest, (_, value: unknown) => {
    if (typeof value === 'string') strings.push(value.toLowerCase());
    return value;
  });
  const words = strings.flatMap((string) => string.match(/[a-z0-9]+|[\u4e00-\u9fff]+/g) ?? []);
  const wanted = text.toLowerCase().match(/[a-z0-9]+\*?|[\u4e00-\u9fff]+/g) ?? [];
  const has = (word: string) =>
    /[\u4e00-\u9fff]/.test(word)
      ? words.some((other) => other.includes(word))
      : words.some((other) => (word.endsWith('*') ? other.startsWith(word.slice(0, -1)) : other === word));
  return wanted.length > 0 && wanted.every(has);
}

const append = async (store: Store, entries: readonly AuditEntry[]) => {
  await Promise.all(entries.map((one) => store.commit((tx) => appendEntry(tx, one))));
  await store.indexed();
};

function allPages(store: Store, asked: AuditFilters, limit: number): readonly number[] {
  const indices: number[] = [];
  let before: number | undefined;
  for (;;) {
    const page = store.read((db) => searchEntries(db, asked, { limit, before }));
    indices.push(...page.entries.map(({ index }) => index));
    if (page.next === null) return indices;
    before = page.next;
  }
}

describe('search', () => {
  it('finds what a plain filter finds, in pages of any size', async () => {
    const property = fc.asyncProperty(
      fc.array(made, { minLength: 1, maxLength: 40 }),
      fc.array(filters, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 9 }),
      async (entries, questions, limit) => {
        const store = memoryStore();
        await store.commit(seed);
        await append(store, entries);
        for (const asked of questions) {
          const expected = entries.flatMap((one, i) => (holds(one, asked) ? [i] : [])).reverse();
          expect(allPages(store, asked, limit), JSON.stringify(asked)).toEqual(expected);
        }
        store.close();
      },
    );
    await fc.assert(property, { seed: SEED, numRuns: 60 });
  });

  it('keeps its pages while the log grows', async () => {
    const store = memoryStore();
    await append(
      store,
      Array.from({ length: 25 }, () => entry()),
    );
    const first = store.read((db) => searchEntries(db, { kind: 'intent' }, { limit: 10 }));
    await append(
      store,
      Array.from({ length: 25 }, () => entry()),
    );
    const before = first.next ?? undefined;
    const second = store.read((db) => searchEntries(db, { kind: 'intent' }, { limit: 10, before }));
    expect(first.entries.map(({ index }) => index)).toEqual([24, 23, 22, 21, 20, 19, 18, 17, 16, 15]);
    expect(second.entries.map(({ index }) => index)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
  });

  it('bounds a page whatever is asked', async () => {
    const store = memoryStore();
    await append(
      store,
      Array.from({ length: 1_200 }, () => entry()),
    );
    for (const [limit, length] of [
      [5_000, 1_000],
      [0, 1],
      [-3, 1],
      [undefined, 100],
    ] as const) {
      expect(store.read((db) => searchEntries(db, {}, { limit })).entries).toHaveLength(length);
    }
  });

  it('takes what is typed as words, never as a query language', async () => {
    const store = memoryStore();
    await append(store, [entry({ note: 'alpha beta' })]);
    const found = (text: string) => store.read((db) => searchEntries(db, { text })).entries.length;
    expect(found('alpha beta')).toBe(1);
    for (const text of [
      'alpha OR gamma',
      'NOT gamma',
      '"alpha gamma"',
      'tokens:gamma',
      'gamma)',
      "'; DROP TABLE audit_entries",
    ]) {
      expect(found(text), text).toBe(0);
    }
    expect(store.read((db) => readEntries(db, 0, 9))).toHaveLength(1);
  });
});

describe('tokens', () => {
  it('take Han text in pairs, other text in words without case or width', () => {
    expect(textTokens('Ａlpha-2 信贷x')).toEqual(textTokens('alpha 2 信贷 X'));
    expect(textQuery('信贷')).toHaveLength(1);
    expect(textTokens('小微信贷')).toEqual(expect.arrayContaining([...textQuery('微信'), ...textQuery('信贷')]));
    expect(textQuery('…')).toEqual([]);
  });

  it('are ASCII words whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const token of textTokens(text)) expect(token).toMatch(/^[hw][0-9a-f]+$/);
        for (const term of textQuery(text)) expect(term).toMatch(/^[hw][0-9a-f]+\*?$/);
      }),
      { seed: SEED },
    );
  });
});
