import { DEFAULT_PROFILE } from '#policies';

/** A custodian's own rules: what no gateway can talk it out of. */
export interface CustodianPolicy {
  /** Fewest units of every kind behind an opened number, and fewest by which two opened sets differ. */
  readonly unitsMin: number;
  /** Largest share of a set's rows that one unit may have. */
  readonly largestShareMax: number;
  /** zCDP of one dataset and kind of unit for all time; of that, most for one plan, and most for one request. */
  readonly datasetRho: number;
  readonly planRho: number;
  readonly openingRho: number;
  /** Requests of one plan within a minute. */
  readonly openingsPerMinute: number;
  /** False encrypted sums about one dataset before nothing of it is opened any more. */
  readonly failuresMax: number;
  /** Sets that are remembered for a version: beyond, nothing new is opened about it. */
  readonly setsMax: number;
  /** How far a request's time may be from the custodian's. */
  readonly clockSkewSeconds: number;
}

const { unitsMin, enterpriseTopShareMax, privacyBudgets } = DEFAULT_PROFILE;

export const DEFAULT_CUSTODIAN_POLICY: CustodianPolicy = Object.freeze({
  unitsMin,
  largestShareMax: enterpriseTopShareMax,
  datasetRho: privacyBudgets.resourceRho,
  planRho: privacyBudgets.organisationRho,
  openingRho: privacyBudgets.analystRho,
  openingsPerMinute: 60,
  failuresMax: 3,
  setsMax: 100_000,
  clockSkewSeconds: 60,
});
