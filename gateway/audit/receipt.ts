import { leafHash } from '#catalog';
import { isIncluded } from './check-proof.ts';
import type { Checkpoint, ParsedCheckpoint } from './checkpoint.ts';
import { decodeBase64, openCheckpoint } from './checkpoint.ts';
import type { NoteVerifier } from './log-key.ts';
import { HASH_BYTES } from './tree.ts';

/** Receipts: an entry's place in the log, checkable by anyone who has the entry and the log's vkey. */

const HEADER = 'c2sp.org/tlog-proof@v1';
/** A path in a tree of 2^53 leaves. */
const PROOF_LINES_MAX = 63;

export interface ReceiptParts {
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: Checkpoint;
}

/** The text of a `.tlog-proof` file (c2sp.org/tlog-proof@v1). */
export function formatReceipt({ index, proof, checkpoint }: ReceiptParts): string {
  const lines = proof.map((hash) => Buffer.from(hash).toString('base64'));
  return [HEADER, `index ${index}`, ...lines, '', checkpoint.note].join('\n');
}

/**
 * Checks a receipt against the entry's canonical bytes.
 *
 * @returns the index and the signed tree that vouches for it; null when anything is wrong.
 */
export function checkReceipt(
  receipt: string,
  entry: Uint8Array,
  verifier: NoteVerifier,
): { readonly index: number; readonly checkpoint: ParsedCheckpoint } | null {
  const split = receipt.indexOf('\n\n');
  if (split < 0) return null;
  const lines = receipt.slice(0, split).split('\n');
  if (lines.shift() !== HEADER) return null;
  if (lines[0]?.startsWith('extra ') === true) lines.shift();
  const [, digits] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '') ?? [];
  const proof = lines.map(decodeBase64);
  if (digits === undefined || proof.length > PROOF_LINES_MAX || !proof.every(isHash)) return null;
  const checkpoint = openCheckpoint(receipt.slice(split + 2), verifier);
  if (checkpoint === null) return null;
  const index = Number(digits);
  return isIncluded(leafHash(entry), index, checkpoint, proof) ? { index, checkpoint } : null;
}

function isHash(bytes: Buffer | null): bytes is Buffer {
  return bytes?.length === HASH_BYTES;
}
