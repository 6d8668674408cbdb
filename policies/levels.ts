import { DEFAULT_PRIVACY_BUDGETS, type PrivacyBudgets } from './accounting/privacy-budgets.ts';
import { LEVELS, type Level } from './level.ts';
import { DEFAULT_PERTURBATION, type PerturbationParameters } from './mechanisms/cell-key/perturbation-parameters.ts';
import { DISTINCT_LIMITS, type DistinctLimit } from './release/guard/distinct-sets.ts';

/**
 * Classification levels (GB/T 43697-2024: 核心 / 重要 / 一般 1–4) and the release mode that each one demands.
 * Principle 就高从严: of all levels that influence a result, the strictest decides.
 */

export { LEVELS, type Level };

/** From the weakest to the strictest protection. */
export const MODES = ['rows', 'aggregate', 'perturbed', 'dp', 'homomorphic', 'deny'] as const;
export type Mode = (typeof MODES)[number];

/** Modes that this version can serve. A stricter mode that is not built is denied by its name, never weakened. */
export const MODES_BUILT: ReadonlySet<Mode> = new Set<Mode>(['rows', 'aggregate', 'perturbed', 'dp', 'homomorphic']);

/** Mode `dp`: what one query takes unless it says otherwise, and how much of one unit an answer looks at. */
export interface PrivacyLimits {
  /** zCDP of a query that names none. */
  readonly rho: number;
  /** That groups are selected which only one unit is in, per query. */
  readonly delta: number;
  /** Most groups that one unit contributes to, of those that its keys make. */
  readonly groupsMax: number;
  /** Most rows' worth that one unit contributes to a group, where its table declares no fewer. */
  readonly rowsMax: number;
  /** Most rows of one unit in all, over all groups, where the asker says so. */
  readonly unitRowsMax?: number | undefined;
}

/** The numbers and mappings of a release, versioned and hashed into every receipt. */
export interface PolicyProfile {
  readonly version: string;
  readonly modeOf: Readonly<Record<Level, Mode>>;
  /** Fewest distinct privacy units a cell may stand for. */
  readonly unitsMin: number;
  /** The same where a health column is involved. */
  readonly unitsMinHealth: number;
  /** (2, x) dominance: unsafe when the two largest contributors hold at least this share of the cell. */
  readonly topTwoShareMax: number;
  /** p% rule: unsafe when (X − x1 − x2) / x1 is below this. */
  readonly pPercentMin: number;
  /** Enterprises: unsafe when the largest contributor holds more than this share. */
  readonly enterpriseTopShareMax: number;
  /** Noise of mode `perturbed`. */
  readonly perturbation: PerturbationParameters;
  /** How many distinct sets of rows may be asked about in one region (release/guard/distinct-sets.ts). */
  readonly distinctSets: Readonly<Record<'aggregate' | 'perturbed', DistinctLimit>>;
  readonly privacy: PrivacyLimits;
  /** Most rows that mode `rows` lets out of one job. */
  readonly rowsMax: number;
  /** Most cells (released groups) of one job. */
  readonly cellsMax: number;
  /** How much privacy may be lost in all, and how much of it one asker may take (mode `dp`). */
  readonly privacyBudgets: PrivacyBudgets;
}

export const DEFAULT_PROFILE: PolicyProfile = Object.freeze({
  version: 'ezhou-2026-1',
  modeOf: Object.freeze({
    'general-1': 'rows',
    'general-2': 'aggregate',
    'general-3': 'perturbed',
    'general-4': 'dp',
    important: 'homomorphic',
    core: 'deny',
  } as const),
  unitsMin: 10,
  unitsMinHealth: 20,
  topTwoShareMax: 0.9,
  pPercentMin: 0.1,
  enterpriseTopShareMax: 0.5,
  perturbation: DEFAULT_PERTURBATION,
  // WHY more room in mode `aggregate` than its measured limit: it is exact by choice, for data whose owners accept that many
  // different questions about few people tell more than each; a table of some hundred rows would else be spent in a day (figures in SECURITY.md).
  distinctSets: Object.freeze({ ...DISTINCT_LIMITS, aggregate: { least: 64, rowsPerSet: 4 } }),
  privacy: Object.freeze({ rho: 0.001, delta: 1e-9, groupsMax: 4, rowsMax: 4 }),
  rowsMax: 10_000,
  cellsMax: 50_000,
  privacyBudgets: DEFAULT_PRIVACY_BUDGETS,
});

/** The stricter of two levels. */
export function stricterLevel(a: Level, b: Level): Level {
  return LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b;
}

/** The stricter of two modes. */
export function stricterMode(a: Mode, b: Mode): Mode {
  return MODES.indexOf(a) >= MODES.indexOf(b) ? a : b;
}
