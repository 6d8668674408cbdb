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
 * which its provider and the bureau are told. excused: they look so, its provider says that they are none, and the bureau has confirmed it.
 */
export type ScanVerdict = 'declared' | 'under-declared' | 'partly' | 'excused';

/** What a column was confirmed not to hold, although this share of its values looks so. */
export interface ScanExcuse {
  readonly column: string;
  readonly kind: IdentifierKind;
  readonly share: number;
}

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

/**
 * WHY a margin: shares are of a sample of 4,096 values at most, whose standard error is below 0.008. WHY no wider: a serial number that
 * passes a checksum by chance does so at the same rate in every upload; identifiers among them show as more.
 */
const EXCUSED_MARGIN = 0.05;

/** Whether what was confirmed of such a column covers this finding. */
export function isExcused(
  { column, kind, share }: Pick<ColumnFinding, 'column' | 'kind' | 'share'>,
  excuses: readonly ScanExcuse[],
): boolean {
  return excuses.some((one) => one.column === column && one.kind === kind && share <= one.share + EXCUSED_MARGIN);
}

/** Null where the values look like no identifiers. */
export function judgeColumn(
  column: ColumnSchema,
  counts: PassCounts,
  excuses: readonly ScanExcuse[] = [],
): ColumnFinding | null {
  const detected = detectInColumn(counts);
  if (detected === null) return null;
  const levelMin = IDENTIFIER_LEVELS[detected.kind];
  const isDeclared = column.role === 'identifier' && LEVELS.indexOf(column.level) >= LEVELS.indexOf(levelMin);
  const share = Math.round(detected.share * 100) / 100;
  const finding = { column: column.name, kind: detected.kind, share, levelMin };
  if (isDeclared) return { ...finding, verdict: 'declared' };
  if (!detected.isWhole) return { ...finding, verdict: 'partly' };
  return { ...finding, verdict: isExcused(finding, excuses) ? 'excused' : 'under-declared' };
}
