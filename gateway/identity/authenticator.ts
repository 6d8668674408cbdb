import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { AppError } from '#policies';
import type { OidcConfig } from '../config.ts';
import { type Caller, callerOf } from './caller.ts';
import type { EmbeddedIssuer } from './embedded-issuer.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

/** One issuer: only its own keys may sign in its name. */
export interface TokenSource {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
  readonly roleClaim: string;
  readonly orgClaim: string;
}

/** From the value of the `Authorization` header to who asks. Errors: TOKEN_MISSING, TOKEN_INVALID with a reason. */
export type Authenticator = (authorization: string | undefined) => Promise<Caller>;

export type TokenFault = 'expired' | 'signature' | 'claims' | 'algorithm' | 'issuer-unreachable';

/** Asymmetric only: with a symmetric algorithm anybody who holds the public key could sign. */
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'RS256', 'PS256'];
/** What clocks may differ by. */
const SKEW_SECONDS = 60;
/** WHY: a token is read before anything is known of its sender. */
const TOKEN_LENGTH_MAX = 8_192;
const CACHE_ENTRIES_MAX = 4_096;

export function embeddedSource(issuer: EmbeddedIssuer): TokenSource {
  const keys = createLocalJWKSet({ keys: [...issuer.jwks.keys] });
  return { issuer: issuer.issuer, keys, roleClaim: 'role', orgClaim: 'org' };
}

/** Keys are fetched on first use, kept ten minutes, and asked for again at most every 30 s for an unknown key id. */
export function remoteSource(oidc: OidcConfig): TokenSource {
  const keys = createRemoteJWKSet(new URL(oidc.jwksUrl), {
    timeoutDuration: 5_000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
  });
  return { issuer: oidc.issuer, keys, roleClaim: oidc.roleClaim, orgClaim: oidc.orgClaim };
}

/**
 * Checks a bearer token (RFC 6750, RFC 7519, RFC 8725): its issuer's key, an algorithm of the list, audience, times
 * with 60 s of skew, and claims that make a `Caller`. Keys come from the sources alone: a header that brings a key or
 * points to one (`jwk`, `jku`, `x5u`) changes nothing, an unknown `crit` refuses.
 */
export function createAuthenticator(options: {
  readonly sources: readonly TokenSource[];
  readonly audience: string;
  readonly clock: () => Date;
  readonly cacheEntriesMax?: number;
}): Authenticator {
  const verified = createVerifiedTokens(options.cacheEntriesMax ?? CACHE_ENTRIES_MAX);
  return async (authorization) => {
    const token = bearerToken(authorization);
    const now = options.clock();
    const known = verified.find(token, now.getTime());
    if (known !== null) return known;
    const source = sourceOf(token, options.sources);
    const payload = await verify(token, source, options.audience, now);
    const caller = callerOf(payload.sub, payload[source.orgClaim], payload[source.roleClaim]);
    if (caller === null || payload.exp === undefined) throw refused('claims');
    verified.keep(token, caller, now.getTime(), payload.exp * 1000);
    return caller;
  };
}

function bearerToken(authorization: string | undefined): string {
  const header = authorization?.trim() ?? '';
  if (!/^Bearer(\s|$)/i.test(header)) throw new AppError('TOKEN_MISSING');
  const token = header.slice('Bearer'.length).trim();
  if (token.length > TOKEN_LENGTH_MAX) throw refused('claims');
  if (!/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) throw refused('signature');
  return token;
}

/** The unverified `iss` only chooses whose keys to check against; `verify` then holds the signed one to it. */
function sourceOf(token: string, sources: readonly TokenSource[]): TokenSource {
  let issuer: unknown;
  try {
    issuer = decodeJwt(token).iss;
  } catch {
    throw refused('signature');
  }
  const source = sources.find((one) => one.issuer === issuer);
  if (source === undefined) throw refused('claims');
  return source;
}

async function verify(token: string, source: TokenSource, audience: string, now: Date): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, source.keys, {
      algorithms: ALGORITHMS,
      issuer: source.issuer,
      audience,
      clockTolerance: SKEW_SECONDS,
      currentDate: now,
      requiredClaims: ['sub', 'exp', 'iat'],
    });
    if (!isAccessTokenType(protectedHeader.typ)) throw refused('claims');
    if ((payload.iat ?? 0) > now.getTime() / 1000 + SKEW_SECONDS) throw refused('claims');
    return payload;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw refused(faultOf(error));
  }
}

/** RFC 9068 names `at+jwt`, older issuers write `JWT` or nothing. An ID or logout token is no access token. */
function isAccessTokenType(typ: string | undefined): boolean {
  return typ === undefined || ['jwt', 'at+jwt', 'application/at+jwt'].includes(typ.toLowerCase());
}

/** Nothing of the library's own message leaves: only one word of the closed list. */
function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTInvalid) return 'claims';
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return 'algorithm';
  if (error instanceof errors.JWKSTimeout) return 'issuer-unreachable';
  const isAboutTheToken =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys;
  return isAboutTheToken ? 'signature' : 'issuer-unreachable';
}

function refused(reason: TokenFault): AppError {
  return new AppError('TOKEN_INVALID', { reason });
}
