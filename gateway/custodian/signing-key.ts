import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import * as z from 'zod';
import { invalid } from '../config.ts';
import { readOrCreatePrivate } from '../identity/index.ts';

/** An Ed25519 key that signs messages between a gateway and a custodian; known by its RFC 7638 thumbprint. */
export interface SigningKey {
  readonly thumbprint: string;
  readonly publicJwk: JWK;
  /** A compact JWS (RFC 7515) with the public key in its header. */
  sign(payload: Uint8Array, type: string): Promise<string>;
}

/** The key that a gateway signs requests to its custodian with. */
export const gatewayKeyFile = (home: string): string => join(home, 'keys', 'custodian-client.key');

/** The key in the file, created on first use, readable by its owner alone. @throws AppError CONFIG_INVALID */
export async function loadOrCreateSigningKey(path: string, variable: string): Promise<SigningKey> {
  const made = async () =>
    Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const { bytes } = await readOrCreatePrivate(path, variable, made);
  return signingKeyOf(readKey(bytes, path, variable));
}

export async function signingKeyOf(privateKey: KeyObject): Promise<SigningKey> {
  const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
  return {
    thumbprint: await calculateJwkThumbprint(publicJwk),
    publicJwk,
    sign: (payload, type) =>
      new CompactSign(payload).setProtectedHeader({ alg: 'EdDSA', typ: type, jwk: publicJwk }).sign(privateKey),
  };
}

const header = z.looseObject({
  typ: z.string(),
  jwk: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() }),
});

/**
 * What was signed, where it was by a key that `isKnown`; null for everything else.
 * WHY the thumbprint of the key in the header: a header is the sender's to write, the list of known keys is not.
 */
export async function verifySigned(
  jws: string,
  type: string,
  isKnown: (thumbprint: string) => boolean,
): Promise<{ readonly payload: Uint8Array; readonly signer: string } | null> {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString('utf8'));
    const { typ, jwk } = header.parse(decoded);
    const signer = await calculateJwkThumbprint(jwk);
    if (typ !== type || !isKnown(signer)) return null;
    const { payload } = await compactVerify(jws, await importJWK(jwk, 'EdDSA'), { algorithms: ['EdDSA'] });
    return { payload, signer };
  } catch {
    return null; // whatever is wrong with it: it is not signed
  }
}

function readKey(bytes: Uint8Array, path: string, variable: string): KeyObject {
  try {
    const key = createPrivateKey(Buffer.from(bytes));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Falls through: what is wrong with the text of a private key is nothing to repeat.
  }
  throw invalid(variable, {
    en: `points to \`${path}\`, which is no Ed25519 private key`,
    zh: `指向的 \`${path}\` 不是 Ed25519 私钥`,
  });
}
