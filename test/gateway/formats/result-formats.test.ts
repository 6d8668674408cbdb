import { tableFromIPC } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { resultArrow } from '../../../gateway/formats/result-arrow.ts';
import { resultCsv, resultCsvHeaders } from '../../../gateway/formats/result-csv.ts';
import { resultJson } from '../../../gateway/formats/result-json.ts';
import { storeResult } from '../../../gateway/formats/stored-result.ts';
import { releasedSample, VERSIONS } from './released-sample.ts';

const stored = storeResult(releasedSample(), VERSIONS);

describe('a stored result', () => {
  it('is JSON and loses nothing on the way through the store', () => {
    expect(JSON.parse(JSON.stringify(stored))).toEqual(stored);
  });
});

describe('application/json', () => {
  it('gives rows in the order of the columns, numbers only where a double holds them', () => {
    const { rows, columns } = resultJson('job_1', 7, stored);
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['区', 'text'],
      ['n', 'integer'],
      ['total', 'hugeint'],
      ['amount', 'decimal'],
      ['ratio', 'double'],
      ['day', 'date'],
      ['at', 'timestamp'],
      ['flag', 'boolean'],
    ]);
    expect(columns[3]).toMatchObject({ precision: 38, scale: 2 });
    expect(rows).toEqual([
      ['梁子湖', 12, 5, 12.5, 0.25, '2026-01-31', '2026-01-31 08:00:00.5', true],
      [
        '=1+1, "x"',
        '9007199254740993',
        '-99999999999999999999999999999999999999',
        '-123456789012345678.90',
        null,
        '1969-12-31',
        '1969-12-31 23:59:59.999999',
        false,
      ],
      [null, null, null, null, null, null, null, null],
    ]);
  });

  it('carries what was withheld, the cost, the versions and the receipt', () => {
    expect(resultJson('job_1', 7, stored)).toMatchObject({
      suppressed: { cells: 1, groups: 2, reasons: ['threshold'] },
      cost: { rho: 0, epsilonAtDelta: 0, remaining: null },
      versions: VERSIONS,
      receipt: { index: 7, href: '/v1/jobs/job_1/receipt' },
    });
  });
});

describe('text/csv', () => {
  it('is RFC 4180 with numbers in full', () => {
    expect(resultCsv(stored, { spreadsheet: false })).toBe(
      [
        '区,n,total,amount,ratio,day,at,flag',
        '梁子湖,12,5,12.50,0.25,2026-01-31,2026-01-31 08:00:00.5,true',
        '"=1+1, ""x""",9007199254740993,-99999999999999999999999999999999999999,-123456789012345678.90,,1969-12-31,1969-12-31 23:59:59.999999,false',
        ',,,,,,,',
        '',
      ].join('\r\n'),
    );
  });

  it('disarms formulas for spreadsheets, and only there', () => {
    const sheet = resultCsv(stored, { spreadsheet: true });
    expect(sheet.startsWith('\uFEFF')).toBe(true);
    expect(sheet).toContain(`"'=1+1, ""x"""`);
    expect(sheet).toContain(',-123456789012345678.90,');
  });

  it('puts what has no place in lines into ASCII headers', () => {
    const headers = resultCsvHeaders('job_1', 7, stored);
    expect(headers['Sluice-Suppressed']).toBe('cells=1, groups=2, reasons=(threshold)');
    expect(() => new Headers(headers)).not.toThrow();
  });
});

describe('application/vnd.apache.arrow.stream', () => {
  const table = tableFromIPC(resultArrow('job_1', 7, stored));

  it('has exact types', () => {
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual([
      'Utf8',
      'Int64',
      'Decimal[38e0]',
      'Decimal[38e+2]',
      'Float64',
      'Date32<DAY>',
      'Timestamp<MICROSECOND>',
      'Bool',
    ]);
  });

  it('has exact values, nulls included', () => {
    const column = (index: number) => table.getChildAt(index)!;
    expect([...column(0)]).toEqual(['梁子湖', '=1+1, "x"', null]);
    expect([...column(1)]).toEqual([12n, 9007199254740993n, null]);
    expect([...column(4)]).toEqual([0.25, null, null]);
    expect([...column(7)]).toEqual([true, false, null]);
    expect(column(2).get(2)).toBeNull();
    const words = (index: number, row: number) => signed(column(index).get(row) as Uint32Array);
    expect(words(2, 1)).toBe(-99999999999999999999999999999999999999n);
    expect(words(3, 0)).toBe(1250n);
    expect(words(3, 1)).toBe(-12345678901234567890n);
    expect([...(column(5).data[0]!.values as Int32Array)].slice(0, 2)).toEqual([20484, -1]);
    expect([...(column(6).data[0]!.values as BigInt64Array)].slice(0, 2)).toEqual([1769846400500000n, -1n]);
  });

  it('carries the rest of the result in the schema', () => {
    const facts = JSON.parse(table.schema.metadata.get('sluice')!);
    expect(facts).toMatchObject({ job: 'job_1', mode: 'aggregate', suppressed: { cells: 1 }, receipt: { index: 7 } });
    expect(table.schema.fields[1]!.metadata.get('sluice:mode')).toBe('aggregate');
  });

  it('gives a hugeint beyond 38 digits as text, for the whole column', () => {
    const huge = 2n ** 127n - 1n;
    const { columns, ...rest } = releasedSample();
    const only = {
      ...rest,
      columns: [columns[2]!],
      table: { columns: [columns[2]!], values: [[1n, huge, null]], rowCount: 3 },
    };
    const read = tableFromIPC(
      resultArrow('job_1', 7, storeResult(only as ReturnType<typeof releasedSample>, VERSIONS)),
    );
    expect([...read.getChildAt(0)!]).toEqual(['1', String(huge), null]);
  });

  it('is readable when there are no rows and no columns', () => {
    const none = storeResult(
      { ...releasedSample(), columns: [], table: { columns: [], values: [], rowCount: 0 } },
      VERSIONS,
    );
    expect(tableFromIPC(resultArrow('job_1', 7, none)).numRows).toBe(0);
  });
});

function signed(words: Uint32Array): bigint {
  const unsigned = words.reduce((sum, word, index) => sum | (BigInt(word) << BigInt(32 * index)), 0n);
  return BigInt.asIntN(128, unsigned);
}
