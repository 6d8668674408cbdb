import { functionalText } from '../custody/functional.ts';
import { AppError } from '../errors.ts';
import type { CompiledQuery } from '../sql/compile.ts';
import type { Fraction } from '../sql/rewrite/fraction.ts';
import type { PrivateNumber } from '../sql/rewrite/private-layout.ts';
import type { Tail } from '../sql/uncertainty/released-ends.ts';
import { numberCell, type PrivateCell } from './private-values.ts';

/** How whoever the custodian sealed an answer for reads it: which numbers make which value. A fact of the query alone. */
export interface SealedReading {
  /** Per output column; null for a key of the groups, which is there to read. */
  readonly values: readonly (PrivateNumber | null)[];
  /** Of each opened number, in the custodian’s order, what it is and how much noise is in it. */
  readonly terms: readonly { readonly functional: string; readonly variance: Fraction }[];
}

const ACCEPTED =
  'groups with count, sum, avg, var_*, stddev_* of encrypted columns, as they are; or no key of one’s own';

/**
 * The reading of a query whose answer this side passes on unread.
 * @throws AppError POLICY_CONSTRUCT_REFUSED where something of the answer would have to be read here
 */
export function sealedReading({ decision, private: plan, finish, finishColumns }: CompiledQuery): SealedReading {
  const refused = (construct: string) =>
    new AppError('POLICY_CONSTRUCT_REFUSED', { construct, mode: decision.mode, accepted: ACCEPTED });
  const [boundary, ...others] = plan.boundaries;
  if (boundary?.kind !== 'sealed') throw refused('a sealed answer without encrypted columns');
  if (others.length > 0 || finish !== null) throw refused('what is computed, ordered or chosen from a sealed answer');
  const { keys, values, terms } = boundary.layout;
  return {
    values: finishColumns.map((column) => (values[column - keys.length] as PrivateNumber | undefined) ?? null),
    terms: terms.map((term) => {
      if (term.kind !== 'opened') throw refused('a sum over plain columns beside a sealed answer');
      return { functional: functionalText(term.functional), variance: term.variance };
    }),
  };
}

/** A value with its interval out of a group’s opened numbers; nothing where one of them is withheld. */
export function openedCell(
  value: PrivateNumber,
  terms: readonly Pick<SealedReading['terms'][number], 'variance'>[],
  numbers: readonly (bigint | null)[],
  draws = 1,
  tail: Tail = 'normal',
): PrivateCell {
  if (value.forms.flat().some(({ term }) => numbers[term] === null)) return WITHHELD;
  const noisy = numbers.map((number) => number ?? 0n);
  return numberCell(value, terms, noisy, draws, tail);
}

export const WITHHELD: PrivateCell = Object.freeze({ value: null, interval: null });
