import type { DuckDBConnection } from '@duckdb/node-api';
import { isEncrypted, ROW_INDEX_COLUMN, wordColumns } from '#policies/stored-tables';
import { openBlockDigests } from '../homomorphic/block-digests.ts';
import { quoteName } from './column-sql.ts';
import type { CiphertextDigest, IngestColumn } from './ingest-protocol.ts';

/** Reads the ciphertext of each segment once more, as stored: what is compared with the provider's signature is what will be summed. */
export interface CiphertextReader {
  /** Of all segments so far; null where no column is encrypted. */
  readSegment(): Promise<CiphertextDigest | null>;
}

export function openCiphertextReader(
  connection: DuckDBConnection,
  columns: readonly Pick<IngestColumn, 'schema'>[],
): CiphertextReader {
  const names = wordColumns({ columns: columns.map(({ schema }) => schema).filter(isEncrypted) });
  if (names.length === 0) return { readSegment: () => Promise.resolve(null) };
  const digests = openBlockDigests(names.length);
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
        digests.add(words.map((column) => BigInt64Array.from(column)));
        rows += chunk.rowCount;
      }
      return { rows, isCounted, blocksSha256: digests.root() };
    },
  };
}
