/** Who asks: tokens, the embedded issuer of a fresh start, and the private files that keys live in. */

export type { Action } from '#policies';
export {
  type Authenticator,
  createAuthenticator,
  embeddedSource,
  remoteSource,
  type TokenSource,
} from './authenticator.ts';
export { type AccessDecision, type Authorizer, createAuthorizer, type Target } from './authorizer.ts';
export {
  type Caller,
  ORG_PATTERN,
  ROLES,
  type Role,
  SUB_PATTERN,
  TOKEN_TTL_SECONDS,
  TOKEN_TTL_SECONDS_MAX,
} from './caller.ts';
export {
  EMBEDDED_ISSUER,
  type EmbeddedIssuer,
  openEmbeddedIssuer,
} from './embedded-issuer.ts';
export { type Identity, openIdentity } from './open-identity.ts';
export { readOrCreatePrivate, readPrivate } from './private-file.ts';
