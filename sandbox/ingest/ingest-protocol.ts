import type { ColumnSchema, PassCounts, StoredPrints, StoredTwin } from '#policies/stored-tables';
import type { RejectedRow } from './ingest-report.ts';
import type { SegmentQuality } from './segment-quality.ts';

/** What the gateway and the ingest worker say to each other. File names are plain names in the shared folder. */

export interface IngestColumn {
  readonly schema: ColumnSchema;
  /** Identifiers only: the 64-byte key of the column's domain. */
  readonly key: Uint8Array | null;
}

export interface OpenRequest {
  readonly kind: 'open';
  /** The shared folder as the worker sees it. */
  readonly dir: string;
  /** Where the version lies, read-only, to which rows are appended. Default: none. */
  readonly baseDir?: string | null;
  /** In declared order: that of the stored table. */
  readonly columns: readonly IngestColumn[];
  /** What is stored beside the columns. */
  readonly twins: readonly StoredTwin[];
  /** Which prints each segment is to have, as far as it can. Default: none. */
  readonly prints?: StoredPrints | null;
  /** See row-key.ts. */
  readonly rowSalt: Uint8Array;
  /** Of this version alone, see unit-rank.ts. */
  readonly rankKey: Uint8Array;
  readonly threads: number;
  readonly memoryMb: number;
}

export interface CsvChunk {
  readonly kind: 'csv';
  readonly id: number;
  /** Whole records in UTF-8. The worker removes the file. */
  readonly file: string;
  readonly delimiter: string;
  /** Declared names in the order of the file. */
  readonly fields: readonly string[];
  readonly bytes: number;
  /** The line of the file that the chunk begins with. */
  readonly firstLine: number;
  /** Record ends in the chunk, blank lines among them. */
  readonly records: number;
  readonly quoted: boolean;
  /** A quoted value spans lines. */
  readonly multiline: boolean;
  /** Quoting that RFC 4180 does not know: only the reference reader may read this. */
  readonly irregular: boolean;
}

export interface ParquetChunk {
  readonly kind: 'parquet';
  readonly id: number;
  /** A Parquet file of one row group. The worker removes it. */
  readonly file: string;
  readonly rows: number;
  /** Of the values in memory, about. */
  readonly bytes: number;
  /** Number of the first row, from 1. */
  readonly firstRow: number;
}

export interface SealRequest {
  readonly kind: 'seal';
  readonly id: number;
  /** Write the sorted runs of units to files: there is, or may be, another segment. */
  readonly runs: boolean;
}

/** Of a segment of the base: the same facts as of one that is closed, with its sorted runs. */
export interface ReviewRequest {
  readonly kind: 'review';
  readonly id: number;
  /** A plain name in `baseDir`. */
  readonly file: string;
}

/** Of a segment that was closed before and lies in the shared folder again, or of one of the base. */
export interface RankRequest {
  readonly kind: 'rank';
  readonly id: number;
  readonly file: string;
  /** Base only: a new file beside it, with a row of ranks for each of its rows; null where the segment itself takes them. */
  readonly beside: string | null;
  /** Per column that has ranks: a file of one rank a line, in the order of the segment's run. */
  readonly ranks: readonly { readonly column: string; readonly file: string }[];
}

export type IngestRequest = OpenRequest | CsvChunk | ParquetChunk | SealRequest | ReviewRequest | RankRequest;

export interface AppendOutcome {
  readonly rows: number;
  readonly rejectedRows: number;
  /** At most 1,000, in order. */
  readonly rejected: readonly RejectedRow[];
  /** Of the open segment. */
  readonly segmentRows: number;
  readonly segmentBytes: number;
}

export interface UnitCounts {
  readonly column: string;
  readonly rowsMax: number;
  readonly distinct: number;
  /** Sorted (token, word) pairs, see unit-runs.ts; null unless asked for. */
  readonly run: string | null;
}

export interface SealOutcome {
  /** A DuckDB file with the table `data`. The gateway removes it where it is new. */
  readonly file: string;
  readonly rows: number;
  /** In declared order. */
  readonly nulls: readonly number[];
  readonly units: readonly UnitCounts[];
  /** Under which behaviour of the engine the rows have their keys, see row-key.ts. */
  readonly rowKeyScheme: string;
  /** What prints were written: those that were wanted, of as many columns as have few values. Null for none, and of a segment of the base. */
  readonly prints: StoredPrints | null;
  /** Of all rows so far; null where no column is encrypted. */
  readonly ciphertext: CiphertextDigest | null;
  /** Of all segments so far, in declared order: what a scan of the values counted. */
  readonly scan: readonly (PassCounts | null)[];
  readonly quality: SegmentQuality;
}

export interface CiphertextDigest {
  readonly rows: number;
  /** Whether the row indices counted up from 0. */
  readonly isCounted: boolean;
  /** See homomorphic/block-digests.ts. */
  readonly blocksSha256: string;
  /** Of the blocks of `bgv-v1`, each to be checked before it is summed: all of them, base64. */
  readonly digests: string | null;
}

/** `parquet`: the file cannot be read as what it says; `nested`: a column is no plain value. */
export type IngestFailure = 'memory' | 'engine' | 'parquet' | 'nested';

export type IngestReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'appended'; readonly id: number; readonly outcome: AppendOutcome }
  | { readonly kind: 'sealed'; readonly id: number; readonly outcome: SealOutcome }
  | { readonly kind: 'ranked'; readonly id: number }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: IngestFailure };
