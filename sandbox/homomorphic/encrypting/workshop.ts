import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isEncrypted, ROW_INDEX_COLUMN, type TableSchema, wordColumns } from '#policies/stored-tables';
import type { ExactOutcome } from '../../ingest/checked-insert.ts';
import { appendCsv } from '../../ingest/csv-append.ts';
import { appendParquet } from '../../ingest/parquet-append.ts';
import { ROW_SALT_BYTES } from '../../ingest/row-key.ts';
import { openSegmentStore, type SegmentStore } from '../../ingest/segment-store.ts';
import { CHUNK_ROWS_MAX, sealChunk } from '../custodian-package.ts';
import { type DurableFile, openDurableFile } from './durable-file.ts';
import type { Encrypting } from './encrypt-table.ts';
import { type Journal, writeJournal } from './journal.ts';
import type { PlainRows } from './plain-rows.ts';
import { plainSchema } from './plain-schema.ts';
import type { SourcePiece } from './source-file.ts';
import { openTableCipher, type TableCipher } from './table-cipher.ts';
import { openUnitDictionary, type UnitDictionary } from './unit-dictionary.ts';
import { afterWaiting, NO_ROWS, rowsFrom, waitingText } from './waiting-rows.ts';

/** The tools of one encryption, as its journal left them. */
export interface Workshop {
  readonly plain: TableSchema;
  readonly store: SegmentStore;
  readonly dictionary: UnitDictionary;
  readonly cipher: Pick<TableCipher, 'root'>;
  journal(): Journal;
  /** Durable when it returns. */
  record(journal: Journal): void;
  /** Checks a piece; its good rows are in the open segment then. */
  take(piece: SourcePiece): Promise<ExactOutcome>;
  /**
   * Encrypts rows, or has the last of them wait for those that follow; null: none do. Ciphertext and unit numbers are on the disk when
   * it resolves, to what the journal is to say next.
   */
  write(rows: PlainRows | null): Promise<Journal>;
  close(): Promise<void>;
}

export const UPLOAD_PART = 'upload.csv';
export const CHUNKS_PART = 'chunks';
export const BLOCKS_PART = 'blocks';
const UNITS_FILE = 'units.duckdb';
const MEMORY_MB = 512;

export async function openWorkshop(
  dir: string,
  { dataset, schema, bgv }: Encrypting,
  start: Journal,
): Promise<Workshop> {
  const plain = plainSchema(schema);
  const store = await openStore(join(dir, 'engine'), plain);
  const dictionary = await openUnitDictionary(store.connection, join(store.dir, UNITS_FILE), schema);
  const upload = openDurableFile(join(dir, UPLOAD_PART), start.uploadBytes);
  const chunks = openDurableFile(join(dir, CHUNKS_PART), start.chunkBytes);
  const blocks = openDurableFile(join(dir, BLOCKS_PART), start.blockBytes);
  const dataKey = Buffer.from(start.dataKey, 'base64');
  const subject = { dataKey, dataset, version: start.version, nextIndex: start.rows, blocks: start.blocks };
  const cipher = openTableCipher(schema, subject, bgv);
  let journal = start;
  const record = (next: Journal): void => {
    writeJournal(dir, next);
    journal = next;
  };
  if (upload.bytes() === 0) {
    upload.append(Buffer.from(headerOf(schema)));
    record({ ...start, uploadBytes: upload.bytes() });
  }
  return {
    plain,
    store,
    dictionary,
    cipher,
    journal: () => journal,
    record,
    async take(piece) {
      const rows = piece.kind === 'csv' ? piece.records : piece.rows;
      await store.begin((rows / Math.max(1, piece.bytes)) * 2 ** 20);
      return piece.kind === 'csv'
        ? await appendCsv(store, { ...piece, id: 0 })
        : await appendParquet(store, { ...piece, id: 0 });
    },
    async write(added) {
      const all = afterWaiting(journal.waiting, added ?? NO_ROWS);
      const due = cipher.due(all.count, added === null);
      const rows = rowsFrom(all, 0, due);
      if (due > 0) await writeCiphertext(rows, { journal, cipher, upload, blocks });
      const sealed = writeUnits(rows, journal, chunks);
      for (const file of [upload, chunks, blocks]) file.sync();
      return {
        ...journal,
        rows: journal.rows + due,
        uploadBytes: upload.bytes(),
        chunkBytes: chunks.bytes(),
        chunks: journal.chunks + sealed,
        blockBytes: blocks.bytes(),
        blocks: cipher.state(),
        waiting: waitingText(rowsFrom(all, due)),
      };
    },
    async close() {
      for (const file of [upload, chunks, blocks]) file.close();
      await store.connection.run('DETACH units'); // else its file stays locked as long as this process lives
      store.connection.closeSync();
    },
  };
}

/** A private engine in the folder of the work. What a stopped run left there is removed, but the units' numbers. */
async function openStore(dir: string, plain: TableSchema): Promise<SegmentStore> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(dir)) if (!name.startsWith(UNITS_FILE)) rmSync(join(dir, name), { recursive: true });
  return await openSegmentStore({
    kind: 'open',
    dir,
    columns: plain.columns.map((column) => ({ schema: column, key: null })),
    twins: [],
    rowSalt: new Uint8Array(ROW_SALT_BYTES), // row keys are made at the gateway
    rankKey: new Uint8Array(0),
    threads: 2,
    memoryMb: MEMORY_MB,
  });
}

function headerOf(schema: TableSchema): string {
  const readable = schema.columns.filter((column) => !isEncrypted(column)).map(({ name }) => name);
  return `${[...readable, ROW_INDEX_COLUMN, ...wordColumns(schema)].join(',')}\n`;
}

type Rows = Omit<PlainRows, 'sha256'>;

interface Writing {
  readonly journal: Journal;
  readonly cipher: TableCipher;
  readonly upload: DurableFile;
  readonly blocks: DurableFile;
}

async function writeCiphertext(
  { count, records, values }: Rows,
  { journal, cipher, upload, blocks }: Writing,
): Promise<void> {
  const encrypted = await cipher.encrypt(journal.rows, values);
  for (const block of encrypted.blocks) blocks.append(block);
  for (let start = 0; start < count; start += LINES_AT_ONCE) {
    let text = '';
    for (let row = start; row < Math.min(count, start + LINES_AT_ONCE); row += 1) {
      const record = records[row]!;
      text += `${record}${record === '' ? '' : ','}${journal.rows + row},${encrypted.fields(row)}\n`;
    }
    upload.append(Buffer.from(text));
  }
}

const LINES_AT_ONCE = 8_192;

/** How many chunks. */
function writeUnits({ count, units }: Rows, journal: Journal, chunks: DurableFile): number {
  const key = Buffer.from(journal.chunkKey, 'base64');
  let sealed = 0;
  for (const [column, numbers] of units.entries()) {
    for (let start = 0; start < count; start += CHUNK_ROWS_MAX) {
      const part = numbers.subarray(start, start + CHUNK_ROWS_MAX);
      chunks.append(
        sealChunk(key, { chunk: journal.chunks + sealed, column, firstRow: journal.rows + start, numbers: part }),
      );
      sealed += 1;
    }
  }
  return sealed;
}
