import type { Expr } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { INTEGER } from '../sql-type.ts';
import { call, literal, ref } from './build.ts';
import type { RowTerm } from './polynomial.ts';
import { type Adds, type Raw, rootOf, type Weight } from './raw.ts';
import { constructRefused } from './refusals.ts';

/** What is the same over rows that stand for groups. */
export const STILL: ReadonlySet<Adds['kind']> = new Set(['count', 'other']);

/**
 * A term over rows that stand for groups: a group's value by what its rows add to it, anything else by one row of each group.
 * @throws AppError POLICY_CONSTRUCT_REFUSED for what is not linear in a sum: who has how much of it would not be known
 */
export function weighted(term: RowTerm, raw: Raw): RowTerm {
  if (raw.weights.length === 0) return term;
  const partsOf = (expr: Expr) => columnsIn(expr).flatMap((id) => raw.parts.get(rootOf(raw.alias, id)) ?? []);
  const made = term.atoms.filter((atom) => partsOf(atom).length > 0);
  const [only] = made;
  const [part] = only === undefined ? [] : partsOf(only);
  const addUp = made.every(
    (atom) => atom.kind === 'column' && partsOf(atom).every(({ adds }) => !STILL.has(adds.kind)),
  );
  const isOfOneGroup = made.flatMap(partsOf).every(({ weight }) => weight === part!.weight);
  if (only !== undefined && addUp && isOfOneGroup) {
    // A square, and a product of two such values, is one of them times what each row adds to the other.
    const others = term.atoms.toSpliced(term.atoms.indexOf(only), 1);
    const rest = raw.weights.filter(({ id }) => id !== part!.weight).map(weightOf);
    const adds = part!.adds;
    const value = 'id' in adds ? [ref(adds.id, adds.type)] : [];
    return {
      ...term,
      atoms: [...others, ...rest, ...(adds.kind === 'sum' ? value : [])],
      present: [...term.present, ...(adds.kind === 'present' ? value : [])],
    };
  }
  const odd = made.flatMap(partsOf).some(({ adds }) => adds.kind === 'other' || adds.kind === 'sum');
  if (odd)
    throw constructRefused(NOT_LINEAR, 'sums, means and spreads of count(…), sum(…) and avg(…) of a column', null);
  return { ...term, atoms: [...term.atoms, ...raw.weights.map(weightOf)] };
}

const NOT_LINEAR =
  'values of groups that belong to several kinds of units, other than sums, means and counts, inside an aggregate';

export const weightOf = ({ id, optional }: Weight): Expr => {
  const column = ref(id, INTEGER);
  return optional ? call('coalesce', [column, literal('1', INTEGER)], INTEGER) : column;
};
