import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '#policies/stored-tables';
import { csvSource, type ExactOutcome, insertExact, insertFast, LINE_COLUMN, rawName } from './checked-insert.ts';
import { readCsvRecords } from './csv-records.ts';
import type { CsvChunk } from './ingest-protocol.ts';
import { REJECTED_LISTED_MAX, type RejectedRow } from './ingest-report.ts';
import { removeFile, type SegmentStore } from './segment-store.ts';

/** A chunk of CSV into the open segment: the engine's reader where it agrees with the count, else the reference reader. */
export async function appendCsv(store: SegmentStore, chunk: CsvChunk): Promise<ExactOutcome> {
  try {
    const fast = chunk.irregular ? null : await appendFast(store, chunk);
    if (fast !== null) return { rows: fast, rejectedRows: 0, rejected: [] };
    return await appendExact(store, chunk);
  } finally {
    removeFile(store.dir, chunk.file);
  }
}

async function appendFast(store: SegmentStore, chunk: CsvChunk): Promise<number | null> {
  const names = chunk.fields.map((_, index) => rawName(index));
  const source = csvSource(join(store.dir, chunk.file), names, {
    delimiter: chunk.delimiter,
    quoted: chunk.quoted,
    // WHY: the engine's parallel reader has to guess where records begin when values span lines.
    parallel: !chunk.multiline,
  });
  return await insertFast(store, source, chunk.fields, chunk.records);
}

/**
 * Rows of the right shape are written out again, each with its line, every value quoted, so that nothing is left to
 * interpret; the declaration is then checked over those.
 */
async function appendExact(store: SegmentStore, chunk: CsvChunk): Promise<ExactOutcome> {
  const rewritten = `${chunk.file}.rows`;
  try {
    const shape = rewriteRecords(store.dir, chunk, rewritten);
    const names = [LINE_COLUMN, ...chunk.fields.map((_, index) => rawName(index))];
    const path = join(store.dir, rewritten);
    const source = csvSource(path, names, { delimiter: ',', quoted: true, parallel: false });
    const numbered = `(SELECT * REPLACE (CAST(${LINE_COLUMN} AS BIGINT) AS ${LINE_COLUMN}) FROM ${source})`;
    const checked = await insertExact(store, numbered, chunk.fields);
    assert(checked.rows + checked.rejectedRows === shape.records, 'the engine reads as many rows as were written out');
    return {
      rows: checked.rows,
      rejectedRows: checked.rejectedRows + shape.rejectedRows,
      rejected: [...shape.rejected, ...checked.rejected].sort((a, b) => a.line - b.line).slice(0, REJECTED_LISTED_MAX),
    };
  } finally {
    removeFile(store.dir, rewritten);
  }
}

interface Shape {
  readonly records: number;
  readonly rejectedRows: number;
  readonly rejected: readonly RejectedRow[];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;

function rewriteRecords(dir: string, chunk: CsvChunk, target: string): Shape {
  const bytes = readFileSync(join(dir, chunk.file));
  const rejected: RejectedRow[] = [];
  let rejectedRows = 0;
  let records = 0;
  const out = new GrowingBuffer(bytes.length + (bytes.length >> 1));
  for (const record of readCsvRecords(bytes, chunk.delimiter.charCodeAt(0), chunk.fields.length)) {
    const line = chunk.firstLine + record.line;
    if (record.problem !== null) {
      rejectedRows += 1;
      if (rejected.length < REJECTED_LISTED_MAX) rejected.push({ line, column: null, reason: record.problem });
      continue;
    }
    records += 1;
    out.text(String(line));
    for (const field of record.fields) {
      out.byte(COMMA);
      if (field.end > field.start) writeField(out, bytes, field);
    }
    out.byte(LF);
  }
  writeFileSync(join(dir, target), out.bytes(), { flag: 'wx', mode: 0o600 });
  return { records, rejectedRows, rejected };
}

function writeField(out: GrowingBuffer, bytes: Buffer, field: { start: number; end: number; escaped: boolean }): void {
  out.byte(QUOTE);
  // A field that was quoted in the file has its quotes doubled already; another one has none.
  out.copy(bytes, field.start, field.end);
  out.byte(QUOTE);
}

/** Appends bytes without an object per field. */
class GrowingBuffer {
  #buffer: Buffer;
  #length = 0;

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(bytes, 1024));
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  text(value: string): void {
    this.#reserve(value.length);
    this.#length += this.#buffer.write(value, this.#length, 'latin1');
  }

  copy(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    for (let at = start; at < end; at += 1) this.#buffer[this.#length++] = source[at] as number;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe((this.#buffer.length + bytes) * 2);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
