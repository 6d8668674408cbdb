import { perturbUnits } from '../mechanisms/cell-key/cell-noise.ts';
import { perturbedLeast } from '../mechanisms/cell-key/perturbation-parameters.ts';
import { perturbationTable } from '../mechanisms/cell-key/perturbation-table.ts';
import type { NoiseSource } from './noise.ts';

/** When units are enough: exactly in mode `aggregate`, by their perturbed number in mode `perturbed`. */
export interface Threshold {
  /** So many surely are. */
  readonly sure: (unitsMin: number) => number;
  /** Fewer never are. */
  readonly least: (unitsMin: number) => number;
  /** `fingerprint`: of the units that are counted. */
  readonly isMet: (units: number, fingerprint: bigint, unitsMin: number) => boolean;
  /** Whether it is worth something to know that so many were hidden. */
  readonly tells: (units: number, fingerprint: bigint, unitsMin: number) => boolean;
}

export const EXACT_THRESHOLD: Threshold = {
  sure: (unitsMin) => unitsMin,
  least: (unitsMin) => unitsMin,
  isMet: (units, _fingerprint, unitsMin) => units >= unitsMin,
  // An exact rule is a function of one person at its boundary, whoever asks how often.
  tells: () => false,
};

/** WHY perturbed: at an exact threshold one unit more or less would show by whether a cell does. */
export function perturbedThreshold({ secret, parameters, lineage }: NoiseSource): Threshold {
  const table = perturbationTable(parameters);
  const drawn = (units: number, fingerprint: bigint) =>
    perturbUnits(BigInt(units), secret, { set: [fingerprint], lineage }, table);
  return {
    sure: (unitsMin) => unitsMin + parameters.D,
    least: (unitsMin) => perturbedLeast(unitsMin, parameters),
    isMet: (units, fingerprint, unitsMin) => drawn(units, fingerprint) >= BigInt(unitsMin),
    // INVARIANT: of the same draw: what is told by a region that fills up is then no more than a coarser number.
    tells: (units, fingerprint, unitsMin) => 2n * drawn(units, fingerprint) >= BigInt(unitsMin),
  };
}
