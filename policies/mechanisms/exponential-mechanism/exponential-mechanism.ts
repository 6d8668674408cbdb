import { assert } from '../../errors.ts';
import { CertifiedChoice } from '../exact-sampling/certified-choice.ts';
import { expMinus } from '../exact-sampling/certified-exp.ts';
import type { RandomSource } from '../exact-sampling/random-source.ts';
import { type Exact, times } from '../suppression/exact.ts';

/** What a choice may tell. Public. */
export interface ChoiceParameters {
  readonly epsilon: Exact;
  /** Most that one unit changes the utility of any one candidate by (L∞ for counts, however many of them it changes). */
  readonly sensitivity: bigint;
  /**
   * Whether adding a unit changes all utilities in one direction, or not at all, as counts and sums of one sign do. Then a
   * choice is twice as sharp for the same cost.
   */
  readonly monotone: boolean;
}

/**
 * Chooses one of a public list: candidate i with probability ∝ e^{η·u_i}, exactly; η = ε/Δ if monotone, ε/2Δ otherwise.
 *
 * Guarantee: ε-differential privacy, with bounded range, so ε²/8-zCDP (`choiceRho`). Neighbouring: one privacy unit more or less.
 * Sensitivity: of each candidate's utility, `sensitivity`. Cost: `choiceRho`. Limits: the list must not depend on the data; time depends
 * on the utilities (an exponential of each), so the answer has to leave on the release clock.
 * Source: McSherry and Talwar (FOCS 2007); Durfee and Rogers (NeurIPS 2019) for bounded range; Cesar and Rogers (ALT 2021) for ε²/8;
 * Ilvento (CCS 2020) for why probabilities must be exact. Proof: PROOF.md.
 */
export function chooseOne(source: RandomSource, utilities: readonly bigint[], parameters: ChoiceParameters): number {
  assert(utilities.length > 0, 'there is something to choose');
  const rate = rateOf(parameters);
  let best = utilities[0]!;
  for (const utility of utilities) if (utility > best) best = utility;
  const exponents = utilities.map((utility) => times(rate, { top: best - utility, bottom: 1n }));
  const weigh = (bits: number) => {
    const fine = bits + utilities.length.toString(2).length + 1;
    return { weights: exponents.map((exponent) => expMinus(exponent, fine)), beyond: 0n };
  };
  return new CertifiedChoice(weigh).choose(source);
}

/** The first `count` of a public list, in order, one choice after the other; costs `count` times `choiceRho`. */
export function chooseTop(
  source: RandomSource,
  utilities: readonly bigint[],
  count: number,
  parameters: ChoiceParameters,
): readonly number[] {
  assert(Number.isSafeInteger(count) && count >= 0 && count <= utilities.length, 'so many can be chosen');
  const left = utilities.map((_, candidate) => candidate);
  return Array.from({ length: count }, () => {
    const remaining = left.map((candidate) => utilities[candidate]!);
    return left.splice(chooseOne(source, remaining, parameters), 1)[0]!;
  });
}

/** ρ of one choice: ε²/8. A unit that counts in several groups pays it in each. */
export function choiceRho(epsilon: Exact): Exact {
  return times({ top: 1n, bottom: 8n }, times(epsilon, epsilon));
}

/**
 * With 95%, the chosen candidate's utility is at most this far below the best: ln(20·candidates)/η, rounded up. Public.
 */
export function choiceLoss(candidates: number, parameters: ChoiceParameters): bigint {
  assert(Number.isSafeInteger(candidates) && candidates >= 1, 'there is something to choose');
  const { top, bottom } = rateOf(parameters);
  const millionths = BigInt(Math.ceil(Math.log(20 * candidates) * 1e6) + 1);
  const scale = 1_000_000n * top;
  return (millionths * bottom + scale - 1n) / scale;
}

function rateOf({ epsilon, sensitivity, monotone }: ChoiceParameters): Exact {
  assert(epsilon.top > 0n && epsilon.bottom > 0n && sensitivity > 0n, 'ε and sensitivity are positive');
  return { top: epsilon.top, bottom: epsilon.bottom * sensitivity * (monotone ? 1n : 2n) };
}
