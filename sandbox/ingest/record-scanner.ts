import { formatError } from './upload-problem.ts';

/**
 * Finds where CSV records end, in a stream, at memory speed. It decides nothing about values: it only makes sure that a
 * chunk begins and ends with whole records, counts lines and records, and notes quoting that RFC 4180 does not know.
 *
 * The grammar, here and in csv-records.ts: a quote opens a field only as its first character; inside, "" is a quote;
 * after the closing quote comes a delimiter or the end of the line. Anything else is irregular: reading goes on as in an
 * unquoted field, so that one bad quote costs one record and not the rest of the file.
 */

export const RECORD_BYTES_MAX = 1 << 20;

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

/** Where in a record the next byte falls. */
const FIELD_START = 0;
const UNQUOTED = 1;
const QUOTED = 2;
const QUOTE_IN_QUOTED = 3;
const CLOSED_CR = 4;

/** Totals since the beginning of the data, at the end of a record. */
export interface ScanCounts {
  /** Line feeds, in quotes or not. */
  readonly lines: number;
  /** Line feeds that end a record; blank lines count. */
  readonly records: number;
  /** Places where quoting is irregular. */
  readonly irregular: number;
  /** Quote characters seen: 0 lets the engine read without a quote rule. */
  readonly quotes: number;
}

export interface RecordScanner {
  /**
   * Takes the next bytes of the stream. Returns the offset just past the last record that ends in them, 0 for none.
   * @throws AppError UPLOAD_FORMAT when a record grows beyond 1 MiB.
   */
  scan(bytes: Buffer): number;
  /** At the last record end. */
  counts(): ScanCounts;
  /** After the last byte: what follows the last record end counts as one more record. */
  countsAtEnd(): ScanCounts;
}

export function createRecordScanner(delimiter: number): RecordScanner {
  let state = FIELD_START;
  let lines = 0;
  let records = 0;
  let irregular = 0;
  let quotes = 0;
  /** Bytes since the last record end. */
  let open = 0;
  let atEnd: ScanCounts = { lines: 0, records: 0, irregular: 0, quotes: 0 };

  const snapshot = (): ScanCounts => ({ lines, records, irregular, quotes });

  /** No quote in sight: every line feed ends a record. */
  const scanPlain = (bytes: Buffer): number => {
    const first = bytes.indexOf(LF);
    let found = 0;
    for (let at = first; at >= 0; at = bytes.indexOf(LF, at + 1)) found += 1;
    if (found > 0) checkLength(open + first);
    lines += found;
    records += found;
    const final = bytes[bytes.length - 1];
    state = final === LF || final === delimiter ? FIELD_START : UNQUOTED;
    return bytes.lastIndexOf(LF) + 1;
  };

  const scanQuoted = (bytes: Buffer): number => {
    let end = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) quotes += 1;
      if (byte === LF) lines += 1;
      if (state === QUOTED) {
        if (byte === QUOTE) state = QUOTE_IN_QUOTED;
        continue;
      }
      if (byte === LF) {
        checkLength(end === 0 ? open + at : at - end);
        records += 1;
        end = at + 1;
        state = FIELD_START;
        atEnd = snapshot();
        continue;
      }
      state = step(byte);
    }
    return end;
  };

  /** The state after a byte that is no line feed, outside of quotes. */
  const step = (byte: number): number => {
    if (state === QUOTE_IN_QUOTED) {
      if (byte === QUOTE) return QUOTED;
      if (byte === delimiter) return FIELD_START;
      if (byte === CR) return CLOSED_CR;
      irregular += 1;
      return UNQUOTED;
    }
    if (state === CLOSED_CR) irregular += 1;
    if (byte === delimiter) return FIELD_START;
    if (byte !== QUOTE) return UNQUOTED;
    if (state === FIELD_START) return QUOTED;
    irregular += 1;
    return UNQUOTED;
  };

  const checkLength = (length: number): void => {
    if (length > RECORD_BYTES_MAX) throw formatError('record-too-long');
  };

  return {
    scan(bytes) {
      if (bytes.length === 0) return 0;
      const plain = (state === FIELD_START || state === UNQUOTED) && !bytes.includes(QUOTE);
      const end = plain ? scanPlain(bytes) : scanQuoted(bytes);
      if (plain && end > 0) atEnd = snapshot();
      open = end > 0 ? bytes.length - end : open + bytes.length;
      checkLength(open);
      return end;
    },
    counts: () => atEnd,
    countsAtEnd() {
      if (open === 0) return atEnd;
      const unclosed = state === QUOTED ? 1 : 0;
      return { lines, records: records + 1, irregular: irregular + unclosed, quotes };
    },
  };
}
