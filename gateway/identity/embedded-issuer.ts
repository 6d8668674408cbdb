import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';
import { invalid } from '../config.ts';
import { type Caller, TOKEN_TTL_SECONDS } from './caller.ts';
import { readOrCreatePrivate } from './private-file.ts';

/** The `iss` of every embedded issuer. No OIDC issuer can have it: theirs are URLs. */
export const EMBEDDED_ISSUER = 'urn:sluice:embedded';

/** Makes tokens for a fresh start, with a key of its own in the home directory. Does not exist in production. */
export interface EmbeddedIssuer {
  readonly issuer: typeof EMBEDDED_ISSUER;
  /** Public keys only: what `/.well-known/jwks.json` serves. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /** A signed token. `ttlSeconds` from 1 to TOKEN_TTL_SECONDS_MAX. */
  issue(caller: Caller, ttlSeconds?: number): Promise<string>;
}

const privateKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
});

/**
 * Opens the issuer of a home, creating its Ed25519 key (RFC 8037) on first use.
 * Errors: CONFIG_INVALID in production, and for a key file that others can read or that holds no such key.
 */
export async function openEmbeddedIssuer(options: {
  readonly home: string;
  readonly production: boolean;
  readonly audience: string;
  readonly clock: () => Date;
}): Promise<EmbeddedIssuer> {
  if (options.production) throw refusedInProduction();
  const path = join(options.home, 'keys', 'issuer.jwk');
  const { bytes } = await readOrCreatePrivate(path, 'SLUICE_HOME', makeKey);
  const jwk = parseKey(bytes, path);
  const publicJwk: JWK = { kty: jwk.kty, crv: jwk.crv, x: jwk.x };
  const kid = await calculateJwkThumbprint(publicJwk);
  const key = await importJWK(jwk, 'EdDSA');
  return {
    issuer: EMBEDDED_ISSUER,
    jwks: { keys: [{ ...publicJwk, kid, alg: 'EdDSA', use: 'sig' }] },
    issue: (caller, ttlSeconds = TOKEN_TTL_SECONDS) => {
      const now = Math.floor(options.clock().getTime() / 1000);
      return new SignJWT({ org: caller.org, role: caller.role })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid })
        .setIssuer(EMBEDDED_ISSUER)
        .setAudience(options.audience)
        .setSubject(caller.sub)
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + ttlSeconds)
        .sign(key);
    },
  };
}

async function makeKey(): Promise<Uint8Array> {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return Buffer.from(`${JSON.stringify(await exportJWK(pair.privateKey))}\n`);
}

function parseKey(bytes: Uint8Array, path: string): z.output<typeof privateKey> {
  try {
    return privateKey.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    throw invalid('SLUICE_HOME', {
      en: `holds \`${path}\`, which is no Ed25519 private key; remove the file for a new one`,
      zh: `中的 \`${path}\` 不是 Ed25519 私钥；删除该文件即可生成新的`,
    });
  }
}

function refusedInProduction(): Error {
  return invalid('NODE_ENV', {
    en: 'is production, where the embedded issuer does not exist: get the token from the issuer in SLUICE_OIDC_ISSUER',
    zh: '为 production，此时没有内置签发者：请向 SLUICE_OIDC_ISSUER 所指的签发者申请令牌',
  });
}
