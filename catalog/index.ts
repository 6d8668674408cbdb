/** The door of `catalog`: one home's state. Catalogue, plans, jobs, budget ledger and audit entries in one file. */

export * from './audit-entries.ts';
export type { AuditFilters, AuditPage, AuditSearchResult, FoundEntry } from './audit-search.ts';
export { searchEntries } from './audit-search.ts';
export { type LeafReader, readLeafStretch } from './audit-tiles.ts';
export * from './audit-tree.ts';
export * from './authorization/index.ts';
export {
  authorizedList,
  findBatch,
  isGrantable,
  type ListBatch,
  listBatches,
  proposeBatch,
  signBatch,
} from './authorized-list/authorized-list.ts';
export * from './canaries.ts';
export { canonicalJson, contentHash, sha256, sha256Hex } from './canonical.ts';
export { checkTableSchema } from './check-table-schema.ts';
export * from './custody.ts';
export { mendCustodyBooks } from './custody-books.ts';
export type { Db } from './db.ts';
export type { NewDecision } from './decide-plan.ts';
export { decidePlan, revokePlan } from './decide-plan.ts';
export {
  answerDemand,
  answerDue,
  type Demand,
  fileDemand,
  findDemand,
  listDemands,
  type NewDemand,
  proposeForDemand,
} from './demands/demands.ts';
export * from './destructions.ts';
export * from './entries/decide-gate.ts';
export {
  type EntryRevision,
  entryBasis,
  findRevision,
  lastRevision,
  listRevisions,
  vouchForRevision,
} from './entries/entry-revisions.ts';
export { gateDecisions, gatesLeft } from './entries/listing-gates.ts';
export {
  type PlanReview,
  planReviewsNow,
  plansSuspendedBy,
  reviewPlan,
  suspendingTables,
} from './entries/plan-reviews.ts';
export { type Revised, reviseResource } from './entries/revise-resource.ts';
export * from './expired-results.ts';
export * from './first-batch/index.ts';
export * from './freezes.ts';
export * from './given-values.ts';
export * from './guard-refusals.ts';
export { lockHome } from './home-lock.ts';
export * from './intakes/intakes.ts';
export * from './jobs.ts';
export * from './kept-answers.ts';
export { insertKnownSets, knownSetCount, type NewKnownSets, readKnownSets, rowKeySchemes } from './known-sets.ts';
export * from './ledger.ts';
export {
  closeEntry,
  ERASED,
  eraseOpenings,
  keepsNames,
  type LoggedPerson,
  namesFit,
  PERSON_PARTS,
  personCommitment,
  readOpenings,
} from './logged-people.ts';
export * from './lookups/consents.ts';
export * from './lookups/lookups.ts';
export * from './organisations.ts';
export type { Page } from './page.ts';
export {
  applyForOnboarding,
  decideOnboarding,
  findOnboarding,
  type Onboarding,
} from './plan-life/onboarding.ts';
export * from './plan-life/plan-agreements.ts';
export { planSteps } from './plan-life/progress.ts';
export * from './plan-life/rules.ts';
export { type PlanSupply, suppliesOfPlan, supplyPlan } from './plan-life/supplies.ts';
export * from './plan-life/time-limits.ts';
export type {
  NewPlan,
  PlanBasis,
  PlanDecision,
  PlanFilters,
  PlanRevocation,
  PlanState,
  PlanTable,
  UsagePlan,
} from './plans.ts';
export {
  basisNow,
  findPlan,
  getPlan,
  isPlanInForce,
  listPlans,
  planHash,
  providersOfPlan,
  submitPlan,
} from './plans.ts';
export { mendPrivacyBooks } from './privacy-books.ts';
export * from './privacy-budgets.ts';
export * from './privacy-releases.ts';
export * from './products/product-lineage.ts';
export { readMaterial } from './products/product-materials.ts';
export * from './products/products.ts';
export * from './products/review-product.ts';
export { notePurgeDue, purgesDue } from './purge.ts';
export * from './query-plans.ts';
export * from './remaining-budgets.ts';
export * from './resource-versions.ts';
export * from './resources.ts';
export * from './retention.ts';
export type { TamperedRow } from './row-seals.ts';
export * from './scans/scan-findings.ts';
export { putSetting, readSetting } from './settings.ts';
export type { Derivation, Store, StoreOptions } from './store.ts';
export { openStore } from './store.ts';
export type { StoreReader } from './store-reader.ts';
export { openStoreReader } from './store-reader.ts';
export { findEnvelope, findEnvelopesAbout, type StoredEnvelope, storeEnvelope } from './sync/envelopes.ts';
export { standingOfEnvelope } from './sync/find-reconciled.ts';
export { lastListedDay } from './sync/lists.ts';
export { decideMismatch, listMismatches, type SyncMismatch } from './sync/mismatches.ts';
export {
  confirmPeer,
  declarePeer,
  getConfirmedPeer,
  lastSequence,
  listPeers,
  type SyncPeer,
} from './sync/peers.ts';
export { type Reconciled, reconcile } from './sync/reconcile.ts';
export { updateDueAt } from './update-due.ts';
