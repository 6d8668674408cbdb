import {
  decodeBase64,
  isConsistent,
  type NoteVerifier,
  openCheckpoint,
  type ParsedCheckpoint,
} from '../audit/index.ts';
import { cosign } from './cosignature.ts';
import type { CosignerKey } from './cosigner-key.ts';
import type { WitnessState } from './witness-state.ts';

/** A witness's answer to `add-checkpoint`, to be sent as it stands. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly type: 'text/plain; charset=utf-8' | 'text/x.tlog.size';
  readonly body: string;
}

export interface WitnessDeps {
  /** Logs that it watches, each by its key; the key's name is the log's origin. Several keys of one log may be in force. */
  readonly logs: readonly NoteVerifier[];
  readonly keys: readonly CosignerKey[];
  readonly state: WitnessState;
  /** POSIX seconds. */
  readonly now: () => number;
}

const PROOF_LINES_MAX = 63;
export const REQUEST_BYTES_MAX = 32_768;

/**
 * `add-checkpoint` of c2sp.org/tlog-witness: cosigns a checkpoint that has grown from the last one that it cosigned.
 *
 * INVARIANT: check, persist and sign happen in one synchronous step, so that two requests cannot pass each other, and the
 * state is on the disk before the signature exists.
 */
export function addCheckpoint({ logs, keys, state, now }: WitnessDeps, request: string): WitnessAnswer {
  const parsed = parseRequest(request);
  if (parsed === null) return plain(400, 'not an add-checkpoint request');
  const { oldSize, proof, note } = parsed;
  const origin = note.split('\n')[0] ?? '';
  const known = logs.filter(({ name }) => name === origin);
  if (known.length === 0) return plain(404, 'unknown log');
  const checkpoint = firstOpened(note, known);
  if (checkpoint === null || checkpoint.origin !== origin) return plain(403, 'not signed by a key of the log');
  if (oldSize > checkpoint.size) return plain(400, 'the old size is larger than the checkpoint’s');
  const latest = state.latest(origin) ?? { size: 0, root: Buffer.alloc(0) };
  if (oldSize !== latest.size) return sizeConflict(latest.size);
  if (oldSize === 0 ? proof.length > 0 : checkpoint.size > oldSize && !isConsistent(latest, checkpoint, proof)) {
    return plain(422, 'the proof does not show that the log has grown from the old size');
  }
  if (oldSize > 0 && checkpoint.size === oldSize) {
    if (Buffer.compare(latest.root, checkpoint.root) !== 0) return sizeConflict(latest.size);
    if (proof.length > 0) return plain(422, 'a proof where nothing is to prove');
  }
  state.save(origin, checkpoint);
  const timestamp = now();
  return plain(200, keys.map((key) => cosign(key, checkpoint, timestamp)).join(''));
}

interface WitnessRequest {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  readonly note: string;
}

function parseRequest(text: string): WitnessRequest | null {
  const split = text.indexOf('\n\n');
  if (split < 0) return null;
  const [first = '', ...lines] = text.slice(0, split).split('\n');
  const [, digits] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? [];
  const proof = lines.map(decodeBase64).filter((hash) => hash?.length === 32) as Uint8Array[];
  if (digits === undefined || proof.length !== lines.length || proof.length > PROOF_LINES_MAX) return null;
  return { oldSize: Number(digits), proof, note: text.slice(split + 2) };
}

function firstOpened(note: string, verifiers: readonly NoteVerifier[]): ParsedCheckpoint | null {
  for (const verifier of verifiers) {
    const opened = openCheckpoint(note, verifier);
    if (opened !== null) return opened;
  }
  return null;
}

function plain(status: WitnessAnswer['status'], body: string): WitnessAnswer {
  return { status, type: 'text/plain; charset=utf-8', body: body.endsWith('\n') ? body : `${body}\n` };
}

function sizeConflict(size: number): WitnessAnswer {
  return { status: 409, type: 'text/x.tlog.size', body: `${size}\n` };
}
