import type { RandomSource } from '../../policies/mechanisms/exact-sampling/random-source.ts';
import type { NoisePool } from '../../policies/mechanisms/noise-pool/noise-pool.ts';

/** What one check found. `holds`: it went as it must, which for a mutant is to be rejected. */
export interface Finding {
  readonly check: 'case' | 'closeness' | 'shape' | 'selection' | 'mutant' | 'estimate' | 'campaign';
  readonly subject: string;
  readonly name: string;
  readonly holds: boolean;
  readonly detail: Readonly<Record<string, number>>;
}

export interface Laboratory {
  readonly source: RandomSource;
  readonly pool: NoisePool;
  /** Votes of a ballot; null: as many as the vectors ask for, nine. */
  readonly votes: number | null;
}

/** A piece of work that one thread does alone. */
export interface Task {
  readonly name: string;
  readonly run: (laboratory: Laboratory) => readonly Finding[];
}
