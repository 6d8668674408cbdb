import { randomBytes } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  countPasses,
  IDENTIFIER_CHARACTERS_MIN,
  IDENTIFIER_NUMBER_MIN,
  identifierBits,
  type PassCounts,
} from '#policies/stored-tables';
import { rawName } from './checked-insert.ts';
import { quoteName } from './column-sql.ts';
import type { IngestColumn } from './ingest-protocol.ts';

/**
 * Holds the values of columns against the rules for identifiers, as they stream. Of each column at most SAMPLE_MAX distinct values are
 * remembered, by a keyed hash and the rules that they pass: those whose hash is least, which is a uniform sample of the distinct values
 * whatever their order and how often they occur (bottom-k; Beyer et al., SIGMOD 2007, https://doi.org/10.1145/1247480.1247504).
 *
 * Columns whose text is stored are looked at whole, segment by segment. Of identifiers only tokens are stored, so that the first rows of
 * every chunk are looked at while they are text.
 */
export interface ColumnScan {
  /** After a chunk was taken: `source` has a column `rawName(i)` for each of `fields`. */
  readChunk(source: string, fields: readonly string[]): Promise<void>;
  readSegment(): Promise<void>;
  /** Of everything so far, in declared order; null where no value could be an identifier. */
  counts(): readonly (PassCounts | null)[];
}

const SAMPLE_MAX = 4096;
const CHUNK_ROWS = 1000;
const HASHES = 2n ** 64n;

export function openColumnScan(connection: DuckDBConnection, columns: readonly IngestColumn[]): ColumnScan {
  const salt = `${String(randomBytes(8).readBigUInt64LE())}::UBIGINT`;
  const samples = columns.map(() => new BottomSample());
  const take = async (place: number, sql: string): Promise<void> => {
    const rows = (await connection.runAndReadAll(sql)).getRows() as [bigint, string][];
    for (const [hash, value] of rows) samples[place]?.add(hash, value);
  };
  return {
    async readChunk(source, fields) {
      for (const [place, { schema, key }] of columns.entries()) {
        const field = fields.indexOf(schema.name);
        if (key === null || field < 0) continue;
        const values = `SELECT DISTINCT ${rawName(field)} AS v FROM (SELECT ${rawName(field)} FROM ${source} LIMIT ${String(CHUNK_ROWS)})`;
        await take(place, `SELECT hash(v, ${salt}), v FROM (${values}) WHERE v IS NOT NULL`);
      }
    },
    async readSegment() {
      for (const [place, column] of columns.entries()) {
        const text = await candidateText(connection, column);
        if (text === null) continue;
        const hashed = `SELECT DISTINCT hash(v, ${salt}) AS h, v FROM (SELECT ${text.sql} AS v FROM segment.data) WHERE v IS NOT NULL`;
        await take(
          place,
          `SELECT h, v FROM (${hashed}) WHERE h <= ${hashLimit(text.distinct)} ORDER BY h LIMIT ${String(SAMPLE_MAX)}`,
        );
      }
    },
    counts: () => samples.map((sample) => sample.counts()),
  };
}

/** The column as text, and about how many distinct values it has; null where no value of the segment can be an identifier. */
async function candidateText(
  connection: DuckDBConnection,
  { schema, key }: IngestColumn,
): Promise<{ readonly sql: string; readonly distinct: number } | null> {
  const name = quoteName(schema.name);
  const isNumber = schema.type === 'integer' || schema.type === 'decimal';
  if (key !== null || schema.encryption !== undefined || !(isNumber || schema.type === 'text')) return null;
  const size = isNumber ? `max(${name})` : `max(length(${name}))`;
  const reader = await connection.runAndReadAll(`SELECT ${size}, approx_count_distinct(${name}) FROM segment.data`);
  const [greatest, distinct] = reader.getRows()[0] ?? [];
  const least = isNumber ? IDENTIFIER_NUMBER_MIN : IDENTIFIER_CHARACTERS_MIN;
  if (greatest === null || Number(greatest) < least) return null;
  const whole = `regexp_replace(CAST(${name} AS VARCHAR), '\\.0*$', '')`;
  return { sql: schema.type === 'decimal' ? whole : `CAST(${name} AS VARCHAR)`, distinct: Number(distinct) };
}

/** Twice as many values as are kept lie below it; so that few of many millions are sorted. */
function hashLimit(distinct: number): string {
  if (distinct <= 4 * SAMPLE_MAX) return `${String(HASHES - 1n)}::UBIGINT`;
  return `${String((HASHES * BigInt(2 * SAMPLE_MAX)) / BigInt(distinct))}::UBIGINT`;
}

class BottomSample {
  readonly #bits = new Map<bigint, number>();
  #greatest = HASHES;

  add(hash: bigint, value: string): void {
    if (hash >= this.#greatest || value.trim() === '') return;
    this.#bits.set(hash, identifierBits(value));
    if (this.#bits.size >= 2 * SAMPLE_MAX) this.#prune();
  }

  counts(): PassCounts | null {
    if (this.#bits.size === 0) return null;
    this.#prune();
    return countPasses(this.#bits.values());
  }

  #prune(): void {
    if (this.#bits.size <= SAMPLE_MAX) return;
    const hashes = [...this.#bits.keys()].sort((a, b) => (a < b ? -1 : 1));
    for (const hash of hashes.slice(SAMPLE_MAX)) this.#bits.delete(hash);
    this.#greatest = hashes[SAMPLE_MAX] ?? HASHES;
  }
}
