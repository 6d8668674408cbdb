import type { Config } from '../config.ts';
import {
  type Authenticator,
  createAuthenticator,
  embeddedSource,
  remoteSource,
  type TokenSource,
} from './authenticator.ts';
import { type EmbeddedIssuer, openEmbeddedIssuer } from './embedded-issuer.ts';

export interface Identity {
  readonly authenticate: Authenticator;
  /** Null in production. */
  readonly issuer: EmbeddedIssuer | null;
}

/**
 * Who may vouch for callers under a configuration: the embedded issuer outside production, the OIDC issuer where one is
 * set. In production there is the OIDC issuer alone, so a token that the embedded one signed earlier is refused.
 */
export async function openIdentity(config: Config, clock: () => Date): Promise<Identity> {
  const { home, production, audience, oidc } = config;
  const issuer = production ? null : await openEmbeddedIssuer({ home, production, audience, clock });
  const sources: TokenSource[] = [];
  if (issuer !== null) sources.push(embeddedSource(issuer));
  if (oidc !== null) sources.push(remoteSource(oidc));
  return { issuer, authenticate: createAuthenticator({ sources, audience, clock }) };
}
