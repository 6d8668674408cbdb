import { LEVELS, type Level } from '../level.ts';
import type { ColumnSchema } from '../table-schema.ts';
import { detectInColumn, type IdentifierKind, type PassCounts } from './detect-identifier.ts';

/** The least level of a column that holds such identifiers; each is an identifier by its role. The city's own levels are of this table. */
export const IDENTIFIER_LEVELS: Readonly<Record<IdentifierKind, Level>> = Object.freeze({
  'id-card': 'general-4',
  'real-estate-unit': 'general-3',
  plate: 'general-3',
  'credit-code': 'general-2',
  vin: 'general-4',
  'organisation-code': 'general-2',
  mobile: 'general-3',
  'bank-card': 'general-4',
});

/**
 * declared: it is declared as what it holds. under-declared: it is not, and the version is refused. partly: some of its values look so,
 * which its provider and the bureau are told.
 */
export type ScanVerdict = 'declared' | 'under-declared' | 'partly';

/** What a scan of a column's values says about its declaration. Never a value. */
export interface ColumnFinding {
  readonly column: string;
  readonly kind: IdentifierKind;
  /** Of the distinct values that were looked at, rounded to hundredths. */
  readonly share: number;
  readonly verdict: ScanVerdict;
  /** The least level that would be accepted, with role identifier. */
  readonly levelMin: Level;
}

/** Null where the values look like no identifiers. */
export function judgeColumn(column: ColumnSchema, counts: PassCounts): ColumnFinding | null {
  const detected = detectInColumn(counts);
  if (detected === null) return null;
  const levelMin = IDENTIFIER_LEVELS[detected.kind];
  const isDeclared = column.role === 'identifier' && LEVELS.indexOf(column.level) >= LEVELS.indexOf(levelMin);
  const verdict = isDeclared ? 'declared' : detected.isWhole ? 'under-declared' : 'partly';
  return { column: column.name, kind: detected.kind, share: Math.round(detected.share * 100) / 100, verdict, levelMin };
}
