/** The durable facts of authorisation: grants and who signed them, and what they make of a plan on a day. */
export { isGrantable } from './authorized-list.ts';
export {
  findGrant,
  type Grant,
  type GrantRevocation,
  type GrantSignature,
  getGrant,
  grantHash,
  listGrants,
  type NewGrant,
  proposeGrant,
  revokeGrant,
  type SigningRole,
  scopeOf,
  signGrant,
} from './grants.ts';
export {
  confirmPartyKey,
  getPartyKey,
  listPartyKeys,
  type NewPartyKey,
  type PartyKey,
  registerPartyKey,
  retirePartyKey,
  signingKeysOf,
} from './party-keys.ts';
export { type Finding, type PlanStanding, standingOf } from './standing.ts';
