import type { ColumnId, Rel } from '../sql/plan.ts';
import { inputsOf } from '../sql/plan-walk.ts';

/** A column of what a boundary releases. */
export interface ReleasedColumn {
  readonly boundary: number;
  readonly column: number;
}

/** Which released column an output column repeats; null where it was computed. */
export function sourceOf(rel: Rel, id: ColumnId): ReleasedColumn | null {
  if (rel.kind === 'scan') {
    const column = rel.columns.find((one) => one.id === id);
    if (column === undefined || rel.source.kind !== 'released') return null;
    return { boundary: rel.source.boundary, column: Number(column.column.slice(1)) };
  }
  if (rel.kind === 'project') {
    let expr = rel.columns.find((one) => one.id === id)?.expr;
    while (expr?.kind === 'cast') expr = expr.arg;
    return expr?.kind === 'column' ? sourceOf(rel.input, expr.id) : null;
  }
  if (rel.kind === 'set-operation' || rel.kind === 'values') return null;
  if (rel.kind === 'aggregate') return null;
  for (const input of inputsOf(rel)) {
    const source = sourceOf(input, id);
    if (source !== null) return source;
  }
  return null;
}
