/**
 * Goal: a file whose columns hold identifiers that are not declared leaves nothing behind and is explained without a value; a file that is
 * declared as it is goes in; the quality report says what the rows say. Method: real uploads in chunks and segments of any size, beside a
 * reference that looks at every value. Controls: the same values under a fitting declaration, and ordinary values.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idCardCheck, type ScanExcuse, type TableSchema } from '../../../policies/index.ts';
import type { IngestLimits } from '../../../sandbox/ingest/index.ts';
import { column, type IngestFixture, openIngestFixture, table } from '../ingest-fixture.ts';

let fixture: IngestFixture;
beforeAll(async () => {
  fixture = await openIngestFixture();
});
afterAll(() => fixture.close());

let version = 0;
const upload = (
  schema: TableSchema,
  csv: string,
  limits: Partial<IngestLimits> = {},
  excuses: readonly ScanExcuse[] = [],
) => {
  version += 1;
  return fixture.upload(schema, csv, { version, excuses }, limits);
};
const idCard = (n: number): string => {
  const day = `${1950 + (n % 60)}0${1 + (n % 9)}1${n % 9}`;
  const first17 = `420704${day}${String(Math.floor(n / 60) % 1000).padStart(3, '0')}`;
  return first17 + idCardCheck(first17);
};
const range = (length: number) => Array.from({ length }, (_, n) => n);
const csvOf = (name: string, values: readonly string[]) => `${name}\n${values.join('\n')}\n`;
const SMALL = { chunkBytes: 20_000, segmentRowsMax: 3_000 };

async function refusalOf(
  schema: TableSchema,
  csv: string,
  limits = {},
): Promise<{ code: string; facts: Record<string, string[]> }> {
  const before = fixture.files();
  const refusal: unknown = await upload(schema, csv, limits).then(
    () => null,
    (error: unknown) => error,
  );
  expect(fixture.files()).toEqual(before);
  return refusal as never;
}

describe('values that are identifiers', () => {
  const cards = range(2_000).map(idCard);

  it.each(['text', 'integer'] as const)('are found in a column of %s, and explained without a value', async (type) => {
    const values = type === 'text' ? cards : range(500).map((n) => String(13_800_000_000 + n * 7919));
    const refusal = await refusalOf(table(column('note', type, { level: 'general-1' })), csvOf('note', values));
    expect(refusal).toMatchObject({
      code: 'UPLOAD_UNDER_DECLARED',
      facts: {
        columns: [type === 'text' ? 'note: id-card 100%' : 'note: mobile 100%'],
        accepted: [`note: role identifier, level ${type === 'text' ? 'general-4' : 'general-3'}`],
      },
    });
    for (const value of values) expect(JSON.stringify(refusal)).not.toContain(value);
  });

  it('are accepted as what they are, and refused as an identifier of too low a level', async () => {
    const schema = (level: 'general-2' | 'general-4') => table(column('note', 'text', { level, role: 'identifier' }));
    const report = await upload(schema('general-4'), csvOf('note', cards));
    expect(report.findings).toMatchObject([{ column: 'note', kind: 'id-card', verdict: 'declared' }]);
    expect(await refusalOf(schema('general-2'), csvOf('note', cards))).toMatchObject({ code: 'UPLOAD_UNDER_DECLARED' });
  });

  it('go in where they were confirmed to be none, of that column and kind alone', async () => {
    const schema = table(column('note', 'text'), column('other', 'text'));
    const both = `note,other\n${cards.map((card) => `${card},${card}`).join('\n')}\n`;
    const excuse = { column: 'note', kind: 'id-card', share: 1 } as const;
    await expect(upload(schema, both, {}, [excuse])).rejects.toMatchObject({
      findings: [{ column: 'other', kind: 'id-card', share: 1, verdict: 'under-declared' }],
    });
    const report = await upload(schema, both, {}, [excuse, { ...excuse, column: 'other' }]);
    expect(report.findings.map(({ verdict }) => verdict)).toEqual(['excused', 'excused']);
  });

  it('count by distinct values: one ordinary value in most rows hides nothing', async () => {
    const values = cards.flatMap((card) => [card, 'none', 'none', 'none']);
    const refusal = await refusalOf(table(column('note', 'text')), csvOf('note', values), SMALL);
    expect(refusal.facts['columns']).toEqual(['note: id-card 100%']);
  });

  it('are found wherever they stand in a file of many chunks and segments', async () => {
    const ordinary = range(4_000).map((n) => `remark ${n}`);
    const many = range(8_000).map(idCard);
    const distinct = new Set(many).size;
    for (const values of [
      [...ordinary, ...many],
      [...many, ...ordinary],
    ]) {
      const refusal = await refusalOf(table(column('note', 'text')), csvOf('note', values), SMALL);
      const [, percent] = /^note: id-card (\d+)%$/.exec(refusal.facts['columns']?.[0] ?? '') ?? [];
      // A sample of 4,096 of the distinct values: within four standard deviations of the share.
      const share = distinct / (distinct + ordinary.length);
      expect(Math.abs(Number(percent) / 100 - share)).toBeLessThan(
        0.005 + 4 * Math.sqrt((share * (1 - share)) / 4_096),
      );
    }
  });

  it('that are few are told, and go in; ordinary ones are not told', async () => {
    const values = [...range(900).map((n) => `remark ${n}`), ...cards.slice(0, 100)];
    const report = await upload(table(column('note', 'text')), csvOf('note', values));
    expect(report.findings).toMatchObject([{ column: 'note', kind: 'id-card', verdict: 'partly', share: 0.1 }]);
    const ordinary = await upload(
      table(column('n', 'integer'), column('amount', 'decimal'), column('day', 'date')),
      `n,amount,day\n${range(3_000)
        .map((n) => `${20_260_000_000_000 + n},${n}.50,2026-01-0${1 + (n % 9)}`)
        .join('\n')}\n`,
    );
    expect(ordinary.findings).toEqual([]);
  });
});

describe('the quality report', () => {
  const schema = table(
    column('n', 'integer'),
    column('amount', 'decimal'),
    column('day', 'date'),
    column('word', 'text'),
  );
  const rows = range(9_000).map((n) => [
    String((n * 7919) % 5_003),
    n % 7 === 0 ? '' : `${(n % 100) - 50}.25`,
    `20${10 + (n % 15)}-0${1 + (n % 9)}-11`,
    n % 3 === 0 ? '' : `w${n % 10}`,
  ]);
  const csv = `n,amount,day,word\n${rows.map((row) => row.join(',')).join('\n')}\n`;

  it.each([
    ['one segment', {}],
    ['many segments', { chunkBytes: 20_000, segmentRowsMax: 1_000 }],
  ])('is that of the rows, in %s', async (_name, limits) => {
    const report = await upload(schema, csv, limits);
    const numbers = (place: number) =>
      rows
        .map((row) => row[place]!)
        .filter((field) => field !== '')
        .map(Number);
    expect(report.columns).toEqual([
      { name: 'n', nulls: 0, min: String(Math.min(...numbers(0))), max: String(Math.max(...numbers(0))) },
      {
        name: 'amount',
        nulls: rows.filter((row) => row[1] === '').length,
        min: Math.min(...numbers(1)).toFixed(2),
        max: Math.max(...numbers(1)).toFixed(2),
      },
      {
        name: 'day',
        nulls: 0,
        min: rows.map((row) => row[2]!).sort()[0],
        max: rows
          .map((row) => row[2]!)
          .sort()
          .at(-1),
      },
      { name: 'word', nulls: rows.filter((row) => row[3] === '').length, min: null, max: null },
    ]);
  });

  it('knows the keys of a public table in one segment, and of no other', async () => {
    const keyed = table(column('code', 'integer'), column('label', 'text'), column('kind', 'integer'));
    const levelled = (level: 'general-1' | 'general-2') => ({
      ...{ ...keyed, level },
      columns: keyed.columns.map((one) => ({ ...one, level })),
    });
    const lines = range(30_000).map((n) => `${n},${n % 5 === 0 ? '' : `label ${n}`},${n % 7}`);
    const text = `code,label,kind\n${lines.join('\n')}\n`;
    expect((await upload(levelled('general-1'), text)).uniqueColumns).toEqual(['code', 'label']);
    expect((await upload(levelled('general-2'), text)).uniqueColumns).toEqual([]);
    const inParts = await upload(levelled('general-1'), text, { chunkBytes: 2 ** 15, segmentRowsMax: 2_000 });
    expect(inParts.segments.length).toBeGreaterThan(1);
    expect(inParts.uniqueColumns).toEqual([]);
  });

  it('counts equal rows', async () => {
    const doubled = `n,amount,day,word\n${[...rows.slice(0, 500), ...rows.slice(0, 200)].map((row) => row.join(',')).join('\n')}\n`;
    expect((await upload(schema, doubled)).duplicateRows).toBe(200);
  });
});
