import { createHash, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';
import type { ConsentKey } from '#catalog';
import { AppError, CONSENT_USES_MAX, type Consent } from '#policies';
import { canonicalIdentifier, IDENTIFIER_CHARACTERS_MAX } from '#sandbox';

/**
 * Consents are JWTs (RFC 7519, RFC 8725) of a type and an audience of their own: no access token is a consent, and no consent an
 * access token. The header's `kid` only chooses among registered keys; a key that the token brings changes nothing.
 */
const TYPE = 'consent+jwt';
const AUDIENCE = 'sluice:consent';
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256'];
export const CONSENT_TOKEN_LENGTH_MAX = 8_192;

const text = z.string().min(1).max(IDENTIFIER_CHARACTERS_MAX);
const seconds = z.int().min(0);
const Claims = z.strictObject({
  aud: z.literal(AUDIENCE),
  sub: text,
  about: text.optional(),
  org: text,
  plan: text,
  purpose: z.string().min(1).max(4_000),
  product: text,
  uses: z.int().min(1).max(CONSENT_USES_MAX),
  jti: z.string().min(8).max(128),
  iat: seconds,
  nbf: seconds.optional(),
  exp: seconds,
});

/** A consent whose signature is good, by a key that is registered. */
export interface SignedConsent {
  readonly consent: Consent;
  readonly key: ConsentKey;
  /** Names it: SHA-256 of signer and `jti`, hex. */
  readonly digest: string;
}

/**
 * Reads a token and checks its signature; null for whatever is none. Terms, subject and use are judged later, where that is one
 * transaction with the question (`consent-standing.ts`).
 */
export async function readConsent(
  token: string,
  keyOf: (id: string) => ConsentKey | null,
): Promise<SignedConsent | null> {
  try {
    const { kid = '', typ } = decodeProtectedHeader(token);
    const key = typ === TYPE ? keyOf(kid) : null;
    if (key === null) return null;
    const { payload } = await compactVerify(token, await importPublic(JSON.parse(key.jwk) as JWK), {
      algorithms: ALGORITHMS,
    });
    const claims = Claims.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
    const consent = consentOf(claims);
    return consent === null ? null : { consent, key, digest: consentDigest(key.id, claims.jti) };
  } catch {
    return null; // WHY whatever it was: nothing that is wrong with a token is told to who brings it
  }
}

function consentOf(claims: z.output<typeof Claims>): Consent | null {
  const { org, plan, purpose, product, uses, iat, nbf, exp } = claims;
  const by = canonicalIdentifier(claims.sub);
  const about = claims.about === undefined ? null : canonicalIdentifier(claims.about);
  if (by === null || (claims.about !== undefined && about === null)) return null;
  return { by, about, org, plan, purpose, product, uses, issuedAt: iat, notBefore: nbf ?? iat, expiresAt: exp };
}

export function consentDigest(keyId: string, jti: string): string {
  return createHash('sha256')
    .update(JSON.stringify([keyId, jti]))
    .digest('hex');
}

/** What a consent says, before it is signed. */
export type NewConsent = Omit<Consent, 'issuedAt' | 'notBefore'> & { readonly id: string; readonly issuedAt: number };

/** Signs a consent: for issuers and subjects, who do it elsewhere. @param key Ed25519. */
export async function signConsent(consent: NewConsent, key: KeyObject, publicJwk: JWK): Promise<string> {
  const { by, about, org, plan, purpose, product, uses, id, issuedAt, expiresAt } = consent;
  return new SignJWT({ org, plan, purpose, product, uses, ...(about === null ? {} : { about }) })
    .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid: await calculateJwkThumbprint(publicJwk) })
    .setAudience(AUDIENCE)
    .setSubject(by)
    .setJti(id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(key);
}

const PublicJwk = z.union([
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().max(64) }),
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string().max(64), y: z.string().max(64) }),
]);

/** A public key as it is stored, and its name. @throws AppError `CONSENT_INVALID` for whatever is no public key of the two kinds. */
export async function publicKeyOf(jwk: unknown): Promise<{ readonly id: string; readonly jwk: string }> {
  const parsed = PublicJwk.safeParse(jwk);
  const isKey = parsed.success && (await isImportable(parsed.data));
  if (!isKey) throw new AppError('CONSENT_INVALID', { problem: 'no public JWK of Ed25519 or P-256' });
  return { id: await calculateJwkThumbprint(parsed.data), jwk: JSON.stringify(parsed.data) };
}

const isImportable = (jwk: JWK): Promise<boolean> =>
  importPublic(jwk).then(
    () => true,
    () => false,
  );

/** WHY the algorithm by the key: what the token's header says of it is the token's own word. */
const importPublic = (jwk: JWK) => importJWK(jwk, jwk.kty === 'EC' ? 'ES256' : 'EdDSA');
