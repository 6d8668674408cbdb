import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableSchema } from '#policies/stored-tables';
import type { SealedSpool } from '../vault/sealed-spool.ts';
import { checkColumns } from './csv-header.ts';
import type { ParquetChunk } from './ingest-protocol.ts';
import { type RowGroup, readParquetFooter } from './parquet-footer.ts';
import { formatError } from './upload-problem.ts';

/**
 * A Parquet file can only be read from its end, so the body waits on disk, sealed; then one row group after the other
 * goes to the worker as a file of its own. In memory are one row group at work and the next.
 */

const MAGIC = 'PAR1';
const MAGIC_ENCRYPTED = 'PARE';
const TAIL_BYTES = 8;
const FOOTER_BYTES_MAX = 64 * 2 ** 20;
/** Compressed. Writers use 1 to 128 MiB. */
export const ROW_GROUP_BYTES_MAX = 512 * 2 ** 20;

/** A file that is read from anywhere. */
type StoredBody = Pick<SealedSpool, 'bytes' | 'read'>;

export async function spoolParquet(blocks: AsyncIterable<Buffer>, spool: SealedSpool): Promise<void> {
  for await (const block of blocks) {
    // WHY at once: somebody who sends 10 GB of CSV as Parquet should hear of it after the first block.
    if (spool.bytes() === 0) checkMagic(block.toString('latin1', 0, MAGIC.length));
    await spool.append(block);
  }
  if (spool.bytes() === 0) throw formatError('empty');
  await spool.finish();
}

/** @throws AppError UPLOAD_FORMAT, UPLOAD_HEADER */
export async function* cutParquet(
  spool: StoredBody,
  schema: TableSchema,
  dir: string,
): AsyncGenerator<Omit<ParquetChunk, 'id'>> {
  const footer = readParquetFooter(await footerBytes(spool), spool.bytes());
  checkColumns(
    footer.columns.map((name) => name.trim().toLowerCase()),
    schema,
  );
  let firstRow = 1;
  for (const [number, group] of footer.rowGroups.entries()) {
    if (group.length > ROW_GROUP_BYTES_MAX) throw formatError('parquet-row-group-too-large');
    const file = `group-${String(number)}.parquet`;
    await writeAlone(spool, group, join(dir, file));
    yield { kind: 'parquet', file, rows: group.rows, bytes: group.valueBytes, firstRow };
    firstRow += group.rows;
  }
}

function checkMagic(magic: string): void {
  if (magic === MAGIC_ENCRYPTED) throw formatError('parquet-encrypted');
  if (magic !== MAGIC) throw formatError('not-parquet');
}

async function footerBytes(spool: StoredBody): Promise<Buffer> {
  if (spool.bytes() < 4 + TAIL_BYTES) throw formatError('parquet-malformed');
  const tail = await readAll(spool, spool.bytes() - TAIL_BYTES, TAIL_BYTES);
  const magic = tail.toString('latin1', 4);
  if (magic !== MAGIC && magic !== MAGIC_ENCRYPTED) throw formatError('parquet-malformed');
  checkMagic(magic);
  const length = tail.readUInt32LE(0);
  const offset = spool.bytes() - TAIL_BYTES - length;
  if (offset < 4 || length > FOOTER_BYTES_MAX) throw formatError('parquet-malformed');
  return await readAll(spool, offset, length);
}

async function readAll(spool: StoredBody, offset: number, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of spool.read(offset, length)) parts.push(part);
  return Buffer.concat(parts);
}

/** WHY at its old place: every offset in the footer stays true, and the hole before it takes no memory on tmpfs. */
async function writeAlone(spool: StoredBody, group: RowGroup, path: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    let at = group.offset;
    const put = async (bytes: Buffer, position: number): Promise<void> => {
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
    };
    await put(Buffer.from(MAGIC, 'latin1'), 0);
    for await (const part of spool.read(group.offset, group.length)) {
      await put(part, at);
      at += part.length;
    }
    const tail = Buffer.alloc(TAIL_BYTES);
    tail.writeUInt32LE(group.footer.length, 0);
    tail.write(MAGIC, 4, 'latin1');
    await put(Buffer.concat([group.footer, tail]), at);
  } finally {
    await file.close();
  }
}
