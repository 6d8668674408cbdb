import type { LinearTerm } from '../../sql/rewrite.ts';
import { compare, type Exact, exactOf, minus, times, ZERO } from './exact.ts';

/** A published or hidden number as a linear combination of terms nobody knows. */
type Vector = ReadonlyMap<string, Exact>;

/**
 * Hides further values of one group until no hidden one follows from the shown ones by addition and subtraction:
 * `sum(a + b)` and `sum(b)` give `sum(a)` away. Values without terms stay out of it.
 *
 * Guarantee: on return no hidden value's vector lies in the span of the shown ones' (see PROOF.md).
 * Cost: Gaussian elimination over the values of one group, exact.
 */
export function closeUnderSpan(
  values: readonly (readonly LinearTerm[] | null)[],
  hidden: ReadonlySet<number>,
): ReadonlySet<number> {
  const vectors = values.map((terms) => (terms === null ? null : vectorOf(terms)));
  const closed = new Set(hidden);
  for (let leak = leakOf(vectors, closed); leak !== null; leak = leakOf(vectors, closed)) closed.add(leak);
  return closed;
}

/** Whether any value depends on others at all: most queries need no elimination. */
export function areIndependent(values: readonly (readonly LinearTerm[] | null)[]): boolean {
  const basis: Vector[] = [];
  for (const terms of values) {
    if (terms === null) continue;
    const rest = reduce(vectorOf(terms), basis);
    if (rest.size === 0) return false;
    basis.push(rest);
  }
  return true;
}

/** A shown value without which some hidden one would not follow; null when none follows. */
function leakOf(vectors: readonly (Vector | null)[], hidden: ReadonlySet<number>): number | null {
  for (const target of hidden) {
    const goal = vectors[target];
    if (goal === null || goal === undefined || goal.size === 0) continue;
    const basis: Vector[] = [];
    for (const [index, vector] of vectors.entries()) {
      if (vector === null || hidden.has(index)) continue;
      const rest = reduce(vector, basis);
      if (rest.size === 0) continue;
      basis.push(rest);
      // The last value that completes the span is one whose absence breaks it.
      if (reduce(goal, basis).size === 0) return index;
    }
  }
  return null;
}

/** What is left of a vector after taking out a basis; each basis vector is led by its first term. */
function reduce(vector: Vector, basis: readonly Vector[]): Vector {
  let rest = vector;
  for (const member of basis) {
    const [[lead, leading] = ['', ZERO] as const] = member;
    const here = rest.get(lead);
    if (here === undefined) continue;
    const ratio: Exact = { top: here.top * leading.bottom, bottom: here.bottom * leading.top };
    rest = subtract(rest, member, ratio.bottom < 0n ? { top: -ratio.top, bottom: -ratio.bottom } : ratio);
  }
  return rest;
}

function subtract(vector: Vector, member: Vector, ratio: Exact): Vector {
  const rest = new Map(vector);
  for (const [term, factor] of member) {
    const value = minus(rest.get(term) ?? ZERO, times(ratio, factor));
    if (compare(value, ZERO) === 0) rest.delete(term);
    else rest.set(term, value);
  }
  return rest;
}

function vectorOf(terms: readonly LinearTerm[]): Vector {
  return new Map(terms.map(({ term, factor }) => [term, exactOf(factor)!]));
}
