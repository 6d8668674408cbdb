import { placeOf } from '../../errors.ts';
import type { Aggregate, ColumnId, Expr, NamedExpr, Offset } from '../plan.ts';
import { isCalendarPart } from './calendar.ts';
import { type Condition, conditionsOf } from './conditions.ts';
import { overRoots, type Raw, rootOf } from './raw.ts';
import { constructRefused } from './refusals.ts';

/**
 * An expression that rows of a unit were grouped apart by. WHY it is kept: `GROUP BY id, salary > 100` gives a person one
 * row or two, and how many rows there are beside how many persons tells for how many it is two.
 */
export interface Apart {
  readonly id: ColumnId;
  readonly at: Offset;
}

/** A stored or public column, a calendar part of one, or what a unit's rows add up to: no expression of the asker's. */
export function isAsStored(expr: Expr, raw: Raw): boolean {
  const isStored = (one: Expr) => one.kind === 'column' && conditionsOf([one], null, raw.conditions).length === 0;
  const through = overRoots(expr, raw);
  if (conditionsOf([expr], null, raw.conditions).length > 0) return false;
  return isStored(through) || isCalendarPart(through, isStored);
}

/** The keys of a grouping per unit that tell rows of one unit apart by more than stored columns. */
export function apartBy(keys: readonly NamedExpr[], input: Raw): readonly Apart[] {
  return keys.filter(({ expr }) => !isAsStored(expr, input)).map(({ id, expr }) => ({ id, at: expr.at }));
}

/**
 * The conditions that the number of rows per unit depends on, but for those that `keys` hold fixed.
 * @throws AppError POLICY_CONSTRUCT_REFUSED where no condition says what the rows are apart by
 */
export function conditionsApart(raw: Raw, keys: Aggregate['keys'], text: string): readonly Condition[] {
  const fixed = new Set(keys.flatMap(({ expr }) => (expr.kind === 'column' ? [rootOf(raw.alias, expr.id)] : [])));
  return raw.apart
    .filter(({ id }) => !fixed.has(rootOf(raw.alias, id)))
    .flatMap(({ id, at }) => {
      const known = raw.conditions.get(id) ?? [];
      if (known.length > 0) return known;
      throw constructRefused(
        'rows of one unit grouped apart by an expression',
        'the same expression as a key of the outer GROUP BY, or a stored column',
        placeOf(text, at),
      );
    });
}
