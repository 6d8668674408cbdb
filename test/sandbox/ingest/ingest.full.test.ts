import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type IngestReport, RowsRejectedError, tokenOf } from '../../../sandbox/ingest/index.ts';
import { bodyOf, column, type IngestFixture, openIngestFixture, table, unitKey } from '../ingest-fixture.ts';

/**
 * Goal: a table version is what its file says, under the declaration, or nothing at all.
 * Method: real worker, real isolation, real vault; expectations from a plain reader written here.
 */
let fixture: IngestFixture;
beforeEach(async () => {
  fixture = await openIngestFixture();
});
afterEach(() => fixture.close());

const SCHEMA = table(
  column('uscc', 'text', { role: 'identifier', unit: 'enterprise', nullable: false }),
  column('kwh', 'decimal', { scale: 2, bounds: { min: 0, max: 1000 } }),
  column('read_date', 'date'),
  column('days', 'integer', { bounds: { min: 0, max: 365 } }),
  column('note', 'text', { lengthMax: 200 }),
);
/** With a promise of how many rows one enterprise has. */
const atMost = (rowsPerUnitMax: number) =>
  table(...SCHEMA.columns.map((one) => (one.unit === undefined ? one : { ...one, rowsPerUnitMax })));
const HEADER = 'uscc,kwh,read_date,days,note\n';
const token = (value: string) => String(tokenOf(unitKey('enterprise'), value));

describe('a good file', () => {
  it('is stored with its identifiers as tokens, and proven', async () => {
    const body = `${HEADER}91420700MA4EZ0008U,1.5,2024-02-29,3,hello\n91420700ma4ez0008u,,,,\n91350100M000100Y43,2,2024-01-01,0,"a ""b"", c\nd"\n`;
    const report = await fixture.upload(SCHEMA, body);
    expect(report).toMatchObject({
      rows: 3,
      rejectedRows: 0,
      rejected: [],
      bytes: Buffer.byteLength(body),
      encoding: 'utf-8',
      delimiter: ',',
      rowsPerUnitMax: { enterprise: 2 },
      unitsDistinct: { enterprise: 2 },
      contentSha256: createHash('sha256').update(body).digest('hex'),
    });
    expect(report.columns).toMatchObject([
      { name: 'uscc', nulls: 0 },
      { name: 'kwh', nulls: 1 },
      { name: 'read_date', nulls: 1 },
      { name: 'days', nulls: 1 },
      { name: 'note', nulls: 1 },
    ]);
    expect(await fixture.rows()).toEqual([
      [token('91420700MA4EZ0008U'), '1.50', '2024-02-29', '3', 'hello'],
      [token('91420700MA4EZ0008U'), null, null, null, null],
      [token('91350100M000100Y43'), '2.00', '2024-01-01', '0', 'a "b", c\nd'],
    ]);
    const [segment] = report.segments;
    const sealed = readFileSync(join(fixture.dir, 'versions', 'elec@1', segment?.name ?? ''));
    expect(createHash('sha256').update(sealed).digest('hex')).toBe(segment?.sha256);
  });

  const rows = [
    ['A1', '1.00', '2024-01-01', '1', '鄂州'],
    ['A2', '2.00', '2024-01-02', '2', 'x;y|z'],
  ];
  const fields = (row: readonly string[], order: readonly number[]) => order.map((index) => row[index] ?? '');
  const write = (delimiter: string, newline: string, order: readonly number[], end = newline): string =>
    [HEADER.trim().toUpperCase().split(','), ...rows]
      .map((row) =>
        fields(row, order)
          .map((text) => (/[;|,]/.test(text) ? `"${text}"` : text))
          .join(delimiter),
      )
      .join(newline) + end;
  const gb18030 = (text: string) =>
    Buffer.concat(
      [...text].map((c) =>
        c === '鄂' ? Buffer.from([0xb6, 0xf5]) : c === '州' ? Buffer.from([0xd6, 0xdd]) : Buffer.from(c),
      ),
    );

  it.each([
    ['LF', Buffer.from(write(',', '\n', [0, 1, 2, 3, 4])), ',', 'utf-8'],
    ['CRLF and a byte order mark', Buffer.from(`\ufeff${write(',', '\r\n', [0, 1, 2, 3, 4])}`), ',', 'utf-8'],
    ['semicolons, another order, no last line end', Buffer.from(write(';', '\n', [4, 2, 0, 1, 3], '')), ';', 'utf-8'],
    ['tabs', Buffer.from(write('\t', '\r\n', [3, 4, 2, 1, 0])), '\t', 'utf-8'],
    ['bars and blank lines', Buffer.from(`${write('|', '\n', [0, 1, 2, 3, 4])}\n\n`), '|', 'utf-8'],
    ['GB18030', gb18030(write(',', '\r\n', [0, 1, 2, 3, 4])), ',', 'gb18030'],
    ['LF and CRLF mixed', Buffer.from(write(',', '\n', [0, 1, 2, 3, 4]).replace('\nA2', '\r\nA2')), ',', 'utf-8'],
  ])('reads %s', async (_, body, delimiter, encoding) => {
    const report = await fixture.upload(SCHEMA, body);
    expect(report).toMatchObject({ rows: 2, rejectedRows: 0, delimiter, encoding });
    const stored = (await fixture.rows()).sort((a, b) => Number(a[3]) - Number(b[3]));
    expect(stored).toEqual(rows.map(([id, ...rest]) => [token(id ?? ''), ...rest]));
  });

  it('may be a header alone', async () => {
    expect(await fixture.upload(SCHEMA, HEADER)).toMatchObject({ rows: 0, rowsPerUnitMax: { enterprise: 0 } });
    expect(await fixture.rows()).toEqual([]);
  });

  it('gives equal tokens across tables of one domain and others across domains', async () => {
    const of = (name: string, domain: string) => table(column(name, 'text', { role: 'identifier', domain }));
    await fixture.upload(of('uscc', 'enterprise'), 'uscc\nX1\n');
    await fixture.upload(of('holder_uscc', 'enterprise'), 'holder_uscc\n x1\n', { version: 2 });
    await fixture.upload(of('plate', 'vehicle'), 'plate\nX1\n', { version: 3 });
    const [a, b, c] = await Promise.all([1, 2, 3].map((version) => fixture.rows(version)));
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });
});

/** What is wrong with a line, read by hand: the first bad column. Only the forms that the generator below makes. */
function slowCheck(line: string): { column: string | null; reason: string } | null {
  const fields = line.split(',');
  if (fields.length !== 5) return { column: null, reason: 'columns' };
  const [uscc = '', kwh = '', date = '', days = '', note = ''] = fields;
  if (uscc.trim() === '') return { column: 'uscc', reason: 'null' };
  if (kwh !== '' && !/^\d+(\.\d+)?$/.test(kwh)) return { column: 'kwh', reason: 'type' };
  if (/\.\d\d\d*[1-9]/.test(kwh)) return { column: 'kwh', reason: 'scale' };
  if (Number(kwh) > 1000) return { column: 'kwh', reason: 'bounds' };
  const parsed = new Date(`${date}T00:00:00Z`);
  if (date !== '' && (Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== date)) {
    return { column: 'read_date', reason: 'type' };
  }
  if (days !== '' && !/^\d+$/.test(days)) return { column: 'days', reason: 'type' };
  if (Number(days) > 365) return { column: 'days', reason: 'bounds' };
  return note.length > 200 ? { column: 'note', reason: 'length' } : null;
}

const BAD_LINES = [
  'A1,1,2024-02-30,1,x',
  'A1,1.239,2024-02-28,1,x',
  'A1,1001,2024-02-28,1,x',
  'A1,abc,2024-02-28,1,x',
  ',1,2024-02-28,1,x',
  'A1,1,2024-02-28,400,x',
  'A1,1,2024-02-28,1.5,x',
  'A1,1,2024-02-28,1',
  'A1,1,2024-02-28,1,x,y',
  `A1,1,2024-02-28,1,${'n'.repeat(201)}`,
  'A1,1,20240230,1,x',
];

describe('a file with bad rows', () => {
  it('is reported line by line, without a value, the same for any chunk it lies in', async () => {
    let state = 7;
    const random = (n: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % n;
    };
    const lines = Array.from({ length: 30_000 }, (_, row) =>
      random(100) === 0
        ? (BAD_LINES[random(BAD_LINES.length)] ?? '')
        : `B${row % 977},${row % 1000}.25,2024-0${1 + (row % 9)}-11,${row % 366},ok`,
    );
    const expected = lines.flatMap((line, index) => {
      const problem = slowCheck(line);
      return problem === null ? [] : [{ line: index + 2, ...problem }];
    });
    const body = HEADER + lines.join('\n');
    const report = await fixture.upload(SCHEMA, body);
    expect(report.rejectedRows).toBe(expected.length);
    expect(report.rejected).toEqual(expected.slice(0, 1000));
    expect(report.rows).toBe(lines.length - expected.length);
    expect(JSON.stringify(report)).not.toMatch(/2024-02-30|1\.239|1001/);
    const again = await fixture.upload(
      SCHEMA,
      body,
      { version: 2, body: bodyOf(Buffer.from(body), 1013) },
      { chunkBytes: 2 ** 18 },
    );
    const { segments: _, ...rest } = report;
    expect(again).toMatchObject(rest);
    expect(await fixture.rows(2)).toEqual(await fixture.rows(1));
  });

  it('counts physical lines, though values span them', async () => {
    const body = `${HEADER}A1,1,,1,"two\nlines"\nA2,bad,,1,\n\nA3,1,,1,x"y\nA4,1,,1,"un"closed"\nA5,1,,999,"three\r\n\r\nlines"\nA6,1,,1,"open`;
    const report = await fixture.upload(SCHEMA, body);
    expect(report.rejected).toEqual([
      { line: 4, column: 'kwh', reason: 'type' },
      { line: 6, column: null, reason: 'quote' },
      { line: 7, column: null, reason: 'quote' },
      { line: 8, column: 'days', reason: 'bounds' },
      { line: 11, column: null, reason: 'quote' },
    ]);
    expect((await fixture.rows()).map((row) => row[4])).toEqual(['two\nlines']);
  });

  it('rejects rows whose bytes are no text', async () => {
    const good = Buffer.from(`${HEADER}A1,1,,1,${'鄂州'.repeat(30)}\nA2,1,,1,`);
    const report = await fixture.upload(
      SCHEMA,
      Buffer.concat([good, Buffer.from([0xff, 0x0a]), Buffer.from('A3,1,,1,x\n')]),
    );
    expect(report).toMatchObject({ rows: 2, rejected: [{ line: 3, column: null, reason: 'encoding' }] });
  });

  it('is refused as a whole beyond the share allowed, with the report', async () => {
    const body = `${HEADER}A1,1,,1,\nA2,1,,1,\nA3,1,,1,\nA4,x,,1,\n`;
    expect(await fixture.upload(SCHEMA, body, { rejectShareMax: 0.25 })).toMatchObject({ rows: 3, rejectedRows: 1 });
    const refused = await fixture
      .upload(SCHEMA, body, { rejectShareMax: 0.24, version: 2 })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RowsRejectedError);
    expect(refused).toMatchObject({ code: 'UPLOAD_ROWS_REJECTED', facts: { rejected: 1, rows: 4 } });
    expect((refused as RowsRejectedError).report.rejected).toEqual([{ line: 5, column: 'kwh', reason: 'type' }]);
    await expect(fixture.vault.attach('elec', 2)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
  });
});

describe('an upload that fails', () => {
  const CANARY = '91420700CANARY0077';
  const lines = (count: number) => HEADER + `${CANARY},1,2024-01-01,1,KANARIENVOGEL\n`.repeat(count);
  const failing = async function* (bytes: Buffer): AsyncGenerator<Uint8Array> {
    yield* bodyOf(bytes);
    await Promise.reject(new Error('the client went away'));
  };

  it.each([
    [
      'the body breaks off',
      { body: failing(Buffer.from(lines(1_100_000))), declaredBytes: null },
      {},
      'UPLOAD_INTERRUPTED',
    ],
    ['the body is shorter than declared', { declaredBytes: 1_000_000 }, {}, 'UPLOAD_INTERRUPTED'],
    ['the body is too large', {}, { bytesMax: 100 }, 'UPLOAD_TOO_LARGE'],
    ['the header is another', { schema: table(column('other', 'text')) }, {}, 'UPLOAD_HEADER'],
    ['it is Parquet', { body: bodyOf(Buffer.from('PAR1')), declaredBytes: null }, {}, 'UPLOAD_FORMAT'],
    ['it is empty', { body: bodyOf(Buffer.alloc(0)), declaredBytes: 0 }, {}, 'UPLOAD_FORMAT'],
    [
      'a line does not end',
      { body: bodyOf(Buffer.from(`${HEADER}A1,1,,1,"${'x'.repeat(1_200_000)}`)), declaredBytes: null },
      {},
      'UPLOAD_FORMAT',
    ],
    [
      'too many rows are bad',
      { body: bodyOf(Buffer.from(`${HEADER}x\n`)), declaredBytes: null, rejectShareMax: 0 },
      {},
      'UPLOAD_ROWS_REJECTED',
    ],
    ['a unit has more rows than declared', { schema: atMost(99) }, { segmentRowsMax: 30 }, 'UPLOAD_UNIT_ROWS'],
    ['the worker takes too long', {}, { deadlineMs: 1 }, 'SANDBOX_TIMEOUT'],
  ])('leaves nothing when %s', async (_, more, limits, code) => {
    await expect(fixture.upload(SCHEMA, lines(100), more, limits)).rejects.toMatchObject({ code });
    expect(fixture.files()).toEqual([]);
    expect(readdirSync(join(fixture.dir, 'staging'))).toEqual([]);
    expect(readdirSync(join(fixture.runDir, 'vault', 'scratch'))).toEqual([]);
    await expect(fixture.vault.attach('elec', 1)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    await fixture.upload(SCHEMA, lines(1)); // the same version can be written afterwards
  });

  it('takes as many rows of a unit as are declared', async () => {
    expect(await fixture.upload(atMost(100), lines(100))).toMatchObject({ rowsPerUnitMax: { enterprise: 100 } });
  });

  it('never has an identifier in the vault, and in a segment only its token', async () => {
    await fixture.upload(SCHEMA, lines(500));
    for (const file of fixture.files()) expect(readFileSync(file).includes('KANARIENVOGEL')).toBe(false);
    const attached = await fixture.vault.attach('elec', 1);
    const plain = Buffer.concat(attached.files.map((file) => readFileSync(file)));
    await attached.release();
    expect(plain.includes('KANARIENVOGEL')).toBe(true); // control: an attribute is there
    expect(plain.includes(CANARY)).toBe(false);
  });
});

describe('a file of many chunks and segments', () => {
  it('is the same table as in one piece, with exact counts per unit', async () => {
    const rows = 300_000;
    const lines = Array.from(
      { length: rows },
      (_, row) => `U${(row * 7919) % 20_011},${row % 1000}.5,2024-01-01,${row % 366},n${row}\n`,
    );
    const body = Buffer.from(HEADER + lines.join(''));
    const progress: number[] = [];
    const more = { onProgress: ({ bytes }: { bytes: number }) => void progress.push(bytes) };
    const many: IngestReport = await fixture.upload(SCHEMA, body, more, {
      segmentRowsMax: 100_000,
      chunkBytes: 2 ** 20,
    });
    expect(many.segments.length).toBeGreaterThan(1);
    expect(many).toMatchObject({
      rows,
      rejectedRows: 0,
      unitsDistinct: { enterprise: 20_011 },
      rowsPerUnitMax: { enterprise: 15 },
    });
    expect(many.segments.reduce((sum, segment) => sum + segment.rows, 0)).toBe(rows);
    expect(progress.at(-1)).toBe(body.length);
    const one = await fixture.upload(SCHEMA, body, { version: 2 });
    expect(one.segments.length).toBe(1);
    const { segments: _, ...rest } = one;
    expect(many).toMatchObject(rest);
    expect(JSON.stringify(await fixture.rows(2)) === JSON.stringify(await fixture.rows(1))).toBe(true);
  });
});
