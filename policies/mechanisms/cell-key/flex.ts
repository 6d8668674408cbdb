import { type Exact, exactLimit, minus, plus, times } from '../suppression/exact.ts';
import { ceiling } from './fixed-point.ts';
import { assertFlexParameters, type FlexParameters } from './perturbation-parameters.ts';

/** The flex function for one column, in the column's own units. */
export interface Flex {
  readonly pl: Exact;
  readonly ps: Exact;
  readonly q: number;
  /** Flex point, in units of the column's last decimal; at least 1. */
  readonly point: bigint;
}

/** The flex function of a column whose values are declared to lie in [−bound, bound]; `bound` in the column's units. */
export function flexFor(parameters: FlexParameters, bound: bigint): Flex {
  assertFlexParameters(parameters);
  const { pl, ps, fp, q } = parameters;
  const point = ceiling(times(exactLimit(fp), { top: bound, bottom: 1n }));
  return { pl: exactLimit(pl), ps: exactLimit(ps), q, point: point > 1n ? point : 1n };
}

/**
 * Largest noise on a contribution x ≥ 0, as a share of it: m(x) = pl·(1 + ((ps·x − pl·fp)/(pl·fp))·(2fp/(fp + x))^q) from
 * the flex point on, ps below it. Exact.
 *
 * WHY ps below: the only share that meets m(fp) = ps, never exceeds ps and never rises with x. The formula itself would
 * fall to no noise at all near 0.2·fp, and a constant amount ps·fp would drown small contributions.
 * Source: Giessing, Tent, Concepts for generalising tools implementing the cell key method (UNECE 2019), section 3.
 */
export function flexShare(x: bigint, { pl, ps, q, point }: Flex): Exact {
  if (x < point) return ps;
  const whole = (value: bigint): Exact => ({ top: value, bottom: 1n });
  const floor = times(pl, whole(point));
  const above = minus(times(ps, whole(x)), floor);
  const power = BigInt(q);
  const fall: Exact = { top: (2n * point) ** power, bottom: (point + x) ** power };
  // pl·(above / (pl·fp)) = above / fp
  return plus(pl, times({ top: above.top, bottom: above.bottom * point }, fall));
}

/** Largest noise on a contribution, in the column's units: x·m(x), which never falls as x grows. */
export function noiseScale(x: bigint, flex: Flex): Exact {
  return times({ top: x, bottom: 1n }, flexShare(x, flex));
}
