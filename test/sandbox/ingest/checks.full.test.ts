import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ColumnSchema } from '../../../policies/table-schema.ts';
import { insertExact, insertFast } from '../../../sandbox/ingest/checked-insert.ts';
import { quoteText } from '../../../sandbox/ingest/column-sql.ts';
import { openSegmentStore, type SegmentStore } from '../../../sandbox/ingest/segment-store.ts';
import { canonicalIdentifier, canonicalSql, tokenOf } from '../../../sandbox/ingest/token.ts';
import { column, unitKey } from '../ingest-fixture.ts';
import { memoryDir } from '../memory-dir.ts';

/**
 * Goal: the fast checks and the exact ones mean the same, and what the declaration says.
 * Method: every text below through both; what each type should make of it is written beside it by hand.
 * Invariants: exact = expectation; fast takes a text only with the expected value, and takes every canonical one; a row
 *   has the same key by either.
 */

interface Case {
  readonly column: ColumnSchema;
  /** Text → stored value as text, or the reason. `=` marks canonical text, which the fast pass must take. */
  readonly cases: readonly (readonly [text: string | null, outcome: string | null, canonical?: '='])[];
}

const R = (reason: string): string => `!${reason}`;
const int = (more: Partial<ColumnSchema> = {}) => column('c', 'integer', more);
const CASES: readonly Case[] = [
  {
    column: int(),
    cases: [
      ['12', '12', '='],
      ['-5', '-5', '='],
      ['0', '0', '='],
      [null, null, '='],
      ['007', '7'],
      ['+5', '5'],
      [' 5 ', '5'],
      ['1.0', '1'],
      ['1.', '1'],
      ['1.5', R('type')],
      ['.5', R('type')],
      ['1e3', R('type')],
      ['1_000', R('type')],
      ['0x1F', R('type')],
      ['1,000', R('type')],
      ['', R('type')],
      ['  ', R('type')],
      ['true', R('type')],
      ['１２', R('type')],
      ['9223372036854775807', '9223372036854775807', '='],
      ['9223372036854775808', R('type')],
      ['-9223372036854775808', '-9223372036854775808', '='],
      ['NULL', R('type')],
      ['12a', R('type')],
      ['--1', R('type')],
    ],
  },
  {
    column: int({ bounds: { min: -1.5, max: 10 }, nullable: false }),
    cases: [
      ['-1', '-1', '='],
      ['10', '10', '='],
      ['-2', R('bounds')],
      ['11', R('bounds')],
      [null, R('null')],
      ['x', R('type')],
    ],
  },
  {
    column: int({ values: ['1', '2', 'x'] }),
    cases: [
      ['1', '1', '='],
      ['2.0', '2'],
      ['3', R('values')],
      [null, null, '='],
    ],
  },
  {
    column: column('c', 'decimal', { scale: 2, bounds: { min: 0.005, max: 1e9 } }),
    cases: [
      ['1', '1.00', '='],
      ['1.2', '1.20', '='],
      ['1.23', '1.23', '='],
      ['1.230', '1.23'],
      ['1.239', R('scale')],
      ['.5', '0.50'],
      ['1.', '1.00', '='],
      ['+1', '1.00'],
      ['1e2', R('type')],
      ['1_0', R('type')],
      ['nan', R('type')],
      ['inf', R('type')],
      ['0.01', '0.01', '='],
      ['0', R('bounds')],
      ['1000000000', '1000000000.00', '='],
      ['1000000000.01', R('bounds')],
      ['99999999999999999', R('type')],
      ['0.001', R('scale')],
      ['1.2000000000000000000000000000', '1.20'],
      ['', R('type')],
    ],
  },
  {
    column: column('c', 'decimal', { scale: 0 }),
    cases: [
      ['5', '5', '='],
      ['5.0', '5'],
      ['5.5', R('scale')],
      ['-0', '0'],
      ['999999999999999999', '999999999999999999', '='],
    ],
  },
  {
    column: column('c', 'boolean'),
    cases: [
      ['true', 'true', '='],
      ['FALSE', 'false', '='],
      ['1', 'true', '='],
      ['0', 'false', '='],
      ['是', 'true', '='],
      ['否', 'false', '='],
      ['yes', R('type')],
      ['2', R('type')],
      ['t', R('type')],
      [null, null, '='],
    ],
  },
  {
    column: column('c', 'date'),
    cases: [
      ['2024-02-29', '2024-02-29', '='],
      ['2024-02-30', R('type')],
      ['2023-02-29', R('type')],
      ['2024-2-3', '2024-02-03'],
      ['2024/02/03', '2024-02-03'],
      ['20240203', '2024-02-03'],
      ['20240230', R('type')],
      ['2024-13-01', R('type')],
      ['2024-01-02 00:00:00', '2024-01-02'],
      ['2024-01-02T00:00', '2024-01-02'],
      ['2024-01-02 10:00:00', R('type')],
      ['infinity', R('type')],
      ['epoch', R('type')],
      ['2024-01-02 (BC)', R('type')],
      ['2024-01-02x', R('type')],
      ['0001-01-01', '0001-01-01', '='],
      ['9999-12-31', '9999-12-31', '='],
      ['10000-01-01', R('type')],
      ['0000-01-01', R('type')],
      ['-2024-01-01', R('type')],
      ['02-03-2024', R('type')],
      ['45000', R('type')],
    ],
  },
  {
    column: column('c', 'timestamp'),
    cases: [
      ['2024-01-02 10:00:00', '2024-01-02 10:00:00', '='],
      ['2024-01-02T10:00:00', '2024-01-02 10:00:00'],
      ['2024-01-02', '2024-01-02 00:00:00', '='],
      ['2024-01-02 10:00', '2024-01-02 10:00:00', '='],
      ['2024/01/02 9:05', '2024-01-02 09:05:00'],
      ['2024-01-02 10:00:00.5', '2024-01-02 10:00:00.5', '='],
      ['2024-01-02 10:00:00.1234567', R('type')],
      ['2024-01-02 24:00:00', R('type')],
      ['2024-01-02 10:00:60', R('type')],
      ['2024-01-02 10:00:00Z', R('type')],
      ['2024-01-02 10:00:00+08', R('type')],
      ['infinity', R('type')],
      ['2024-02-30 10:00', R('type')],
    ],
  },
  {
    column: column('c', 'text', { lengthMax: 3 }),
    cases: [
      ['abc', 'abc', '='],
      ['abcd', R('length')],
      ['数闸网', '数闸网', '='],
      [' a ', ' a ', '='],
      ["o'x", "o'x", '='],
    ],
  },
  {
    column: column('c', 'text', { values: ['a', "b'b", '数'] }),
    cases: [
      ['a', 'a', '='],
      ["b'b", "b'b", '='],
      ['A', R('values')],
      ['数', '数', '='],
    ],
  },
  {
    column: column('c', 'date', { values: ['2024-01-01'] }),
    cases: [
      ['2024-01-01', '2024-01-01', '='],
      ['2024-01-02', R('values')],
    ],
  },
];

const IDENTIFIERS = ['91420700MA4EZ0008U', ' 91420700ma4ez0008u', 'straße', '鄂A12345', 'ǆ', 'i', 'ſ', 'ﬀ', 'a b', 'é'];

let dir: string;
let store: SegmentStore;

async function openFor(schema: ColumnSchema, key: Uint8Array | null): Promise<SegmentStore> {
  store = await openSegmentStore({
    kind: 'open',
    dir,
    columns: [{ schema, key }],
    twins: [],
    rowSalt: unitKey('rows'),
    rankKey: new Uint8Array(16),
    threads: 1,
    memoryMb: 200,
  });
  await store.begin(1000);
  return store;
}

beforeAll(() => {
  dir = memoryDir();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function reset(): Promise<void> {
  await store.seal(false);
  rmSync(dir, { recursive: true });
  dir = memoryDir();
}

/** Of the row that was stored last. */
let rowKey: unknown;

async function stored(): Promise<string | null> {
  const reader = await store.connection.runAndReadAll('SELECT c::VARCHAR, _row_key FROM segment.data');
  await store.connection.run('DELETE FROM segment.data');
  rowKey = reader.getRows()[0]?.[1];
  return (reader.getRows()[0]?.[0] ?? null) as string | null;
}

const sourceOf = (text: string | null) =>
  `(SELECT 7 AS line, CAST(${text === null ? 'NULL' : quoteText(text)} AS VARCHAR) AS r0)`;

async function exact(text: string | null): Promise<string | null> {
  const outcome = await insertExact(store, sourceOf(text), ['c']);
  const [rejected] = outcome.rejected;
  if (rejected === undefined) return await stored();
  expect(rejected).toMatchObject({ line: 7, column: 'c' });
  return R(rejected.reason);
}

/** undefined when the fast pass leaves it to the exact one. */
async function fast(text: string | null): Promise<string | null | undefined> {
  const taken = await insertFast(store, sourceOf(text), ['c'], 1);
  return taken === null ? undefined : await stored();
}

describe('the checks of a declaration', () => {
  it.each(CASES.map((entry) => [JSON.stringify({ ...entry.column, title: undefined }), entry] as const))(
    '%s',
    async (_, { column: schema, cases }) => {
      await openFor(schema, null);
      for (const [text, outcome, canonical] of cases) {
        expect(await exact(text), `exact ${JSON.stringify(text)}`).toBe(outcome);
        const exactKey = rowKey;
        const quick = await fast(text);
        if (typeof quick === 'string') expect(rowKey, `key of ${JSON.stringify(text)}`).toBe(exactKey);
        if (canonical === '=') expect(quick, `fast ${JSON.stringify(text)}`).toBe(outcome);
        else if (quick !== undefined) expect(quick, `fast ${JSON.stringify(text)}`).toBe(outcome);
      }
      await store.seal(false);
      rmSync(dir, { recursive: true });
      dir = memoryDir();
    },
  );

  it('make the tokens that tokenOf makes', async () => {
    const key = unitKey('enterprise');
    await openFor(column('c', 'text', { role: 'identifier' }), key);
    for (const text of IDENTIFIERS) {
      const expected = String(tokenOf(key, text));
      expect(await exact(text), text).toBe(expected);
      expect([expected, undefined], text).toContain(await fast(text));
    }
    expect(await exact('   ')).toBeNull();
    expect(await exact('x'.repeat(257))).toBe(R('identifier-format'));
    await reset();
    await openFor(column('c', 'integer', { role: 'identifier' }), key);
    for (const text of ['7', '007', '7.0']) expect(await exact(text)).toBe(String(tokenOf(key, '7')));
    expect(await fast('7')).toBe(String(tokenOf(key, '7')));
    expect(await exact('7.5')).toBe(R('type'));
    await reset();
  });

  it('make one form of every character, with or without others beside it', async () => {
    const { connection } = await openFor(column('c', 'text'), null);
    for (const text of ['chr(i)', "'ab' || chr(i) || 'z数'"]) {
      const reader = await connection.runAndReadAll(
        `SELECT i, ${text}, ${canonicalSql(text)} FROM (SELECT i::INTEGER AS i FROM range(1, 131072) t(i)) WHERE i NOT BETWEEN 55296 AND 57343 AND i <> 65279`,
      );
      const differ = reader.getRows().filter(([, raw, form]) => canonicalIdentifier(String(raw)) !== form);
      expect(differ.map(([i]) => Number(i))).toEqual([]);
    }
  });
});
