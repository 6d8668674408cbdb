import type { SourcePlace } from '../../errors.ts';
import { exactOf } from '../../mechanisms/suppression/exact.ts';
import type { AggregateCall, Expr } from '../plan.ts';
import type { SqlType } from '../sql-type.ts';
import { type BoundedValue, fixedPoint, LINEAR, type RowFacts } from './bounded-amount.ts';
import { isNotNull } from './build.ts';
import { type Fraction, fractionOfExact } from './fraction.ts';

/** A value below which a share of a group's rows lies, found in noisy counts of a tree over its bounds. */
export interface PrivateQuantile extends BoundedValue {
  readonly kind: 'quantile';
  readonly where: readonly Expr[];
  readonly at: QuantilePlace;
  readonly type: SqlType;
}
export type QuantilePlace = Fraction | 'least' | 'greatest';

const HALF: Fraction = { top: '1', bottom: '2' };

/** null for every other aggregate. @throws AppError POLICY_CONSTRUCT_REFUSED for a value without bounds */
export function privateQuantile(
  { fn, args, filter, type }: AggregateCall,
  facts: RowFacts,
  place: SourcePlace | null,
): PrivateQuantile | null {
  const at = placeAsked(fn, args[1]);
  const [x] = args;
  if (at === null || x === undefined) return null;
  const bounded = fixedPoint(x, LINEAR, facts, fn, place);
  const where = [...(filter === null ? [] : [filter]), isNotNull(bounded.amount)];
  return { kind: 'quantile', ...bounded, where, at, type };
}

function placeAsked(fn: string, share: Expr | undefined): QuantilePlace | null {
  if (fn === 'min') return 'least';
  if (fn === 'max') return 'greatest';
  if (fn === 'median') return HALF;
  if (fn !== 'quantile_cont' && fn !== 'quantile_disc') return null;
  const exact = share?.kind === 'literal' && typeof share.value === 'string' ? exactOf(share.value) : null;
  return exact === null ? null : fractionOfExact(exact);
}
