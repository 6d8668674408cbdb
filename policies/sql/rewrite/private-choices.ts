import { AppError, type SourcePlace } from '../../errors.ts';
import type { AggregateCall, Expr, Literal } from '../plan.ts';
import type { SqlType } from '../sql-type.ts';
import type { RowFacts } from './bounded-amount.ts';
import { isNotNull } from './build.ts';

/** The value of a public list that most rows of a group have, as chance lets it be seen. */
export interface PrivateChoice {
  readonly kind: 'choice';
  readonly of: Expr;
  /** All that it may be, in the order of declaration: whatever else a row has counts for none of them. */
  readonly list: readonly Literal[];
  readonly where: readonly Expr[];
  readonly type: SqlType;
}

/** What a list may be made of: these are released as they are declared. */
const KINDS: ReadonlySet<SqlType['kind']> = new Set(['text', 'boolean', 'integer']);

/**
 * `mode(x)` over a list that is public before any row is read.
 * WHY no list made of the data: a value that only one unit has would be chosen now and then, and give it away.
 * @throws AppError POLICY_AGGREGATE_REFUSED without such a list
 */
export function privateChoice(
  { fn, args, filter, type }: AggregateCall,
  facts: RowFacts,
  place: SourcePlace | null,
): PrivateChoice {
  const [of] = args as readonly [Expr];
  const list = KINDS.has(of.type.kind) ? facts.listOf(of) : [];
  if (list.length === 0) throw new AppError('POLICY_AGGREGATE_REFUSED', { function: fn, mode: 'dp', accepted }, place);
  return { kind: 'choice', of, list, where: [...(filter === null ? [] : [filter]), isNotNull(of)], type };
}

const accepted = 'mode(x) of a column with a public list of values, or ORDER BY count(*) DESC over its groups';
