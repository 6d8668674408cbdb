import { isDrillOrganisation } from '#policies/vocabulary';

/** Who may ask. The closed list: a token with any other role is no token. */
export const ROLES = [
  'developer',
  'provider',
  'operator',
  'bureau',
  'security',
  'custodian',
  'platform',
  'public',
] as const;
export type Role = (typeof ROLES)[number];

/** How long a token of the embedded issuer is valid, and may be. */
export const TOKEN_TTL_SECONDS = 8 * 3600;
export const TOKEN_TTL_SECONDS_MAX = 24 * 3600;

/** A person or program that a token vouches for. Goes into the log as it stands, so its parts are plain and short. */
export interface Caller {
  /** 1–128 characters, see SUB_PATTERN. */
  readonly sub: string;
  /** The organisation that it acts for, 1–64 characters, see ORG_PATTERN. */
  readonly org: string;
  readonly role: Role;
}

/**
 * WHY: ASCII without quotes, spaces, angle brackets or controls. Names reach logs, exports and terminals; two that look
 * the same must be the same. A slash, a bar and an `@` are in because issuers use them (`auth0|7`, `a@b.org`).
 */
export const SUB_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:@|+/=~-]{0,127}$/;
export const ORG_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/**
 * The caller that claims describe, or null where one is absent, of another type or outside its pattern, or where it says that it
 * is of a drill: an access in that name would look like none.
 */
export function callerOf(sub: unknown, org: unknown, role: unknown): Caller | null {
  if (typeof sub !== 'string' || !SUB_PATTERN.test(sub)) return null;
  if (typeof org !== 'string' || !ORG_PATTERN.test(org) || isDrillOrganisation(org)) return null;
  const known = ROLES.find((one) => one === role);
  return known === undefined ? null : Object.freeze({ sub, org, role: known });
}
