import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { TableSchema } from '#policies/stored-tables';
import { BLOCK_BYTES } from '../../ingest/body-blocks.ts';
import { cutCsv } from '../../ingest/csv-chunks.ts';
import type { CsvChunk, ParquetChunk } from '../../ingest/ingest-protocol.ts';
import type { UploadEncoding } from '../../ingest/ingest-report.ts';
import { cutParquet } from '../../ingest/parquet-chunks.ts';
import { readTextBlocks } from '../../ingest/text-blocks.ts';

/** The provider's own file. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly format: 'csv' | 'parquet';
  readonly encoding: UploadEncoding | 'auto';
  /** Text of a CSV that is worked on at once: what bounds the memory. Default 16 MiB. */
  readonly pieceBytes?: number;
}

export type SourcePiece = Omit<CsvChunk, 'id'> | Omit<ParquetChunk, 'id'>;

const PIECE_BYTES = 16 * 2 ** 20;

/**
 * The file in pieces, the same ones each time, in the folder of the work.
 * @param onBytes how far it was read
 * @throws AppError UPLOAD_FORMAT, UPLOAD_ENCODING, UPLOAD_HEADER
 */
export async function* piecesOf(
  file: SourceFile,
  schema: TableSchema,
  dir: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<SourcePiece> {
  if (file.format === 'csv') {
    const { blocks } = readTextBlocks(blocksOf(file.path, onBytes), file.encoding);
    yield* cutCsv(blocks, schema, { dir, chunkBytes: file.pieceBytes ?? PIECE_BYTES }, () => undefined);
    return;
  }
  const handle = await open(file.path, 'r');
  try {
    yield* cutParquet(
      { bytes: () => file.bytes, read: (offset, length) => bytesOf(handle, offset, length, onBytes) },
      schema,
      dir,
    );
  } finally {
    await handle.close();
  }
}

async function* blocksOf(path: string, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const block of createReadStream(path, { highWaterMark: BLOCK_BYTES })) {
    bytes += (block as Buffer).length;
    onBytes(bytes);
    yield block as Buffer;
  }
}

async function* bytesOf(
  handle: FileHandle,
  offset: number,
  length: number,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for (let at = offset; at < offset + length; at += BLOCK_BYTES) {
    const block = Buffer.alloc(Math.min(BLOCK_BYTES, offset + length - at));
    const { bytesRead } = await handle.read(block, 0, block.length, at);
    onBytes(at + bytesRead);
    yield block.subarray(0, bytesRead);
  }
}
