/** The door of `policies`: pure rules. What may be asked, what mode it gets, what may leave. */
export * from './access/access-policies.ts';
export * from './access/behaviour.ts';
export * from './access/canary.ts';
export * from './access/drill.ts';
export * from './access/freeze.ts';
export * from './access/risk.ts';
export { MECHANISMS, type MechanismUse } from './accounting/mechanism-use.ts';
export * from './accounting/privacy-accounts.ts';
export type { PrivacyBudgets } from './accounting/privacy-budgets.ts';
export type { PrivacyCharge } from './accounting/privacy-charge.ts';
export * from './accounting/privacy-cost.ts';
export * from './accounting/privacy-request.ts';
export { epsilonOf, RHO_UNITS, rhoOf, rhoUnits } from './accounting/zcdp.ts';
export * from './authorization/affiliation.ts';
export * from './authorization/calendar.ts';
export * from './authorization/combination-risk.ts';
export * from './authorization/entry-changes.ts';
export * from './authorization/gates.ts';
export * from './authorization/grant-scope.ts';
export * from './authorization/minimisation.ts';
export * from './authorization/operator-life.ts';
export * from './authorization/plan-scope.ts';
export * from './authorization/requirements.ts';
export * from './authorization/term.ts';
export * from './authorization/time-limits.ts';
export * from './custody/functional.ts';
export * from './custody/opening-cost.ts';
export { CUSTODY_REFUSALS, type CustodyRefusal } from './custody/refusals.ts';
export * from './encrypted-columns.ts';
export * from './errors.ts';
export * from './identifiers/index.ts';
export * from './intake/intake-rules.ts';
export * from './levels.ts';
export * from './lookups/check-interface.ts';
export * from './lookups/consent.ts';
export * from './lookups/enumeration.ts';
export * from './lookups/lookup-answer.ts';
export * from './lookups/lookup-interface.ts';
export { GROUPS_PER_COEFFICIENT_MIN, LEVERAGE_MAX } from './products/fit-model.ts';
export { makeMaterial } from './products/make-material.ts';
export * from './products/product-content.ts';
export * from './products/product-material.ts';
export { invalidProduct, needInProduct } from './products/product-problem.ts';
export type { SourceCell, SourceTable } from './products/source-table.ts';
export { drawnNoise } from './release/drawn-noise.ts';
export { type ExpectedErrors, expectedErrors, partsForTargetError } from './release/expected-errors.ts';
export { DISTINCT_LIMITS, type DistinctLimit } from './release/guard/distinct-sets.ts';
export { type KnownKind, type KnownSet, ReleaseHistory } from './release/guard/history.ts';
export {
  type CandidateCell,
  type CandidatePartition,
  type GuardRefusal,
  type GuardVerdict,
  judge,
  KNOWN_SETS_MAX,
} from './release/guard/judge.ts';
export {
  identityOf,
  lineageOf,
  PRINT_SLOTS,
  readClassText,
  resourceOf,
  type SetPrint,
  setPrint,
  type TablePrint,
  tablePrint,
} from './release/guard/set-print.ts';
export { standingFor } from './release/guard/standing.ts';
export type { GuardEntry, GuardMemory } from './release/guarded.ts';
export type { PrivacyNoise } from './release/private-groups.ts';
export type { ProtectedCells, ReleasePolicy } from './release/protect.ts';
export { type CellsEngine, protectThrough } from './release/protect-through.ts';
export { release } from './release/release.ts';
export type { ReleasedResult, Suppressed } from './release/released-result.ts';
export type { OpenedNumbers, SealedQuestion, SealedSet, Unread } from './release/sealed-groups.ts';
export { openedCell, type SealedReading, sealedReading } from './release/sealed-reading.ts';
export { scaledUp, scaleOf } from './scaled-numbers.ts';
export { type CompiledQuery, emit } from './sql/compile.ts';
export { type Because, type Decision, decide, type OutputLabel } from './sql/decide.ts';
export { emitCombinationCounts } from './sql/emit/combination-counts.ts';
export { emitCipherPieces } from './sql/emit/emit-cipher-pieces.ts';
export { emitLookup, LOOKUP_SUBJECT } from './sql/emit/emit-lookup.ts';
export { emitRowDifference } from './sql/emit/emit-row-difference.ts';
export type { EmittedSql } from './sql/emit/emitted-sql.ts';
export { canonicalPlan } from './sql/emit/plan-hash.ts';
export { unitClassSql } from './sql/functions/unit-class.ts';
export { linkedColumns } from './sql/linked-columns.ts';
export { type ParsedQuery, readSyntaxTree, type UntrustedSql } from './sql/parse.ts';
export type * from './sql/plan.ts';
export { type GrantedTable, type QueryCatalog, type ResolvedQuery, resolve, type TableUse } from './sql/resolve.ts';
export { type PrivatePlan, rewrite } from './sql/rewrite.ts';
export * from './sql/sql-type.ts';
export type { Certainty } from './sql/uncertainty/uncertainty.ts';
export * from './stored-prints.ts';
export { RANK_LAST, type StoredTwin, storedTwins, twinName, twinsOf } from './stored-twins.ts';
export * from './sync/envelope.ts';
export * from './sync/reconcile.ts';
export * from './table-data.ts';
export * from './table-schema.ts';
