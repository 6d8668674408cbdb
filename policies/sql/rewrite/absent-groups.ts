import type { ColumnId, Expr, Rel } from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import { mapExpr } from '../same-expression.ts';
import { literal } from './build.ts';
import type { Cutter } from './cutter.ts';

/**
 * A count of what matches a row (`LATERAL (SELECT count(*) …)`, a correlated count) is 0 where no group does. Of released groups those that protection
 * left out do not match either: whether a group is missing or empty nobody says, and the count is NULL, as every other hidden value.
 *
 * @param input what `expr` reads; groups of public tables are complete, and counts of them stay 0
 */
export function unknownWhereAbsent(expr: Expr, input: Rel, { boundaries }: Cutter): Expr {
  const mayBeLeftOut = (part: Expr | undefined): boolean => {
    const boundary = part?.kind === 'column' ? boundaryOf(part.id, input) : null;
    return boundary !== null && boundaries[boundary]!.kind !== 'rows';
  };
  return mapExpr(expr, (part) => {
    if (part.kind === 'call' && part.fn === 'coalesce') {
      const [count, otherwise] = part.args;
      return otherwise !== undefined && isOfNothing(otherwise) && mayBeLeftOut(count) ? count! : null;
    }
    if (part.kind !== 'case') return null;
    const [first] = part.whens;
    const { when, then } = first!;
    if (when.kind !== 'call' || when.fn !== 'is_null' || !mayBeLeftOut(when.args[0])) return null;
    const unknown = mapExpr(then, (one) => (isOfNothing(one) ? literal(null, one.type) : null));
    return { ...part, whens: [{ when, then: unknown }, ...part.whens.slice(1)] };
  });
}

const isOfNothing = (expr: Expr): boolean => expr.kind === 'literal' && expr.ofNothing === true;

/** The release that a column is read from as it is; null of any other. */
function boundaryOf(id: ColumnId, input: Rel): number | null {
  for (const rel of relsWithin(input)) {
    if (rel.kind === 'scan' && rel.source.kind === 'released' && rel.columns.some((column) => column.id === id))
      return rel.source.boundary;
    if (rel.kind !== 'project') continue;
    const expr = rel.columns.find((column) => column.id === id)?.expr;
    const source = expr?.kind === 'cast' ? expr.arg : expr;
    if (source?.kind === 'column' && source.id !== id) return boundaryOf(source.id, rel.input);
  }
  return null;
}
