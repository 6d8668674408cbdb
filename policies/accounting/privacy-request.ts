/** What the asker is willing to spend on one query, for all its statistics together. */
export interface PrivacyRequest {
  /** Zero-concentrated differential privacy of the whole answer, per unit of every kind. Finite, at least 1e-9. */
  readonly rho: number;
}
