import { checkpointText, type ParsedCheckpoint, signatureLine } from '../audit/index.ts';
import type { CosignatureVerifier, CosignerKey } from './cosigner-key.ts';

/** Cosignatures on checkpoints (c2sp.org/tlog-cosignature): "at this time this was the largest tree of the log that I knew". */

const TIMESTAMP_BYTES = 8;
const KEY_ID_BYTES = 4;
const LINE = /^— ([^ +]+) ([A-Za-z0-9+/]+=*)$/;

/** The signature line of a witness. `timestamp` in POSIX seconds. */
export function cosign(key: CosignerKey, checkpoint: ParsedCheckpoint, timestamp: number): string {
  const signature = key.sign(messageOf(key, checkpoint, BigInt(timestamp)));
  return signatureLine(key, Buffer.concat([uint64(BigInt(timestamp)), signature]));
}

/** When the witness cosigned, in POSIX seconds; null when none of the lines is its good signature on the checkpoint. */
export function readCosignature(
  lines: readonly string[],
  checkpoint: ParsedCheckpoint,
  verifier: CosignatureVerifier,
): number | null {
  for (const line of lines) {
    const [, name, encoded] = LINE.exec(line) ?? [];
    const bytes = Buffer.from(encoded ?? '', 'base64');
    if (name !== verifier.name || !bytes.subarray(0, KEY_ID_BYTES).equals(verifier.keyId)) continue;
    if (bytes.length !== KEY_ID_BYTES + TIMESTAMP_BYTES + verifier.signatureBytes) continue;
    const timestamp = bytes.readBigUInt64BE(KEY_ID_BYTES);
    const signature = bytes.subarray(KEY_ID_BYTES + TIMESTAMP_BYTES);
    if (verifier.verify(messageOf(verifier, checkpoint, timestamp), signature)) return Number(timestamp);
  }
  return null;
}

/** Signature lines of a note. */
export function linesOf(note: string): readonly string[] {
  const split = note.lastIndexOf('\n\n');
  return split < 0
    ? []
    : note
        .slice(split + 2)
        .split('\n')
        .filter((line) => line !== '');
}

function messageOf({ kind, name }: CosignatureVerifier, checkpoint: ParsedCheckpoint, timestamp: bigint): Buffer {
  const { origin, size, root } = checkpoint;
  if (kind === 'ed25519') {
    return Buffer.from(`cosignature/v1\ntime ${timestamp}\n${checkpointText(origin, checkpoint)}`);
  }
  return Buffer.concat([
    Buffer.from('subtree/v1\n\0'),
    opaque(name),
    uint64(timestamp),
    opaque(origin),
    uint64(0n),
    uint64(BigInt(size)),
    root,
  ]);
}

/** `opaque<1..2^8-1>` of RFC 8446, 3.4. */
function opaque(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(TIMESTAMP_BYTES);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
