import type { DuckDBConnection } from '@duckdb/node-api';
import { encryptedColumns, ROW_INDEX_COLUMN, wordColumns } from '#policies/stored-tables';
import { openBlockTexts } from '../homomorphic/bgv/block-text.ts';
import { openBlockDigests, openDigestList } from '../homomorphic/block-digests.ts';
import { quoteName } from './column-sql.ts';
import type { CiphertextDigest, IngestColumn } from './ingest-protocol.ts';

/** Reads the ciphertext of each segment once more, as stored: what is compared with the provider's signature is what will be summed. */
export interface CiphertextReader {
  /** Of all segments so far; null where no column is encrypted. */
  readSegment(): Promise<CiphertextDigest | null>;
}

/** Takes the rows of a table in their order, its columns of ciphertext side by side. */
interface CiphertextSink {
  add(columns: readonly (readonly (bigint | string)[])[]): void;
  digest(): Pick<CiphertextDigest, 'blocksSha256' | 'digests'>;
}

export function openCiphertextReader(
  connection: DuckDBConnection,
  columns: readonly Pick<IngestColumn, 'schema'>[],
): CiphertextReader {
  const schema = { columns: columns.map((column) => column.schema) };
  const [first] = encryptedColumns(schema);
  if (first === undefined) return { readSegment: () => Promise.resolve(null) };
  const names = wordColumns(schema);
  const sink = first.encryption.scheme === 'ashe-v1' ? wordSink(names.length) : pieceSink(names.length);
  const select = `SELECT ${[ROW_INDEX_COLUMN, ...names].map(quoteName).join(', ')} FROM segment.data`;
  let rows = 0;
  let isCounted = true;
  return {
    async readSegment() {
      const result = await connection.stream(select);
      for (
        let chunk = await result.fetchChunk();
        chunk !== null && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      ) {
        const [index, ...words] = chunk.getColumns() as bigint[][];
        isCounted = isCounted && index!.every((value, at) => value === BigInt(rows + at));
        sink.add(words);
        rows += chunk.rowCount;
      }
      return { rows, isCounted, ...sink.digest() };
    },
  };
}

/** `ashe-v1`: words. */
function wordSink(columns: number): CiphertextSink {
  const digests = openBlockDigests(columns);
  return {
    add: (words) => digests.add(words.map((column) => BigInt64Array.from(column as readonly bigint[]))),
    digest: () => ({ blocksSha256: digests.root(), digests: null }),
  };
}

/** `bgv-v1`: pieces of blocks. */
function pieceSink(columns: number): CiphertextSink {
  const texts = Array.from({ length: columns }, () => openBlockTexts());
  const digests = openDigestList(columns);
  return {
    add(pieces) {
      for (const [column, text] of texts.entries())
        for (const block of text.add(pieces[column]!.join(''))) digests.add(column, block);
    },
    digest: () => ({
      // WHY none of what is not whole: a root of no signature is the answer to it.
      blocksSha256: texts.every((text) => text.isWhole()) ? digests.root() : '0'.repeat(64),
      digests: digests.state(),
    }),
  };
}
