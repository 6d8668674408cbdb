import { RHO_UNITS } from '../../accounting/zcdp.ts';
import { AppError, assert } from '../../errors.ts';
import { squareRoot } from '../../mechanisms/exact-sampling/square-root.ts';
import type { Exact } from '../../mechanisms/suppression/exact.ts';
import type { PrivateLayout, PrivateValue } from './private-layout.ts';
import type { SealedLayout } from './sealed-layout.ts';

/** What each mechanism of a boundary may take, in the order of the layout. */
export interface Shares {
  readonly terms: readonly Exact[];
  readonly trees: readonly Exact[];
  readonly choices: readonly Exact[];
  readonly selection: Exact | null;
}

/** How much a statistic's error matters, beside those of others relative to what one unit can change of them. */
type Weight = number;

/**
 * Shares a query's ρ among all that leaves. The variance of a statistic is its Δ² over its share, so Σ w·Δ²/ρ_i, errors relative to Δ, is least
 * under Σ ρ_i = ρ at shares in proportion to √w (Lagrange). `wanted` instead: the ρ that each of them needs, in the order of `partsOf`.
 *
 * INVARIANT: Σ of all shares ≤ ρ, in whole numbers. @throws AppError SQL_TOO_COMPLEX where a share would be less than the ledger counts
 */
export function sharesOf(
  layouts: readonly (PrivateLayout | SealedLayout)[],
  rho: number,
  wanted: readonly number[] | null,
): readonly Shares[] {
  assert(Number.isFinite(rho) && rho * Number(RHO_UNITS) >= 1, 'a query has some privacy to spend');
  const units = BigInt(Math.floor(rho * Number(RHO_UNITS)));
  const parts = wanted?.map(scaledWhole) ?? layouts.flatMap(weightsOf).map(rootOfWeight);
  const total = parts.reduce((sum, part) => sum + part, 0n);
  const shares = parts.map((part): Exact => ({ top: units * part, bottom: RHO_UNITS * total }));
  if (parts.some((part) => units * part < total))
    throw new AppError('SQL_TOO_COMPLEX', { what: 'statistics for this ρ', limit: Number(units) });
  let next = 0;
  const take = (): Exact => {
    const share = shares[next];
    assert(share !== undefined, 'each mechanism has its share');
    next += 1;
    return share;
  };
  const all = layouts.map(
    ({ terms, trees, choices, selection }): Shares => ({
      terms: terms.map(take),
      trees: trees.map(take),
      choices: choices.map(take),
      selection: selection === null ? null : take(),
    }),
  );
  assert(next === shares.length, 'no share is left');
  return all;
}

/** How many mechanisms a boundary has. */
export const partsOf = ({ terms, trees, choices, selection }: PrivateLayout | SealedLayout): number =>
  terms.length + trees.length + choices.length + (selection === null ? 0 : 1);

/**
 * A statistic weighs 1 for each value that is read from it. Of a mean, c + s/n around the middle c of bounds ±B: s moves it by Δs/n, n by (s/n)·Δn/n, and
 * over all means between the bounds (s/n)² is B²/3: so the number of rows weighs a third. In moments, likewise.
 */
function weightsOf({ terms, trees, choices, selection, values }: PrivateLayout | SealedLayout): readonly Weight[] {
  const ofTerms = terms.map(() => 0);
  for (const value of values) for (const [term, weight] of readBy(value)) ofTerms[term]! += weight;
  const ones = [...trees, ...choices, ...(selection === null ? [] : [selection])].map(() => 1);
  return [...ofTerms.map((weight) => weight || 1), ...ones];
}

const DIVISOR_WEIGHT = 1 / 3;

function readBy(value: PrivateValue): ReadonlyMap<number, Weight> {
  if (value.kind !== 'number') return new Map();
  const { rule, forms } = value;
  const rows = rule === 'sum' || rule === 'distinct' ? null : (rule === 'mean' ? forms[1] : forms[0])?.[0]?.term;
  return new Map(forms.flat().map(({ term }) => [term, term === rows ? DIVISOR_WEIGHT : 1]));
}

const PRECISION = 1n << 20n;
const rootOfWeight = (weight: Weight): bigint => squareRoot({ top: scaledWhole(weight) * PRECISION, bottom: 1n });
function scaledWhole(weight: number): bigint {
  assert(Number.isFinite(weight) && weight > 2 ** -40 && weight < 2 ** 30, 'a weight is a positive number');
  return BigInt(Math.round(weight * 2 ** 70));
}
