import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { latestSignedCheckpoint, openStoreReader, readEntries } from '#catalog';
import { AppError } from '#policies';
import type { Receiver } from './receivers.ts';
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

const BATCH = 500;

/**
 * Sends every signed entry from the cursor on, in order. The cursor moves once the receiver has a batch: a receiver that is
 * away, or a crash, means that it is sent again, never that it is left out. Records carry a uid by which to tell.
 *
 * @returns how many were sent in this run, and the next to be sent.
 * @throws what the receiver threw; the cursor is where the last batch ended.
 */
export async function exportLog(
  storePath: string,
  origin: string,
  receiver: Receiver,
  cursor: Cursor,
): Promise<{ readonly sent: number; readonly next: number }> {
  const store = openStoreReader(storePath);
  try {
    // What is not signed may, after a crash of the disk, never have been.
    const end = store.read((db) => latestSignedCheckpoint(db)?.size ?? 0);
    let next = cursor.read();
    let sent = 0;
    while (next < end) {
      const from = next;
      const to = Math.min(end, from + BATCH);
      const records = store
        .read((db) => readEntries(db, from, to))
        .map((entry, i): ExportRecord => recordOf(origin, { index: from + i, entry }));
      await receiver.send(records);
      sent += records.length;
      next = to;
      cursor.write(next);
    }
    return { sent, next };
  } finally {
    store.close();
  }
}
