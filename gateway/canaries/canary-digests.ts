import { createHmac } from 'node:crypto';
import type { Canary } from '#catalog';

/**
 * What is stored of a canary. The digest is HMAC-SHA-256, so that whoever has the file cannot try values without the master key. The
 * hint is 32 bits of a plain hash, encrypted by a pad of the canary's own: it spares nearly every cell the digest, and tells nothing.
 */
export interface CanaryDigests {
  /** Hex. */
  digest(canonical: string): string;
  /** Encrypts and decrypts. */
  maskHint(id: Canary['id'], hint: number): number;
}

/** @param key 32 bytes. */
export function createCanaryDigests(key: Uint8Array): CanaryDigests {
  const mac = (kind: 'value' | 'hint', text: string) => createHmac('sha256', key).update(`${kind}\n`).update(text);
  return {
    digest: (canonical) => mac('value', canonical).digest('hex'),
    maskHint: (id, hint) => (hint ^ mac('hint', id).digest().readInt32BE()) | 0,
  };
}
