import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scaledUp } from '../../../policies/scaled-numbers.ts';
import type { TableSchema } from '../../../policies/table-schema.ts';
import { BLOCK_BYTES, readBodyBlocks } from '../../../sandbox/ingest/body-blocks.ts';
import { readCsvHeader } from '../../../sandbox/ingest/csv-header.ts';
import { readTextBlocks } from '../../../sandbox/ingest/text-blocks.ts';
import { canonicalIdentifier, tokenOf } from '../../../sandbox/ingest/token.ts';
import { mergeRuns, RUN_ENTRY_BYTES } from '../../../sandbox/ingest/unit-runs.ts';

const seed = Number(process.env['SEED'] ?? 20261123);
console.log(`upload-parts seed ${String(seed)}`);

async function* bodyOf(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
async function collect(blocks: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const block of blocks) all.push(Buffer.from(block));
  return all;
}
const open = { declaredBytes: null, bytesMax: 1e9, signal: null };

describe('the body', () => {
  it('comes in blocks of one size whatever the wire did, counted and hashed', async () => {
    const bytes = randomBytes(BLOCK_BYTES * 2 + 77);
    const pieces = [
      bytes.subarray(0, 1),
      bytes.subarray(1, 300_000),
      bytes.subarray(300_000, 300_000),
      bytes.subarray(300_000),
    ];
    const body = readBodyBlocks(bodyOf(...pieces), { ...open, declaredBytes: bytes.length });
    const blocks = await collect(body.blocks);
    expect(blocks.map((block) => block.length)).toEqual([BLOCK_BYTES, BLOCK_BYTES, 77]);
    expect(Buffer.concat(blocks).equals(bytes)).toBe(true);
    expect(body.totals()).toEqual({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  });

  it('is interrupted when it is shorter or longer than declared, fails, or is aborted while silent', async () => {
    const read = (body: AsyncIterable<Uint8Array>, limits: object) =>
      collect(readBodyBlocks(body, { ...open, ...limits }).blocks);
    const piece = Buffer.from('abc');
    await expect(read(bodyOf(piece), { declaredBytes: 4 })).rejects.toMatchObject({
      code: 'UPLOAD_INTERRUPTED',
      facts: { bytes: 3 },
    });
    await expect(read(bodyOf(piece, piece), { declaredBytes: 4 })).rejects.toMatchObject({
      code: 'UPLOAD_INTERRUPTED',
    });
    await expect(read(bodyOf(piece), { bytesMax: 2 })).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' });
    await expect(read(bodyOf(piece), { bytesMax: 2, declaredBytes: 3 })).rejects.toMatchObject({
      code: 'UPLOAD_TOO_LARGE',
    });
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield piece;
      await Promise.reject(new Error('socket hang up'));
    };
    await expect(read(failing(), {})).rejects.toMatchObject({ code: 'UPLOAD_INTERRUPTED', facts: { bytes: 3 } });
    const silent = async function* (): AsyncGenerator<Uint8Array> {
      yield piece;
      await new Promise(() => undefined);
    };
    const abort = new AbortController();
    const reading = read(silent(), { signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(reading).rejects.toMatchObject({ code: 'UPLOAD_INTERRUPTED', facts: { bytes: 3 } });
  });
});

describe('the text', () => {
  const decode = async (bytes: Uint8Array, encoding: 'auto' | 'utf-8' | 'gb18030' = 'auto') => {
    const text = readTextBlocks(readBodyBlocks(bodyOf(bytes), open).blocks, encoding);
    return { text: Buffer.concat(await collect(text.blocks)).toString('utf8'), encoding: text.encoding() };
  };
  // 鄂州市 in GB18030, and a four-byte character (U+20000).
  const gb = Buffer.from([0xb6, 0xf5, 0xd6, 0xdd, 0xca, 0xd0, 0x2c, 0x95, 0x32, 0x82, 0x36, 0x0a]);

  it('tells UTF-8 from GB18030, even far into the file', async () => {
    expect(await decode(Buffer.from('\ufeffa,鄂州\n'))).toEqual({ text: 'a,鄂州\n', encoding: 'utf-8' });
    expect(await decode(gb)).toEqual({ text: '鄂州市,\u{20000}\n', encoding: 'gb18030' });
    const far = Buffer.concat([Buffer.alloc(BLOCK_BYTES + 5, 'x'), gb]);
    expect((await decode(far)).encoding).toBe('gb18030');
    expect((await decode(Buffer.from('plain\n'))).encoding).toBe('utf-8');
    expect((await decode(Buffer.from('plain\n'), 'gb18030')).encoding).toBe('gb18030');
  });

  it('recodes GB18030 the same however it is cut into blocks', async () => {
    const bytes = Buffer.concat(Array.from({ length: 60_000 }, () => gb));
    expect((await decode(bytes)).text).toBe('鄂州市,\u{20000}\n'.repeat(60_000));
  });

  it('keeps UTF-8 with a few broken bytes as UTF-8: those are bad rows, not another encoding', async () => {
    const bytes = Buffer.concat([Buffer.from('鄂州市\n'.repeat(50)), Buffer.from([0xff, 0x0a])]);
    expect((await decode(bytes)).encoding).toBe('utf-8');
  });

  it('refuses what is no text', async () => {
    const refused = (bytes: Uint8Array, facts: object) => expect(decode(bytes)).rejects.toMatchObject({ facts });
    await refused(Buffer.from([0x50, 0x4b, 3, 4, 0, 0]), { problem: 'zip-or-xlsx' });
    await refused(Buffer.from('PAR1....'), { problem: 'parquet' });
    await refused(Buffer.from([0x1f, 0x8b, 8, 0]), { problem: 'gzip' });
    await refused(Buffer.from('a,b\n1,\0\n'), { problem: 'nul-byte' });
    await refused(Buffer.from([0xff, 0xfe, 0x61, 0]), { encoding: 'utf-16' });
    await refused(Buffer.from([0x61, 0xff, 0xff, 0xff, 0x80, 0xff, 0x0a]), { accepted: 'utf-8, gb18030' });
    await expect(decode(gb, 'utf-8')).rejects.toMatchObject({ code: 'UPLOAD_ENCODING', facts: { declared: 'utf-8' } });
  });
});

const title = { zh: '', en: '' };
const schema: TableSchema = {
  table: 'elec',
  level: 'general-2',
  columns: ['uscc', 'kwh', 'note'].map((name) => ({
    name,
    title,
    type: 'text',
    level: 'general-1',
    role: 'attribute',
  })),
};

describe('the header', () => {
  it.each([',', ';', '\t', '|'])('is read in any order and case under the delimiter %j', (delimiter) => {
    const header = readCsvHeader(Buffer.from([' Note', '"KWH"', 'uscc '].join(delimiter)), schema);
    expect(header).toEqual({ delimiter, columns: ['note', 'kwh', 'uscc'] });
  });

  it('names what is missing, unexpected or there twice', () => {
    const facts = (text: string) => {
      try {
        readCsvHeader(Buffer.from(text), schema);
      } catch (error) {
        return (error as { facts: unknown }).facts;
      }
      return null;
    };
    expect(facts('uscc,kwh,extra')).toEqual({ missing: ['note'], unexpected: ['extra'] });
    expect(facts('uscc,kwh,note,kwh')).toEqual({ missing: [], unexpected: ['kwh'] });
    // A first line of data is not repeated.
    expect(facts('91420700MA0006120X,12,secret')).toEqual({ missing: ['uscc', 'kwh', 'note'], unexpected: [] });
  });
});

describe('bounds', () => {
  it('become exact numbers of the stored scale, rounded inwards', () => {
    expect(scaledUp(0.1, 2, 'ceil')).toBe(10n);
    expect(scaledUp(0.105, 2, 'ceil')).toBe(11n);
    expect(scaledUp(0.105, 2, 'floor')).toBe(10n);
    expect(scaledUp(-0.105, 2, 'ceil')).toBe(-10n);
    expect(scaledUp(-0.105, 2, 'floor')).toBe(-11n);
    expect(scaledUp(1e21, 0, 'floor')).toBe(10n ** 21n);
    expect(scaledUp(1.5e-7, 2, 'floor')).toBe(0n);
    expect(scaledUp(9_007_199_254_740_991, 0, 'floor')).toBe(9_007_199_254_740_991n);
  });
});

describe('tokens', () => {
  it('are the first 64 bits of SHA-256 over the key block and the canonical value', () => {
    const key = Buffer.alloc(64, 7);
    const expected = createHash('sha256')
      .update(Buffer.concat([key, Buffer.from('91420700MA4EZ0008U')]))
      .digest();
    expect(tokenOf(key, ' 91420700ma4ez0008u ')).toBe(expected.readBigUInt64BE(0));
    expect(tokenOf(key, '  ')).toBeNull();
    expect(tokenOf(Buffer.alloc(64, 8), '91420700MA4EZ0008U')).not.toBe(expected.readBigUInt64BE(0));
    expect(canonicalIdentifier('straße')).toBe('STRAßE');
    expect(canonicalIdentifier(' é ')).toBe('é');
  });
});

describe('counts per unit', () => {
  it('are exact over any number of segments', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(30), { maxLength: 60 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 50 }),
        async (segments, cut) => {
          const runs = segments.map((units) => {
            const counts = new Map<number, number>();
            for (const unit of units) counts.set(unit, (counts.get(unit) ?? 0) + 1);
            const entries = [...counts].sort(([a], [b]) => a - b);
            const bytes = Buffer.alloc(entries.length * RUN_ENTRY_BYTES);
            for (const [index, [unit, rows]] of entries.entries()) {
              bytes.writeBigUInt64BE((BigInt(unit) << 59n) + BigInt(unit % 3), index * RUN_ENTRY_BYTES);
              bytes.writeUInt32BE(rows, index * RUN_ENTRY_BYTES + 8);
            }
            const blocks: Buffer[] = [];
            for (let at = 0; at < bytes.length; at += cut) blocks.push(bytes.subarray(at, at + cut));
            return bodyOf(...blocks) as AsyncIterable<Buffer>;
          });
          const all = segments.flat();
          const totals = [...new Set(all)].map((unit) => all.filter((other) => other === unit).length);
          expect(await mergeRuns(runs)).toEqual({ distinct: totals.length, rowsMax: Math.max(0, ...totals) });
        },
      ),
      { seed, numRuns: 300 },
    );
  });
});
