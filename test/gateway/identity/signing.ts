import { type CryptoKey, createLocalJWKSet, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { TokenSource } from '../../../gateway/identity/authenticator.ts';

/** An issuer under the test's control: what an honest one would publish, and a hand to sign anything at all. */
export interface TestIssuer {
  readonly source: TokenSource;
  readonly publicJwk: JWK;
  readonly privateKey: CryptoKey;
}

export const NOW = new Date('2026-03-02T08:00:00Z');
export const ISSUER = 'https://id.example';

export async function createTestIssuer(issuer = ISSUER, alg = 'EdDSA', kid = 'k1'): Promise<TestIssuer> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const publicJwk: JWK = { ...(await exportJWK(pair.publicKey)), kid, alg };
  const source = { issuer, keys: createLocalJWKSet({ keys: [publicJwk] }), roleClaim: 'role', orgClaim: 'org' };
  return { source, publicJwk, privateKey: pair.privateKey };
}

/** A payload that is accepted as it stands; a test spoils one thing in it. */
export function goodClaims(): Record<string, unknown> {
  const now = NOW.getTime() / 1000;
  return {
    iss: ISSUER,
    aud: 'sluice',
    sub: 'alice',
    org: 'dev-a',
    role: 'developer',
    iat: now - 10,
    nbf: now - 10,
    exp: now + 3600,
  };
}

export function sign(
  key: CryptoKey | Uint8Array,
  claims: Record<string, unknown> = goodClaims(),
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: 'k1', ...header }).sign(key);
}

export function unsigned(header: unknown, payload: unknown, signature = ''): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.${signature}`;
}
