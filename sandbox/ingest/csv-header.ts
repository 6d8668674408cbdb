import { AppError, type TableSchema } from '#policies/stored-tables';
import { splitRecord } from './csv-records.ts';

/** The first record: which delimiter, and which declared column stands where. */

export const DELIMITERS = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

export interface CsvHeader {
  readonly delimiter: Delimiter;
  /** Declared names in the order of the file. */
  readonly columns: readonly string[];
}

const NAMES_SHOWN_MAX = 20;
const NAME_SHOWN_CHARACTERS_MAX = 63;

/**
 * Names are compared without regard to case and outer blanks; the order is free; the delimiter is the one under which
 * most names are known.
 * @throws AppError UPLOAD_HEADER
 */
export function readCsvHeader(header: Buffer, schema: TableSchema): CsvHeader {
  const readings = DELIMITERS.map((delimiter) => {
    const names = splitRecord(header, delimiter.charCodeAt(0)).map((name) => name.trim().toLowerCase());
    return { delimiter, names, known: names.filter((name) => isDeclared(schema, name)).length };
  });
  const best = readings.reduce((a, b) => (b.known > a.known ? b : a));
  checkColumns(best.names, schema);
  return { delimiter: best.delimiter, columns: best.names };
}

function isDeclared(schema: TableSchema, name: string): boolean {
  return schema.columns.some((column) => column.name === name);
}

/** @throws AppError UPLOAD_HEADER when a declared column is missing, or another one or one twice is there. */
export function checkColumns(names: readonly string[], schema: TableSchema): void {
  const missing = schema.columns.map((column) => column.name).filter((name) => !names.includes(name));
  const unexpected = names.filter((name, index) => !isDeclared(schema, name) || names.indexOf(name) !== index);
  if (missing.length === 0 && unexpected.length === 0) return;
  // WHY: where no name is known, the first line is probably data; its values are not to be repeated in an error.
  const isHeader = missing.length < schema.columns.length;
  const shown = isHeader ? unexpected.slice(0, NAMES_SHOWN_MAX) : [];
  throw new AppError('UPLOAD_HEADER', {
    missing,
    unexpected: shown.map((name) => name.slice(0, NAME_SHOWN_CHARACTERS_MAX)),
  });
}
