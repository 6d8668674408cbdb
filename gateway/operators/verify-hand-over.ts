import { z } from 'zod';
import { canonicalJson, contentHash } from '#catalog';
import { checkReceipt, type NoteVerifier } from '../audit/index.ts';
import { type HandOver, HandOverSchema, handOverHash, handOverNote } from './hand-over.ts';

/** What the receiver was given: the package, the log entry that names its digest, and the entry's receipt. */
const HandedOverSchema = z.object({
  package: HandOverSchema,
  entry: z.looseObject({ kind: z.literal('operator'), decision: z.literal('permit'), note: z.string() }),
  receipt: z.string(),
});

export interface HandOverCheck {
  readonly package: HandOver;
  readonly index: number;
  readonly size: number;
}

/**
 * Checks a hand-over package, offline, against the key of the log: every artefact by its own hash, all of them by the hash that the
 * signed log names.
 *
 * @returns where the log vouches for it; null when anything is wrong.
 */
export function verifyHandOver(document: unknown, verifier: NoteVerifier): HandOverCheck | null {
  const parsed = HandedOverSchema.safeParse(document);
  if (!parsed.success) return null;
  const { package: handed, entry, receipt } = parsed.data;
  const isWhole = handed.artefacts.every(({ content, sha256 }) => contentHash(content as object) === sha256);
  if (!isWhole || entry.note !== handOverNote(handed.operator, handOverHash(handed))) return null;
  const inLog = checkReceipt(receipt, Buffer.from(canonicalJson(entry)), verifier);
  return inLog === null ? null : { package: handed, index: inLog.index, size: inLog.checkpoint.size };
}
