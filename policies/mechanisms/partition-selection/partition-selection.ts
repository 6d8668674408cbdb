import { pureRho } from '../../accounting/zcdp.ts';
import { assert } from '../../errors.ts';
import { divideUp, expMinus } from '../exact-sampling/certified-exp.ts';
import type { RandomSource } from '../exact-sampling/random-source.ts';
import { squareRoot } from '../exact-sampling/square-root.ts';
import { type Exact, times } from '../suppression/exact.ts';

/** What selecting one group may cost. */
export interface SelectionParameters {
  readonly epsilon: Exact;
  readonly delta: Exact;
  /** Groups with fewer units than this never show, whatever chance says. 1: no such threshold. */
  readonly unitsMin: number;
}

const CHANCE_BITS = 128;
const ONE = 1n << BigInt(CHANCE_BITS);
/** ε ≥ 2^−10: the table of chances has a few ten thousand entries at most. */
const EPSILON_MIN: Exact = { top: 1n, bottom: 1024n };
const EPSILON_MAX = 32n;

/**
 * Which groups exist: a group is kept with a chance that depends on its number of distinct units, the largest chance that
 * privacy admits. For keys that are not public; over declared keys nothing is selected.
 *
 * Guarantee: (ε, δ)-differential privacy of one group's being kept, so δ-approximate ε²/2-zCDP. Neighbouring: one privacy unit more or less.
 * Sensitivity: the number of units of a group changes by one; of a unit's groups, at most `groupsMax` count (`perGroup`). Cost:
 * `selectionRho`, and δ for each of them. The hard threshold costs nothing. Limits: 2^−10 ≤ ε ≤ 32; 2^−120 ≤ δ < 1.
 * Source: Desfontaines, Voss, Gipson and Mandayam, Differentially Private Partition Selection (PETS 2022), Theorem 1. Integers: PROOF.md.
 */
export class PartitionSelection {
  readonly #chances: readonly bigint[];
  readonly #unitsMin: number;

  constructor({ epsilon, delta, unitsMin }: SelectionParameters) {
    assert(Number.isSafeInteger(unitsMin) && unitsMin >= 1, 'a threshold is a number of units');
    this.#chances = chancesOf(epsilon, delta);
    this.#unitsMin = unitsMin;
  }

  /** The chance of a group of so many units, in units of 2^−128. */
  chance(units: number): bigint {
    assert(Number.isSafeInteger(units) && units >= 0, 'units are counted');
    const counted = Math.max(0, units - this.#unitsMin + 1);
    return this.#chances[counted] ?? ONE;
  }

  /** From so many units on a group is always kept. */
  get sureFrom(): number {
    return this.#chances.length + this.#unitsMin - 1;
  }

  /** Draws whether a group is kept. WHY for every group, also where the chance is 0 or 1: all take the same time. */
  keeps(source: RandomSource, units: number): boolean {
    return source.bits(CHANCE_BITS) < this.chance(units);
  }
}

/** ε and δ of one group, so that a unit in `groupsMax` groups costs `rho` and `delta` at most in all. */
export function perGroup(rho: Exact, delta: Exact, groupsMax: number): Pick<SelectionParameters, 'epsilon' | 'delta'> {
  assert(Number.isSafeInteger(groupsMax) && groupsMax >= 1, 'a unit is in some group');
  const groups = BigInt(groupsMax);
  const precision = 40n;
  const root = squareRoot({ top: (2n * rho.top) << (2n * precision), bottom: rho.bottom * groups });
  return { epsilon: { top: root, bottom: 1n << precision }, delta: { top: delta.top, bottom: delta.bottom * groups } };
}

/** ρ of a unit that is in `groupsMax` groups, each selected with `epsilon`. δ adds up likewise. */
export function selectionRho(epsilon: Exact, groupsMax: number): Exact {
  return times(pureRho(epsilon), { top: BigInt(groupsMax), bottom: 1n });
}

/**
 * Chances of 0, 1, 2 … units, up to the last below 1: each the largest that (ε, δ) admits after the one before, rounded down.
 * INVARIANT: p' ≤ E·p + D and 1 − p ≤ E·(1 − p') + D for whole numbers E ≤ e^ε, D ≤ δ, so rounding is on the safe side.
 */
function chancesOf(epsilon: Exact, delta: Exact): readonly bigint[] {
  assert(epsilon.top * EPSILON_MIN.bottom >= EPSILON_MIN.top * epsilon.bottom, 'ε is not too small for a table');
  assert(epsilon.top <= EPSILON_MAX * epsilon.bottom, 'ε is not too large to protect');
  const slack = (delta.top << BigInt(CHANCE_BITS)) / delta.bottom;
  assert(slack >= 2n ** 8n && slack < ONE, 'δ is above 2^−120 and below 1');
  const factor = (ONE * ONE) / expMinus(epsilon, CHANCE_BITS).high;
  const chances: bigint[] = [];
  for (let chance = 0n; chance < ONE; chance = nextChance(chance, factor, slack)) chances.push(chance);
  return chances;
}

function nextChance(chance: bigint, factor: bigint, slack: bigint): bigint {
  const grown = ((factor * chance) >> BigInt(CHANCE_BITS)) + slack;
  const missing = ONE - chance - slack;
  const held = missing > 0n ? ONE - divideUp(missing << BigInt(CHANCE_BITS), factor) : ONE;
  return grown < held ? grown : held;
}
