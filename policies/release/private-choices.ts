import { type ChoiceParameters, choiceLoss } from '../mechanisms/exponential-mechanism/exponential-mechanism.ts';
import { exactOfFraction } from '../sql/rewrite/fraction.ts';
import { largestOf } from '../sql/rewrite/privacy-split.ts';
import type { PrivateChoiceSpec } from '../sql/rewrite/private-layout.ts';
import type { Cell } from '../table-data.ts';
import type { PrivacyNoise } from './private-groups.ts';
import { readCounts } from './private-quantiles.ts';

/** What one choice may tell: as it is charged. */
export function choiceParameters(choice: PrivateChoiceSpec): ChoiceParameters {
  const [sensitivity] = largestOf(choice);
  return { epsilon: exactOfFraction(choice.epsilon), sensitivity, monotone: choice.monotone };
}

/**
 * One value of the public list, those of more rows with a larger chance; also where a group has no rows.
 *
 * Guarantee: ε of the choice in one group, with bounded range. Neighbouring, sensitivity: of each value's rows, private-bounding.ts. Cost: privacy-split.ts.
 * Limits, source: mechanisms/exponential-mechanism/PROOF.md.
 */
export function chosenValue(choice: PrivateChoiceSpec, counts: Cell, noise: PrivacyNoise): Cell {
  const rows = readCounts(counts);
  const utilities = choice.list.map((_, place) => rows.get(place) ?? 0n);
  return choice.list[noise.choose(utilities, choiceParameters(choice))]!;
}

/**
 * The first of several groups, in the order in which they are chosen, each among those that are left. `counts`: of every group of the public list.
 *
 * Guarantee: ε for each, with bounded range, as `chosenValue`; one after the other (mechanisms/exponential-mechanism/PROOF.md, "Several"). How many there are is public.
 */
export function firstChosen(choice: PrivateChoiceSpec, counts: readonly bigint[], first: number, noise: PrivacyNoise) {
  const left = [...counts.keys()];
  return Array.from({ length: Math.min(first, counts.length) }, () => {
    const utilities = left.map((group) => counts[group]!);
    return left.splice(noise.choose(utilities, choiceParameters(choice)), 1)[0]!;
  });
}

/** With 95%, what is chosen of so many candidates has at most so many rows fewer, of those that count, than the most frequent one. Public. */
export function rowsMissedMax(choice: PrivateChoiceSpec, candidates = choice.list.length): number {
  return Number(choiceLoss(candidates, choiceParameters(choice)));
}
