import { AppError, type ColumnFinding, type StoredPrints, type UnitKind } from '#policies/stored-tables';

/** What came of an upload: counts and places, never a value. */

/** Why a row was not taken, in the words of the declaration. Closed. */
export const REJECT_REASONS = [
  'columns', // fewer or more fields than the header names
  'quote', // a quote inside an unquoted field, text after a closing quote, or a quote that never closes
  'encoding', // bytes that are not text in the file's encoding
  'null', // empty where a value is required
  'type', // not a value of the declared type
  'scale', // a decimal with more digits after the point than declared
  'bounds', // outside the declared bounds
  'values', // not in the declared list
  'length', // longer than the declared length
  'identifier-format', // an identifier of more than 256 characters
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

export interface RejectedRow {
  /** CSV: the physical line on which the row begins; the header is line 1. Parquet: the row's number from 1. */
  readonly line: number;
  /** The first declared column that fails; null when the row as a whole is malformed. */
  readonly column: string | null;
  readonly reason: RejectReason;
}

/** Rejected rows are all counted; the first of them are listed. */
export const REJECTED_LISTED_MAX = 1000;

export type UploadEncoding = 'utf-8' | 'gb18030';

export interface IngestReport {
  /** Of the version. Where rows were appended, so are all figures but those of rejected rows and of the body. */
  readonly rows: number;
  /** Of this body; null where it is the whole version. */
  readonly appended: { readonly base: number; readonly rows: number } | null;
  readonly rejectedRows: number;
  /** The first 1,000, in the order of the file. */
  readonly rejected: readonly RejectedRow[];
  /** Of the raw body. */
  readonly bytes: number;
  readonly encoding: UploadEncoding | null;
  /** CSV only. */
  readonly delimiter: string | null;
  /** Exact, over the whole table: most rows that one unit has. The largest over the columns of that kind. */
  readonly rowsPerUnitMax: Partial<Record<UnitKind, number>>;
  readonly unitsDistinct: Partial<Record<UnitKind, number>>;
  /** Rows of two versions have comparable keys only where this is equal (row-key.ts). */
  readonly rowKeyScheme: string;
  /** Names of the columns that are stored beside the declared ones (policies/stored-twins.ts). */
  readonly twins: readonly string[];
  /** Columns in which no two rows have one value, of a table that is public throughout; none of others. */
  readonly uniqueColumns: readonly string[];
  /** What tables of prints every segment has (policies/stored-prints.ts). */
  readonly prints: StoredPrints | null;
  /** Of encrypted columns: what the provider signed, and that which it signed, checked against what is stored. */
  readonly encrypted: {
    readonly version: string;
    readonly manifest: string;
    readonly blocksSha256: string;
    /** The columns of ciphertext, in the order of their digests. */
    readonly words: readonly string[];
    /** Of each block of `bgv-v1`, base64. */
    readonly digests: string | null;
  } | null;
  /** Extremes as stored text, of numbers and times; null of others and of ciphertext. Protected values: for the provider alone. */
  readonly columns: readonly {
    readonly name: string;
    readonly nulls: number;
    readonly min: string | null;
    readonly max: string | null;
  }[];
  /** Rows equal to an earlier one in every column, within segments of up to 4,000,000 rows. */
  readonly duplicateRows: number;
  /** What the values look like, where they look like identifiers. */
  readonly findings: readonly ColumnFinding[];
  /** SHA-256 of the raw body, hex. */
  readonly contentSha256: string;
  /** As stored: `bytes` of the plain file, `sha256` of the sealed one. */
  readonly segments: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly rows: number;
  }[];
}

/** Columns are not declared as what they hold; nothing was stored. The findings say which, and never a value. */
export class UnderDeclaredError extends AppError {
  readonly findings: readonly ColumnFinding[];

  constructor(findings: readonly ColumnFinding[]) {
    super('UPLOAD_UNDER_DECLARED', {
      columns: findings.map(({ column, kind, share }) => `${column}: ${kind} ${String(Math.round(share * 100))}%`),
      accepted: findings.map(({ column, levelMin }) => `${column}: role identifier, level ${levelMin}`),
    });
    this.findings = findings;
  }
}

/** More rows were rejected than the upload allows; nothing was stored. The report says which and why. */
export class RowsRejectedError extends AppError {
  readonly report: IngestReport;

  constructor(report: IngestReport) {
    super('UPLOAD_ROWS_REJECTED', { rejected: report.rejectedRows, rows: report.rows + report.rejectedRows });
    this.report = report;
  }
}
