import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { latestSignedCheckpoint, openStoreReader, readEntries } from '#catalog';
import { AppError } from '#policies';
import type { Receiver } from './receiver.ts';
import { type ExportRecord, recordOf } from './record.ts';

/** The first entry that a receiver does not have yet, kept beside it. */
export interface Cursor {
  read(): number;
  write(next: number): void;
}

const cursorSchema = z.strictObject({ next: z.int().min(0) });

/** @throws AppError `CONFIG_INVALID` for a file that is no cursor: beginning anew would send everything again. */
export function fileCursor(path: string): Cursor {
  return {
    read() {
      if (!existsSync(path)) return 0;
      try {
        return cursorSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).next;
      } catch (cause) {
        throw new AppError('CONFIG_INVALID', { variable: '--cursor', problem: 'holds no cursor' }, null, cause);
      }
    },
    write(next) {
      writeFileSync(`${path}.new`, `${JSON.stringify({ next })}\n`);
      renameSync(`${path}.new`, path);
    },
  };
}

/** A batch ends with whichever comes first: receivers bound what one request may bring. The bytes are of the entries. */
const BATCH_RECORDS = 500;
const BATCH_BYTES = 2 ** 20;

export interface ExportReport {
  readonly sent: number;
  /** The next to be sent. */
  readonly next: number;
  /** Of those sent, what the receiver took and would not keep, and why. */
  readonly rejected: number;
  readonly reason: string;
}

/**
 * Sends every signed entry from the cursor on, in order. The cursor moves once the receiver has a batch: a receiver that is
 * away, or a crash, means that it is sent again, never that it is left out. Records carry a uid by which to tell.
 *
 * @returns what was sent in this run.
 * @throws what the receiver threw; the cursor is where the last batch ended.
 */
export async function exportLog(storePath: string, receiver: Receiver, cursor: Cursor): Promise<ExportReport> {
  const store = openStoreReader(storePath);
  try {
    // What is not signed may, after a crash of the disk, never have been.
    const signed = store.read(latestSignedCheckpoint);
    const end = signed?.size ?? 0;
    const origin = signed?.note?.split('\n', 1)[0] ?? '';
    let next = cursor.read();
    let sent = 0;
    let [rejected, reason] = [0, ''];
    while (next < end) {
      const from = next;
      const to = Math.min(end, from + BATCH_RECORDS);
      const entries = store.read((db) => readEntries(db, from, to));
      const records = bounded(entries.map((entry, i) => recordOf(origin, { index: from + i, entry })));
      const taken = await receiver.send(records);
      if (taken.rejected > 0) [rejected, reason] = [rejected + taken.rejected, taken.reason];
      sent += records.length;
      next += records.length;
      cursor.write(next);
    }
    return { sent, next, rejected, reason };
  } finally {
    store.close();
  }
}

/** The first of them that make a batch; one at least. */
function bounded(records: readonly ExportRecord[]): readonly ExportRecord[] {
  let bytes = 0;
  const end = records.findIndex(({ json }, at) => {
    bytes += Buffer.byteLength(json);
    return at > 0 && bytes > BATCH_BYTES;
  });
  return end === -1 ? records : records.slice(0, end);
}
