import type { Expr, Rel } from '../plan.ts';
import { neverNull } from '../plan-facts.ts';
import { conjunctsOf } from '../plan-walk.ts';
import { and, equals } from './build.ts';

/**
 * `a.id IS NOT DISTINCT FROM b.id` as a condition of rows, where one of the two always has a value, is `a.id = b.id`: so subqueries are joined to the rows
 * around them, and NULL names nobody either way.
 */
export function equalIdentifiers(rel: Rel): Rel {
  switch (rel.kind) {
    case 'scan':
    case 'values':
      return rel;
    case 'join': {
      const [left, right] = [equalIdentifiers(rel.left), equalIdentifiers(rel.right)];
      return { ...rel, left, right, on: rel.on === null ? null : over(rel.on, [left, right]) };
    }
    case 'set-operation':
      return { ...rel, left: equalIdentifiers(rel.left), right: equalIdentifiers(rel.right) };
    case 'filter': {
      const input = equalIdentifiers(rel.input);
      return { ...rel, input, predicate: over(rel.predicate, [input]) };
    }
    default:
      return { ...rel, input: equalIdentifiers(rel.input) };
  }
}

function over(predicate: Expr, rels: readonly Rel[]): Expr {
  const conditions = conjunctsOf(predicate);
  const plain = conditions.map((one) => {
    if (one.kind !== 'call' || one.fn !== 'not_distinct') return one;
    const [a, b] = one.args;
    const isThere = one.args.some((side) => side.type.kind === 'token' && rels.some((rel) => neverNull(rel, side)));
    return isThere ? { ...equals(a!, b!), at: one.at } : one;
  });
  return plain.every((one, at) => one === conditions[at]) ? predicate : and(plain);
}
