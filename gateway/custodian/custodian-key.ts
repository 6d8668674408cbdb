import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { deriveKey } from '../keys/index.ts';

/** What providers wrap data keys for, X25519, and encrypt with, `bgv-v1`: both derived from a secret of 32 bytes, so that shares of it bring them back. */
export interface CustodianKey {
  /** RFC 7638 thumbprint of the public key: what a column's declaration names. */
  readonly id: string;
  readonly publicJwk: JWK;
  readonly privateKey: KeyObject;
  /** What the secret key of `bgv-v1` is made of. */
  readonly bgvSeed: Uint8Array;
}

/** DER of an X25519 PrivateKeyInfo up to the key itself (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

export async function custodianKeyOf(secret: Uint8Array): Promise<CustodianKey> {
  const scalar = deriveKey(secret, 'sluice custodian wrapping key', 32);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, scalar]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
  const bgvSeed = deriveKey(secret, 'sluice custodian bgv-v1 secret', 32);
  return { id: await calculateJwkThumbprint(publicJwk), publicJwk, privateKey, bgvSeed };
}
