import { mkdirSync, rmSync } from 'node:fs';
import type { JWK } from 'jose';
import type { TableSchema } from '#policies/stored-tables';
import { REJECTED_LISTED_MAX, type RejectedRow } from '../../ingest/ingest-report.ts';
import { removeFile } from '../../ingest/segment-store.ts';
import type { Signer } from '../block-manifest.ts';
import type { BgvEncrypting } from './bgv-table-cipher.ts';
import { EncryptingStopped } from './encrypting-stopped.ts';
import { freshJournal, readJournal } from './journal.ts';
import { readPlainRows } from './plain-rows.ts';
import { writeResults } from './result-files.ts';
import { piecesOf, type SourceFile, type SourcePiece } from './source-file.ts';
import { subjectOf } from './subject.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

/**
 * The provider's side: a file becomes an upload whose chosen columns are ciphertext, the rest as it was. Memory is that of a piece,
 * whatever the file; after a stop, the same call goes on where it was.
 */
export interface Encrypting {
  readonly source: SourceFile;
  /** The resource that the upload is for. */
  readonly dataset: string;
  readonly schema: TableSchema;
  /** X25519, of the custodian; who calls has compared it with what it knows. */
  readonly custodian: JWK;
  /** Of the same custodian, for tables of `bgv-v1`; null for others. */
  readonly bgv: BgvEncrypting | null;
  readonly signer: Signer;
  /** The upload's path; the signed manifest and the custodian's package are put beside it. */
  readonly target: string;
  /** 0–1: with a larger share of rejected rows nothing is written. */
  readonly rejectShareMax: number;
  readonly onProgress?: (progress: { readonly bytes: number; readonly rows: number }) => void;
}

export interface EncryptedTable {
  /** Of this encryption. */
  readonly version: string;
  readonly rows: number;
  readonly rejectedRows: number;
  /** The first 1,000. */
  readonly rejected: readonly RejectedRow[];
  readonly resumed: boolean;
}

/** @throws EncryptingStopped; AppError UPLOAD_FORMAT, UPLOAD_ENCODING, UPLOAD_HEADER */
export async function encryptTable(work: Encrypting): Promise<EncryptedTable> {
  const dir = `${work.target}.encrypting`;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const subject = await subjectOf(work);
  const before = readJournal(dir);
  if (before !== null && before.subject !== subject) throw new EncryptingStopped('other-work');
  let isOver = false;
  const shop = await openWorkshop(dir, work, before ?? freshJournal(subject));
  try {
    const pieces = piecesOf(work.source, shop.plain, shop.store.dir, (bytes) =>
      work.onProgress?.({ bytes, rows: shop.journal().rows }),
    );
    let number = 0;
    for await (const piece of pieces) {
      if (number < shop.journal().pieces) removeFile(shop.store.dir, piece.file);
      else await encryptPiece(shop, work, piece);
      number += 1;
    }
    shop.record(await shop.write(null));
    const { version, rows, rejectedRows, rejected } = shop.journal();
    const result = {
      version,
      rows,
      rejectedRows,
      rejected: rejected as readonly RejectedRow[],
      resumed: before !== null,
    };
    isOver = true;
    if (rejectedRows / Math.max(1, rows + rejectedRows) > work.rejectShareMax)
      throw new EncryptingStopped('rows-rejected', result);
    await writeResults(shop, work, dir);
    return result;
  } finally {
    await shop.close();
    if (isOver || shop.journal().pieces === 0) rmSync(dir, { recursive: true });
  }
}

async function encryptPiece(shop: Workshop, { schema }: Encrypting, piece: SourcePiece): Promise<void> {
  const taken = await shop.take(piece);
  await shop.dictionary.addSegment();
  const rows = await readPlainRows(shop.store.connection, schema, shop.dictionary, taken.rows);
  const { begun, ...journal } = shop.journal();
  // INVARIANT: the same indices never meet other values, whatever became of the first attempt.
  if (begun !== null && begun !== rows.sha256) throw new EncryptingStopped('changed-input');
  shop.record({ ...journal, begun: rows.sha256 });
  shop.record({
    ...(await shop.write(rows)),
    pieces: journal.pieces + 1,
    begun: null,
    rejectedRows: journal.rejectedRows + taken.rejectedRows,
    rejected: [...journal.rejected, ...taken.rejected].slice(0, REJECTED_LISTED_MAX),
  });
  const { file } = await shop.store.seal(false);
  removeFile(shop.store.dir, file);
}
