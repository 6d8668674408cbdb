/**
 * How much privacy the units of one lineage may lose in all, and how much of it any one asker may take. In zCDP, which adds up
 * over releases whoever asks (Bun & Steinke 2016, Lemma 1.7); told as ε at `epsilonDelta`.
 */
export interface PrivacyBudgets {
  /** ρ of one resource and kind of unit: all analysts, plans, views and versions, for all time. */
  readonly resourceRho: number;
  /** Of that, most that one organisation may take, and most that one person of it may. */
  readonly organisationRho: number;
  readonly analystRho: number;
  /** δ of one resource and kind of unit, for groups that are selected by a mechanism that is private but for δ. A pool of its own. */
  readonly selectionDelta: number;
  /** The δ at which a ρ is told as ε: beside the pool, so that the whole promise is (ε, `epsilonDelta` + `selectionDelta`). */
  readonly epsilonDelta: number;
}

/** ε = 3, 2 and 1 at δ = 1e-6, rounded down (zcdp.ts). */
export const DEFAULT_PRIVACY_BUDGETS: PrivacyBudgets = Object.freeze({
  resourceRho: 0.185,
  organisationRho: 0.0875,
  analystRho: 0.0243,
  selectionDelta: 1e-6,
  epsilonDelta: 1e-6,
});
