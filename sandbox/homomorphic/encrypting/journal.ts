import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { storedBlocks } from './block-state.ts';
import { waitingRows } from './waiting-rows.ts';

/**
 * How far an encryption is, on the disk before the next step: what was written is cut back to it after a stop, and no index is ever
 * encrypted with two values (INVARIANT: what is about to be encrypted is recorded by its digest first; other content under the same
 * indices is refused).
 */
const rejectedRow = z.object({ line: z.number(), column: z.string().nullable(), reason: z.string() });
const journal = z.object({
  format: z.literal('sluice-encrypting-2'),
  /** Digest of table, declaration, keys and input: another one cannot go on from here. */
  subject: z.string(),
  /** Hex. */
  version: z.string(),
  /** Base64. */
  dataKey: z.string(),
  chunkKey: z.string(),
  /** Pieces of the input that are done. */
  pieces: z.number(),
  /** SHA-256 of the piece that was begun after them. */
  begun: z.string().nullable(),
  rows: z.number(),
  rejectedRows: z.number(),
  rejected: z.array(rejectedRow),
  /** Of the files, up to here. */
  uploadBytes: z.number(),
  chunkBytes: z.number(),
  chunks: z.number(),
  blockBytes: z.number(),
  blocks: storedBlocks.nullable(),
  /** Rows that were checked, and wait for a whole block. */
  waiting: waitingRows.nullable(),
});
export type Journal = z.output<typeof journal>;

export function freshJournal(subject: string): Journal {
  return {
    format: 'sluice-encrypting-2',
    subject,
    version: randomBytes(16).toString('hex'),
    dataKey: randomBytes(32).toString('base64'),
    chunkKey: randomBytes(32).toString('base64'),
    pieces: 0,
    begun: null,
    rows: 0,
    rejectedRows: 0,
    rejected: [],
    uploadBytes: 0,
    chunkBytes: 0,
    chunks: 0,
    blockBytes: 0,
    blocks: null,
    waiting: null,
  };
}

const NAME = 'journal.json';

export function readJournal(dir: string): Journal | null {
  const path = join(dir, NAME);
  if (!existsSync(path)) return null;
  return journal.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** Durable when it returns. */
export function writeJournal(dir: string, state: Journal): void {
  const draft = join(dir, `${NAME}.new`);
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, JSON.stringify(state));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, join(dir, NAME));
  syncFolder(dir);
}

function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
