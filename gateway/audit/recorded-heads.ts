import { HEAD_INTERVAL } from '#catalog';
import { openCheckpoint, type ParsedCheckpoint, type TreeHead } from './checkpoint.ts';
import type { NoteVerifier } from './log-key.ts';
import { Found } from './log-problem.ts';
import type { LogSource, RecordedHead } from './log-source.ts';

/** The tree heads that a log must come by as its entries are hashed again. */

export interface HeadToMeet extends TreeHead {
  /** What the log's key has put its name to; null for a head that was only persisted. */
  readonly signedRoot: Uint8Array | null;
  readonly isForged: boolean;
}

export interface HeadsOf {
  readonly source: LogSource;
  readonly verifier: NoteVerifier;
  readonly signed: ParsedCheckpoint;
}

/** Every head after the start, in order: those recorded, the newest signed one, one kept from earlier. */
export function* headsToMeet(
  { source, verifier, signed }: HeadsOf,
  start: number,
  known: string | undefined,
): Generator<HeadToMeet> {
  const kept = known === undefined ? null : openCheckpoint(known, verifier);
  if (known !== undefined && kept === null) throw new Found('checkpoint-changed', 0);
  // A crash may leave the newest note unkept, whereas its entries and head are durable: what it signed is met all the same.
  if (kept !== null && kept.size > Math.max(source.count, signed.size))
    throw new Found('checkpoint-older', signed.size);
  const extra = [signed, ...(kept === null ? [] : [kept])]
    .filter(({ size }) => size >= start)
    .toSorted((a, b) => a.size - b.size)
    .map((head): HeadToMeet => ({ ...head, signedRoot: head.root, isForged: false }));
  for (const head of recorded(source, start, signed.size)) {
    while (extra[0] !== undefined && extra[0].size <= head.size) yield extra.shift() as HeadToMeet;
    yield toMeet(head, { source, verifier, signed });
  }
  yield* extra;
}

/** The recorded heads, where none may be left out. */
function* recorded(source: LogSource, start: number, signedSize: number): Generator<RecordedHead> {
  if (!source.keepsHeads) return;
  const end = Math.max(source.count, signedSize);
  let due = start === 0 ? 0 : (Math.floor(start / HEAD_INTERVAL) + 1) * HEAD_INTERVAL;
  for (const head of source.heads(start - 1)) {
    if (head.size > due && due <= end) break; // one that is due is not there
    if (head.size === due) due += HEAD_INTERVAL;
    yield head;
  }
  if (due <= end) throw new Found('checkpoint-missing', due);
}

function toMeet({ size, root, note }: RecordedHead, { verifier, signed }: HeadsOf): HeadToMeet {
  const opened = note === null ? null : openCheckpoint(note, verifier);
  const signedRoot = opened?.size === size && opened.origin === signed.origin ? opened.root : null;
  // Signatures are kept in order: what is older than the newest signed head once had one.
  const isForged = signedRoot === null && (note !== null || size < signed.size);
  return { size, root, signedRoot, isForged };
}
