import type { KeyObject } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, compactVerify, EmbeddedJWK, exportJWK } from 'jose';
import { z } from 'zod';
import type { CipherScheme } from '#policies/stored-tables';

/** `ashe-v1`: words are signed 64-bit numbers, least significant byte first in their digests. `bgv-v1`: a digest of each serialised ciphertext. */
export const BLOCKS_FORMAT: Readonly<Record<CipherScheme, 'sluice-blocks-2' | 'sluice-blocks-bgv-1'>> = {
  'ashe-v1': 'sluice-blocks-2',
  'bgv-v1': 'sluice-blocks-bgv-1',
};
/** Words were unsigned. What was uploaded so is summed and opened as ever; nothing new is taken in. */
export const FORMER_BLOCKS_FORMAT = 'sluice-blocks-1';

/**
 * What a provider signs of the ciphertext that it sends: which table, which encryption of it, how many rows, and the digest of
 * every block. A compact JWS (RFC 7515), EdDSA, its key in the header; whether that key is the provider's is told by its RFC 7638
 * thumbprint, which the declaration of the table names.
 */
export const blockManifest = z.strictObject({
  format: z.enum([BLOCKS_FORMAT['ashe-v1'], BLOCKS_FORMAT['bgv-v1'], FORMER_BLOCKS_FORMAT]),
  /** The resource. */
  dataset: z.string(),
  /** Of this encryption: 128 random bits, hex. Keys are derived for it. */
  version: z.string().regex(/^[0-9a-f]{32}$/),
  rows: z.int().min(0),
  /** Columns of ciphertext in the order of their digests. */
  words: z.array(z.string()).min(1),
  blocksSha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type BlockManifest = z.output<typeof blockManifest>;

export async function signManifest(manifest: BlockManifest, signer: Signer): Promise<string> {
  return await signJson(manifest, signer);
}

/** What the signer's manifest says, or null when it is none: another key, another algorithm, changed text. */
export async function readManifest(jws: string, thumbprint: string): Promise<BlockManifest | null> {
  const payload = await verifiedJson(jws, thumbprint);
  return blockManifest.safeParse(payload).data ?? null;
}

/** A provider's Ed25519 key. */
export interface Signer {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export async function thumbprintOf(publicKey: KeyObject): Promise<string> {
  return await calculateJwkThumbprint(await exportJWK(publicKey));
}

export async function signJson(payload: unknown, { privateKey, publicKey }: Signer): Promise<string> {
  const jwk = await exportJWK(publicKey);
  return await new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', jwk })
    .sign(privateKey);
}

/** The payload, where the key in the header has this thumbprint and signed it; else undefined. */
export async function verifiedJson(jws: string, thumbprint: string): Promise<unknown> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, EmbeddedJWK, { algorithms: ['EdDSA', 'Ed25519'] });
    const { jwk } = protectedHeader;
    if (jwk === undefined || (await calculateJwkThumbprint(jwk)) !== thumbprint) return undefined;
    return JSON.parse(Buffer.from(payload).toString('utf8')) as unknown;
  } catch {
    return undefined; // whatever is wrong with it, it is no signature of that key
  }
}
