import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TableSchema } from '#policies/stored-tables';
import { type CsvHeader, readCsvHeader } from './csv-header.ts';
import type { CsvChunk } from './ingest-protocol.ts';
import { createRecordScanner, RECORD_BYTES_MAX, type ScanCounts } from './record-scanner.ts';
import { formatError } from './upload-problem.ts';

/** Text becomes files of whole records in the folder that the worker shares, one at a time. */

const LF = 0x0a;
const QUOTE = 0x22;

/**
 * Reads the header, then yields each chunk when its file is complete. At most two files exist at a time when the
 * consumer has the last but one removed before it asks for the next.
 * @throws AppError UPLOAD_FORMAT, UPLOAD_HEADER
 */
export async function* cutCsv(
  text: AsyncIterable<Buffer>,
  schema: TableSchema,
  place: { readonly dir: string; readonly chunkBytes: number },
  onHeader: (header: CsvHeader) => void,
): AsyncGenerator<Omit<CsvChunk, 'id'>> {
  const blocks = text[Symbol.asyncIterator]();
  const { head, rest } = await takeHeader(blocks);
  const header = readCsvHeader(head, schema);
  onHeader(header);
  const scanner = createRecordScanner(header.delimiter.charCodeAt(0));
  const headerLines = lineFeeds(head) + 1;
  let number = 0;
  let file = openChunk(place.dir, number);
  let before = scanner.counts();
  const finish = (counts: ScanCounts): Omit<CsvChunk, 'id'> => {
    file.close();
    const records = counts.records - before.records;
    const chunk = {
      kind: 'csv' as const,
      file: file.name,
      bytes: file.bytes(),
      delimiter: header.delimiter,
      fields: header.columns,
      firstLine: headerLines + before.lines + 1,
      records,
      quoted: counts.quotes > before.quotes,
      multiline: counts.lines - before.lines > records,
      irregular: counts.irregular > before.irregular,
    };
    before = counts;
    number += 1;
    return chunk;
  };
  try {
    for (let block: Buffer | null = rest; block !== null; block = await nextOf(blocks)) {
      const end = scanner.scan(block);
      if (end === 0 || file.bytes() + end < place.chunkBytes) {
        file.write(block);
        continue;
      }
      file.write(block.subarray(0, end));
      yield finish(scanner.counts());
      file = openChunk(place.dir, number);
      file.write(block.subarray(end));
    }
    if (file.bytes() > 0) yield finish(scanner.countsAtEnd());
  } finally {
    file.close();
  }
}

async function nextOf(blocks: AsyncIterator<Buffer>): Promise<Buffer | null> {
  const next = await blocks.next();
  return next.done === true ? null : next.value;
}

/** The first record without its line end, and the bytes after it that were read with it. */
async function takeHeader(blocks: AsyncIterator<Buffer>): Promise<{ head: Buffer; rest: Buffer }> {
  let read: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = headerEnd(read);
    if (end >= 0) return { head: withoutCr(read.subarray(0, end)), rest: read.subarray(end + 1) };
    if (read.length > RECORD_BYTES_MAX) throw formatError('header-too-long');
    const block = await nextOf(blocks);
    if (block === null && read.length === 0) throw formatError('empty');
    if (block === null) return { head: withoutCr(read), rest: read.subarray(read.length) };
    read = Buffer.concat([read, block]);
  }
}

/** The first line feed outside of quotes; -1 when there is none yet. */
function headerEnd(bytes: Buffer): number {
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] === QUOTE) quoted = !quoted;
    if (bytes[at] === LF && !quoted) return at;
  }
  return -1;
}

function withoutCr(bytes: Buffer): Buffer {
  return bytes[bytes.length - 1] === 0x0d ? bytes.subarray(0, -1) : bytes;
}

function lineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count += 1;
  return count;
}

interface ChunkFile {
  readonly name: string;
  bytes(): number;
  write(bytes: Buffer): void;
  close(): void;
}

/** WHY synchronous: to tmpfs a write is a copy, faster than a round through the thread pool. */
function openChunk(dir: string, number: number): ChunkFile {
  const name = `chunk-${String(number)}.csv`;
  const file = openSync(join(dir, name), 'wx', 0o600);
  let bytes = 0;
  let open = true;
  return {
    name,
    bytes: () => bytes,
    write(block) {
      for (let at = 0; at < block.length; ) at += writeSync(file, block, at);
      bytes += block.length;
    },
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}
