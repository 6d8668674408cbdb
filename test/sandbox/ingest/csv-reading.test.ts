import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldBytes, readCsvRecords } from '../../../sandbox/ingest/csv-records.ts';
import { createRecordScanner, RECORD_BYTES_MAX } from '../../../sandbox/ingest/record-scanner.ts';

/**
 * Goal: where the body was cut on the wire never shows, and the fast scanner and the reference reader see one file.
 * Method: random texts over the bytes that matter, random cuts; a third, naive reader as oracle.
 * Invariants: same counts and same record ends for every split; record ends are those of the oracle.
 */
const seed = Number(process.env['SEED'] ?? 20261123);
console.log(`csv-reading seed ${String(seed)}`);

interface OracleRecord {
  readonly fields: string[];
  readonly end: number;
  readonly irregular: boolean;
  readonly line: number;
  readonly blank: boolean;
}

/** One character at a time, by the letter of the grammar. Slow and plain. */
function oracle(text: string, delimiter: string): OracleRecord[] {
  const records: OracleRecord[] = [];
  let at = 0;
  let line = 0;
  while (at < text.length) {
    const fields: string[] = [];
    let irregular = false;
    const startLine = line;
    const start = at;
    let done = false;
    while (!done) {
      let field = '';
      if (text[at] === '"') {
        at += 1;
        let closed = false;
        while (at < text.length && !closed) {
          if (text[at] === '\n') line += 1;
          if (text.startsWith('""', at)) {
            field += '"';
            at += 2;
          } else if (text[at] === '"') {
            closed = true;
            at += 1;
          } else {
            field += text[at];
            at += 1;
          }
        }
        if (!closed) irregular = true;
        let tail = '';
        while (at < text.length && text[at] !== delimiter && text[at] !== '\n') {
          tail += text[at];
          at += 1;
        }
        if (tail !== '' && !(tail === '\r' && text[at] !== delimiter)) irregular = true;
      } else {
        while (at < text.length && text[at] !== delimiter && text[at] !== '\n') {
          if (text[at] === '"') irregular = true;
          field += text[at];
          at += 1;
        }
        if (text[at] !== delimiter && field.endsWith('\r')) field = field.slice(0, -1);
      }
      fields.push(field);
      done = text[at] !== delimiter;
      if (at < text.length) {
        if (text[at] === '\n') line += 1;
        at += 1;
      }
    }
    const blank = /^\r?\n?$/.test(text.slice(start, at));
    records.push({ fields, end: at, irregular, line: startLine, blank });
  }
  return records;
}

const texts = fc
  .array(fc.constantFrom('a', 'b', '1', ',', ',', '"', '"', '""', '\n', '\n', '\r\n', '\r', ' ', '数'), {
    maxLength: 60,
  })
  .map((parts) => parts.join(''));

function scanAll(bytes: Buffer, cuts: readonly number[]) {
  const scanner = createRecordScanner(0x2c);
  const ends: number[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const end = scanner.scan(bytes.subarray(from, to));
    if (end > 0) ends.push(from + end);
    from = to;
  }
  return { last: ends.at(-1) ?? 0, ends, counts: scanner.counts(), atEnd: scanner.countsAtEnd() };
}

describe('the scanner', () => {
  it('says the same however the text is cut, and cuts only between records', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(200), { maxLength: 8 }), (text, points) => {
        const bytes = Buffer.from(text, 'utf8');
        const cuts = [...new Set(points.filter((point) => point < bytes.length))].sort((a, b) => a - b);
        const whole = scanAll(bytes, []);
        const pieces = scanAll(bytes, cuts);
        expect(pieces.counts).toEqual(whole.counts);
        expect(pieces.atEnd).toEqual(whole.atEnd);
        const recordEnds = new Set(oracle(text, ',').map(({ end }) => Buffer.byteLength(text.slice(0, end), 'utf8')));
        for (const end of pieces.ends) expect(recordEnds.has(end)).toBe(true);
      }),
      { seed, numRuns: 3000 },
    );
  });

  it('counts records, lines and irregular quoting like the oracle', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = Buffer.from(text, 'utf8');
        const expected = oracle(text, ',');
        const { atEnd } = scanAll(bytes, []);
        expect(atEnd.records).toBe(expected.length);
        expect(atEnd.lines).toBe(text.split('\n').length - 1);
        expect(atEnd.irregular > 0).toBe(expected.some(({ irregular }) => irregular));
      }),
      { seed, numRuns: 3000 },
    );
  });

  it('refuses a record beyond 1 MiB, at the same byte however it is cut', () => {
    const line = Buffer.alloc(RECORD_BYTES_MAX, 0x61);
    expect(() => scanAll(Buffer.concat([line, Buffer.from('\nb\n')]), [77])).not.toThrow();
    for (const cuts of [[], [5], [RECORD_BYTES_MAX], [1000, 600_000]]) {
      expect(() => scanAll(Buffer.concat([line, Buffer.from('a\nb\n')]), cuts)).toThrow('UPLOAD_FORMAT');
    }
    expect(() => scanAll(Buffer.concat([Buffer.from('"'), line]), [9])).toThrow('UPLOAD_FORMAT');
  });
});

describe('the reference reader', () => {
  it('gives the records, lines and shapes of the oracle', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 4 }), (text, columns) => {
        const bytes = Buffer.from(text, 'utf8');
        const expected = oracle(text, ',')
          .filter(({ blank }) => columns === 1 || !blank)
          .map(({ fields, irregular, line }) => {
            const extra = fields.length === columns + 1 && fields.at(-1) === '';
            const kept = extra ? fields.slice(0, columns) : fields;
            return { line, problem: irregular ? 'quote' : kept.length === columns ? null : 'columns', fields: kept };
          });
        const actual = [...readCsvRecords(bytes, 0x2c, columns)];
        expect(actual.map(({ line, problem }) => ({ line, problem }))).toEqual(
          expected.map(({ line, problem }) => ({ line, problem })),
        );
        for (const [index, record] of actual.entries()) {
          if (record.problem !== null) continue;
          expect(record.fields.map((field) => fieldBytes(bytes, field).toString('utf8'))).toEqual(
            expected[index]?.fields,
          );
        }
      }),
      { seed, numRuns: 3000 },
    );
  });

  it('finds text that is not text, row by row', () => {
    const bytes = Buffer.concat([Buffer.from('a,b\nc,'), Buffer.from([0xff, 0x0a]), Buffer.from('d,\ufffd\ne,f\n')]);
    expect([...readCsvRecords(bytes, 0x2c, 2)].map(({ problem }) => problem)).toEqual([
      null,
      'encoding',
      'encoding',
      null,
    ]);
  });
});
