import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { CompactEncrypt, calculateJwkThumbprint, importJWK } from 'jose';
import * as z from 'zod';

/** Whom an answer is sealed for: an X25519 public key (RFC 8037), known by its RFC 7638 thumbprint. */
export const sealingKey = z
  .strictObject({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: z.string().regex(/^[A-Za-z0-9_-]{43}$/) })
  .refine(isSealingKey, 'is no X25519 public key');
export type SealingKey = z.output<typeof sealingKey>;

/** WHY tried: a point of low order has the right form and seals for nobody. */
function isSealingKey(jwk: { readonly kty: string; readonly crv: string; readonly x: string }): boolean {
  try {
    const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    return diffieHellman({ privateKey: generateKeyPairSync('x25519').privateKey, publicKey }).length > 0;
  } catch {
    return false;
  }
}

/** A compact JWE (RFC 7516) of a JWS, ECDH-ES and A256GCM; its header names the key by its thumbprint. */
export async function sealedFor(key: SealingKey, jws: string): Promise<string> {
  return new CompactEncrypt(Buffer.from(jws))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT', kid: await calculateJwkThumbprint(key) })
    .encrypt(await importJWK(key, 'ECDH-ES'));
}
