import type { ColumnSchema, TableSchema } from '../table-schema.ts';

/** How far the quasi-identifiers that a plan asks for single people out (domain.md, 36). Pure: the counts come from the sandbox. */

/** From the least to the most. WHY three: what leaves is about real rows; a finer scale, asked column by column, would be a count. */
export const RISK_BANDS = ['low', 'raised', 'high'] as const;
export type RiskBand = (typeof RISK_BANDS)[number];

/** A combination that fewer units share singles out (k-anonymity, Samarati & Sweeney 1998). */
export const RISK_K = 5;
/** Shares of units in such combinations, from which on the band begins. */
const [RAISED_FROM, HIGH_FROM] = [0.01, 0.2];
/** Below so many units a table says nothing: its band would be about a few people. */
const UNITS_MIN = 100;

export interface CombinationCounts {
  /** Units in combinations that fewer than `RISK_K` share. */
  readonly exposed: number;
  readonly units: number;
}

export function riskBand({ exposed, units }: CombinationCounts): RiskBand {
  if (units < UNITS_MIN) return 'high';
  const share = exposed / units;
  if (share >= HIGH_FROM) return 'high';
  return share >= RAISED_FROM ? 'raised' : 'low';
}

export function higherBand(a: RiskBand, b: RiskBand): RiskBand {
  return RISK_BANDS.indexOf(a) >= RISK_BANDS.indexOf(b) ? a : b;
}

/**
 * The columns of a table that together may name somebody: quasi-identifiers, and dimensions beside them. Empty without a quasi-identifier or
 * without a column that names a person, household or the like: then there is nobody to single out.
 */
export function combinedColumns(schema: TableSchema, asked: readonly string[]): readonly ColumnSchema[] {
  const isAbout = schema.columns.some(({ unit }) => unit !== undefined);
  const columns = schema.columns.filter(({ name, role }) => asked.includes(name) && COMBINED.has(role));
  return isAbout && columns.some(({ role }) => role === 'quasi-identifier') ? columns : [];
}
const COMBINED: ReadonlySet<string> = new Set(['quasi-identifier', 'dimension']);
