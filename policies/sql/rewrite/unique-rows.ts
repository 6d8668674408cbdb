import type { ColumnId, Rel } from '../plan.ts';
import { equalSides, meetsOnce } from './join-rules.ts';

/** Whether no two rows have one value of an identifier, and none has none, as the table declares or the grouping makes it. */
export function isUnique(rel: Rel, id: ColumnId): boolean {
  switch (rel.kind) {
    case 'scan':
      return rel.columns.some((column) => column.id === id && column.unitRowsMax === 1 && !column.nullable);
    case 'filter':
      return isUnique(rel.input, id);
    case 'project': {
      const expr = rel.columns.find((column) => column.id === id)?.expr;
      return expr?.kind === 'column' && isUnique(rel.input, expr.id);
    }
    case 'join':
      if (rel.join === 'semi' || rel.join === 'anti') return isUnique(rel.left, id);
      return (rel.join === 'inner' || rel.join === 'left') && isUnique(rel.left, id) && meetsOnce(rel, rel.right);
    default:
      return false;
  }
}

/** Whether the rows of the stored table that gives out a column stand in a relation once each at most. */
export function standsOnce(rel: Rel, id: ColumnId): boolean {
  switch (rel.kind) {
    case 'scan':
      return rel.columns.some((column) => column.id === id);
    case 'filter':
    case 'window':
      return standsOnce(rel.input, id);
    case 'project': {
      const expr = rel.columns.find((column) => column.id === id)?.expr;
      return expr?.kind === 'column' && standsOnce(rel.input, expr.id);
    }
    case 'join': {
      if (standsOnce(rel.left, id)) return rel.join === 'semi' || rel.join === 'anti' || meetsOneOf(rel, rel.right);
      return rel.join === 'inner' && standsOnce(rel.right, id) && meetsOneOf(rel, rel.left);
    }
    default:
      return false;
  }
}

/** Whether each row of the other side meets at most one row of `side`. */
function meetsOneOf(join: Extract<Rel, { kind: 'join' }>, side: Rel): boolean {
  if (join.join === 'right' || join.join === 'full' || join.join === 'cross') return false;
  const keys = equalSides(join)
    .flat()
    .flatMap((key) => (key.kind === 'column' ? [key.id] : []));
  return meetsOnce(join, side) || keys.some((key) => isUnique(side, key));
}
