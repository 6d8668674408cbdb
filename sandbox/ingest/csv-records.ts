import { isUtf8 } from 'node:buffer';
import type { RejectReason } from './ingest-report.ts';

/**
 * The reference reader of CSV: slow, exact, over a chunk of whole records. It is used where the engine's fast reader
 * and the record count disagree or a row is bad; it says where each record begins and what is wrong with its shape.
 * The grammar is that of record-scanner.ts.
 */

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

/** A field lies in the chunk between `start` and `end`, without its quotes; `escaped` when it holds a doubled quote. */
export interface CsvField {
  readonly start: number;
  readonly end: number;
  readonly escaped: boolean;
}

export interface CsvRecord {
  /** Lines before this record in the chunk. */
  readonly line: number;
  readonly fields: readonly CsvField[];
  readonly problem: RejectReason | null;
}

/**
 * The records of a chunk in order. A blank line is no record, except where the table has one column: there it is an
 * empty value. One delimiter after the last field is forgiven. An unclosed quote runs to the end of the chunk.
 */
export function* readCsvRecords(bytes: Buffer, delimiter: number, fieldCount: number): Generator<CsvRecord> {
  let line = 0;
  for (let at = 0; at < bytes.length; ) {
    const record = readRecord(bytes, at, delimiter);
    const blank = record.contentEnd === at && fieldCount > 1;
    if (!blank) {
      const fields = withoutTrailingEmpty(record.fields, fieldCount);
      const text = bytes.subarray(at, record.contentEnd);
      yield { line, fields, problem: problemOf(record.irregular, fields.length === fieldCount, text) };
    }
    line += record.lines;
    at = record.next;
  }
}

/** U+FFFD stands for bytes that the decoder could not read, and is nobody's data. */
const REPLACEMENT = Buffer.from('\ufffd', 'utf8');

function problemOf(irregular: boolean, countFits: boolean, text: Buffer): RejectReason | null {
  if (!isUtf8(text) || text.includes(REPLACEMENT)) return 'encoding';
  if (irregular) return 'quote';
  return countFits ? null : 'columns';
}

function withoutTrailingEmpty(fields: readonly CsvField[], fieldCount: number): readonly CsvField[] {
  const last = fields[fieldCount];
  const extra = fields.length === fieldCount + 1 && last !== undefined && last.start === last.end;
  return extra ? fields.slice(0, fieldCount) : fields;
}

interface RawRecord {
  readonly fields: CsvField[];
  /** Where the text ends, before CR and LF. */
  readonly contentEnd: number;
  readonly next: number;
  readonly lines: number;
  readonly irregular: boolean;
}

function readRecord(bytes: Buffer, from: number, delimiter: number): RawRecord {
  const fields: CsvField[] = [];
  let lines = 0;
  let irregular = false;
  let at = from;
  for (;;) {
    const field = bytes[at] === QUOTE ? readQuoted(bytes, at) : null;
    if (field !== null) {
      lines += field.lines;
      at = field.next;
    }
    const rest = readUnquoted(bytes, at, delimiter);
    const clean = field === null ? !rest.quotes : field.closed && rest.textEnd === at;
    irregular ||= !clean;
    fields.push(
      field !== null && clean
        ? { start: field.start, end: field.end, escaped: field.escaped }
        : { start: field?.start ?? at, end: rest.textEnd, escaped: false },
    );
    at = rest.end;
    if (bytes[at] !== delimiter || at >= bytes.length) {
      const ended = at < bytes.length;
      return {
        fields,
        contentEnd: rest.textEnd,
        next: at + (ended ? 1 : 0),
        lines: lines + (ended ? 1 : 0),
        irregular,
      };
    }
    at += 1;
  }
}

/** From an opening quote to just past the closing one, or to the end of the chunk. */
function readQuoted(
  bytes: Buffer,
  open: number,
): { start: number; end: number; next: number; escaped: boolean; closed: boolean; lines: number } {
  let lines = 0;
  let escaped = false;
  for (let at = open + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === LF) lines += 1;
    if (byte !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) return { start: open + 1, end: at, next: at + 1, escaped, closed: true, lines };
    escaped = true;
    at += 1;
  }
  return { start: open + 1, end: bytes.length, next: bytes.length, escaped, closed: false, lines };
}

/** To the next delimiter or line feed. `textEnd` leaves out the CR of a CRLF. */
function readUnquoted(
  bytes: Buffer,
  from: number,
  delimiter: number,
): { end: number; textEnd: number; quotes: boolean } {
  let quotes = false;
  let at = from;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === delimiter || byte === LF) break;
    if (byte === QUOTE) quotes = true;
  }
  const crlf = bytes[at] !== delimiter && at > from && bytes[at - 1] === CR;
  return { end: at, textEnd: crlf ? at - 1 : at, quotes };
}

/** The field texts of one record, such as the header. */
export function splitRecord(bytes: Buffer, delimiter: number): readonly string[] {
  return readRecord(bytes, 0, delimiter).fields.map((field) => fieldBytes(bytes, field).toString('utf8'));
}

/** The text of a field as bytes, its doubled quotes undone. */
export function fieldBytes(bytes: Buffer, field: CsvField): Buffer {
  const raw = bytes.subarray(field.start, field.end);
  return field.escaped ? Buffer.from(raw.toString('latin1').replaceAll('""', '"'), 'latin1') : raw;
}
