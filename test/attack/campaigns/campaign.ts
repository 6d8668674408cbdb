import type { Mode } from '../../../policies/levels.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { CampaignTable, OpenTable } from './laboratory.ts';

/** Modes that campaigns attack. `mode-free`: not about answers. */
export type AttackedMode = Extract<Mode, 'aggregate' | 'perturbed' | 'dp'> | 'mode-free';

/** What one run of an attack came to. */
export interface Measured {
  readonly measured: number;
  /** The 95 % interval of a share, an advantage or an AUC; none for a count or a p. */
  readonly lower?: number;
  readonly upper?: number;
  /** Anything more that helps to read it. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** `most`: what is measured may not go above; `least`: not below (p of a test). */
export interface Bar {
  readonly side: 'most' | 'least';
  readonly value: number;
}

export interface CampaignContext {
  readonly mode: AttackedMode;
  /** For table names: no other campaign or mode has it. */
  readonly name: string;
  readonly tiny: boolean;
  readonly random: SeededRandom;
  /** Publishes a table whose level asks for the mode under attack. `rho`: what each answer of mode `dp` may take; the profile's where none is named. */
  open(table: CampaignTable, rho?: number): Promise<OpenTable>;
}

/** An attack of many queries. */
export interface Campaign {
  readonly id: string;
  readonly name: string;
  /** What `measured` is, in words. */
  readonly metric: string;
  readonly modes: readonly AttackedMode[];
  readonly bar: Bar;
  /** Modes in which it is known to be out of its bar, each with the reason (SECURITY.md has the figure). */
  readonly admitted?: Partial<Record<AttackedMode, string>>;
  /** What the same procedure must reach with the protection off. */
  readonly controlBar: Bar;
  attack(context: CampaignContext): Promise<Measured>;
  control(context: CampaignContext): Promise<Measured>;
}

/**
 * A full run must prove that it stays within: by the upper end where there is one. A tiny run has too few targets for
 * that: it must not prove the contrary.
 */
export function isWithin({ measured, lower, upper }: Measured, { side, value }: Bar, tiny: boolean): boolean {
  if (side === 'least') return measured >= value - TOLERANCE;
  return ((tiny ? lower : upper) ?? measured) <= value + TOLERANCE;
}

/** The control's own figure, not an end of its interval: it must have succeeded in fact. */
export function reaches({ measured }: Measured, { side, value }: Bar): boolean {
  return side === 'least' ? measured >= value - TOLERANCE : measured <= value + TOLERANCE;
}

const TOLERANCE = 1e-9;
