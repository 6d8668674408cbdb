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

/** With 95%, the chosen value has at most so many rows fewer, of those that count, than the most frequent one. Public. */
export function rowsMissedMax(choice: PrivateChoiceSpec): number {
  return Number(choiceLoss(choice.list.length, choiceParameters(choice)));
}
