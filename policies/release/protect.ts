import { AppError, assert } from '../errors.ts';
import type { PolicyProfile } from '../levels.ts';
import type { CompiledQuery } from '../sql/compile.ts';
import type { Boundary, RowsBoundary } from '../sql/rewrite.ts';
import type { TableData } from '../table-data.ts';
import { protectCells } from './cells.ts';
import { type ProtectedTable, releasedTable } from './protected-table.ts';
import type { Suppressed } from './released-result.ts';

/** Stage `protect`: per boundary what `finish` may read. Columns are `c0`, `c1`, … in the order of `released`. */
export interface ProtectedCells {
  readonly kind: 'protected';
  readonly tables: readonly TableData[];
  readonly suppressed: Suppressed;
}

const NOTHING_SUPPRESSED: Suppressed = Object.freeze({ cells: 0, groups: 0, reasons: Object.freeze([]) });

/**
 * Turns raw cells into what may leave.
 *
 * Guarantee: a group's keys show only when at least `unitsMin` distinct units of every kind are in it or its keys come
 * from a public list; a value shows only when as many contribute to it and none dominates. What is withheld is NULL or
 * absent, and looks the same whatever the reason.
 * Limits: differences between several queries are not looked at here (guard).
 * @throws AppError SQL_TOO_COMPLEX where more groups or public rows would leave than the profile allows
 */
export function protect(raw: readonly TableData[], compiled: CompiledQuery, profile: PolicyProfile): ProtectedCells {
  const { boundaries } = compiled.private;
  assert(raw.length === boundaries.length, 'one raw table per boundary');
  const tables = boundaries.map((boundary, index) => protectBoundary(boundary, raw[index]!, profile));
  return Object.freeze({
    kind: 'protected',
    tables: Object.freeze(tables.map(({ table }) => table)),
    suppressed: together(tables.map(({ suppressed }) => suppressed)),
  });
}

function protectBoundary(boundary: Boundary, raw: TableData, profile: PolicyProfile): ProtectedTable {
  return boundary.kind === 'rows' ? capRows(boundary, raw) : protectCells(boundary, raw, profile);
}

function capRows({ released, rowsMax, cappable }: RowsBoundary, raw: TableData): ProtectedTable {
  const tooMany = raw.rowCount > rowsMax;
  if (tooMany && !cappable)
    throw new AppError('SQL_TOO_COMPLEX', { what: 'public rows beside an aggregate', limit: rowsMax });
  const rowCount = Math.min(raw.rowCount, rowsMax);
  const values = raw.values.map((column) => (tooMany ? column.slice(0, rowCount) : column));
  const suppressed: Suppressed = tooMany ? { cells: 0, groups: 0, reasons: ['row-cap'] } : NOTHING_SUPPRESSED;
  return { table: releasedTable(released, values, rowCount), suppressed };
}

function together(all: readonly Suppressed[]): Suppressed {
  const reasons = new Set(all.flatMap((one) => one.reasons));
  return Object.freeze({
    cells: all.reduce((sum, one) => sum + one.cells, 0),
    groups: all.reduce((sum, one) => sum + one.groups, 0),
    reasons: Object.freeze((['threshold', 'dominance', 'row-cap'] as const).filter((reason) => reasons.has(reason))),
  });
}
