/**
 * What one release takes from the privacy budget of one lineage's units: zero-concentrated differential privacy
 * (Bun & Steinke 2016), approximate where groups are selected by a mechanism that is private but for `delta`.
 *
 * INVARIANT: a charge belongs to the data's lineage and a kind of unit, never to a view, a version, a grant or an account, so
 * that none of these renews a budget.
 */
export interface PrivacyCharge {
  /** The resource whose rows the answer depends on. */
  readonly resource: string;
  /** The column that names its units, as in the table's schema. */
  readonly unit: string;
  /** Rounded up to 1e-9, the ledger's unit. > 0. */
  readonly rho: number;
  /** Rounded up; 0 where no group is selected. */
  readonly delta: number;
}
