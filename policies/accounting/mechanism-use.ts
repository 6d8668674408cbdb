/** Everything that private numbers are made by. */
export const MECHANISMS = [
  'discrete-gaussian',
  'discrete-laplace',
  'noisy-tree',
  'partition-selection',
  'exponential',
] as const;

/**
 * One statistic of one answer as the register of private releases tells it: what is released about whom, by which mechanism
 * and with which parameters. Public metadata and the asker's own query only: nothing in it depends on rows.
 */
export interface MechanismUse {
  /** Canonical text of what is counted or summed. */
  readonly statistic: string;
  readonly mechanism: (typeof MECHANISMS)[number];
  /** The resource whose units are protected, and the column that names them. */
  readonly resource: string;
  readonly unit: string;
  /** Most groups that one unit contributes to (L0); null where its rows are bounded instead. */
  readonly groupsMax: number | null;
  /** Most that one unit changes one cell by (L∞), in the statistic's own measure. */
  readonly contributionMax: number;
  /** Most that one unit changes all cells of the statistic by (L2), in the statistic's own measure. */
  readonly sensitivity: number;
  /** Variance of the noise of one cell, in the square of the statistic's own measure; 0 where a value of a list is chosen. */
  readonly variance: number;
  /** What it costs a unit of this kind. */
  readonly rho: number;
  readonly delta: number;
}
