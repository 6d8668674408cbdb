/** The durable facts of authorisation: grants and who signed them, and what they make of a plan on a day. */
export {
  type Affiliation,
  affiliationsOf,
  declareAffiliation,
  findAffiliates,
  withdrawAffiliation,
} from './affiliations.ts';
export {
  agreementsInForce,
  agreementsOf,
  findAgreement,
  getAgreement,
  listAgreements,
  type NewAgreement,
  type OperatorAgreement,
  openAgreement,
  takeStep,
} from './agreements.ts';
export {
  certifyExit,
  findExit,
  getExit,
  heldMaterials,
  heldResults,
  isInResultsOfOthers,
  keepHandOver,
  listExits,
  type OperatorExit,
  orderExit,
  orgsServedBy,
  removeResults,
} from './exits.ts';
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
  decideIncident,
  getIncident,
  incidentsOf,
  type OperatorIncident,
  recordIncident,
} from './incidents.ts';
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
export { newSharedFacts, once, type SharedFacts } from './shared-facts.ts';
export { type Finding, type PlanStanding, standingOf } from './standing.ts';
