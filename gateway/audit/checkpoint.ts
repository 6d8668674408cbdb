import type { LogKey, NoteVerifier } from './log-key.ts';
import { HASH_BYTES } from './tree.ts';

/** Signed tree heads: c2sp.org/tlog-checkpoint over c2sp.org/signed-note. */

export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

export interface Checkpoint extends TreeHead {
  /** The whole signed note, as served at `/checkpoint`. */
  readonly note: string;
}

export interface ParsedCheckpoint extends TreeHead {
  readonly origin: string;
}

const SIGNATURE_LINE = /^— ([^ +]+) ([A-Za-z0-9+/]+=*)$/;
const KEY_ID_BYTES = 4;
const SIGNATURES_MAX = 100;

/** The text that is signed: origin, size, root. */
export function checkpointText(origin: string, { size, root }: TreeHead): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** Signed by each key, in this order; all have the log's name, which is its origin. Ed25519 is deterministic: the same head signed again is the same note. */
export function signCheckpoint(keys: readonly LogKey[], head: TreeHead): Checkpoint {
  const text = checkpointText(keys[0]!.name, head);
  const lines = keys.map((key) => signatureLine(key, key.sign(text)));
  return { ...head, note: `${text}\n${lines.join('')}` };
}

/** A line of a signed note. */
export function signatureLine({ name, keyId }: Pick<NoteVerifier, 'name' | 'keyId'>, signature: Uint8Array): string {
  return `— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}

/**
 * Reads a checkpoint and checks the log's signature. Other signatures (witnesses, later keys) are passed over.
 *
 * @returns null when it is malformed or the key has not signed it.
 */
export function openCheckpoint(note: string, verifier: NoteVerifier): ParsedCheckpoint | null {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return null;
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX || !isSignedBy(verifier, text, lines)) return null;
  return parseCheckpointText(text);
}

function isSignedBy(verifier: NoteVerifier, text: string, lines: readonly string[]): boolean {
  let isSigned = false;
  for (const line of lines) {
    const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
    if (name === undefined || encoded === undefined) return false;
    const bytes = decodeBase64(encoded);
    if (bytes === null || bytes.length <= KEY_ID_BYTES) return false;
    if (name !== verifier.name || !bytes.subarray(0, KEY_ID_BYTES).equals(verifier.keyId)) continue;
    if (!verifier.verify(text, bytes.subarray(KEY_ID_BYTES))) return false;
    isSigned = true;
  }
  return isSigned;
}

function parseCheckpointText(text: string): ParsedCheckpoint | null {
  const [origin, size, root] = text.split('\n');
  if (origin === undefined || origin === '' || size === undefined || root === undefined) return null;
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return null;
  const rootBytes = decodeBase64(root);
  if (rootBytes === null || rootBytes.length !== HASH_BYTES) return null;
  return { origin, size: Number(size), root: rootBytes };
}

/** Strict: what is not the one encoding of its bytes is refused. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
