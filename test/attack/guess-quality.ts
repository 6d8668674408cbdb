import { sum, wilson } from './statistics.ts';

/** A share, an advantage or an area, with its 95 % interval. */
export interface Quality {
  readonly measured: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Accuracy of guesses beyond that of always saying what is more frequent: gains less losses, over the targets on which
 * the two differ. Interval: Newcombe 1998, method 10, from Wilson limits.
 */
export function advantageOverMajority(guesses: readonly boolean[], secrets: readonly boolean[]): Quality {
  const n = secrets.length;
  const majority = sum(secrets.map(Number)) * 2 > n;
  const gained = guesses.filter((guess, i) => guess !== majority && guess === secrets[i]).length;
  const lost = guesses.filter((guess, i) => guess !== majority && guess !== secrets[i]).length;
  const [gain, loss] = [shareOf(gained, n), shareOf(lost, n)];
  const measured = gain.measured - loss.measured;
  return {
    measured,
    lower: measured - Math.hypot(gain.measured - gain.lower, loss.upper - loss.measured),
    upper: measured + Math.hypot(gain.upper - gain.measured, loss.measured - loss.lower),
  };
}

/** Mean of the shares of true and of false secrets that are guessed. */
export function balancedAccuracy(guesses: readonly boolean[], secrets: readonly boolean[]): Quality {
  const [yes, no] = [true, false].map((kind) => {
    const of = guesses.filter((_, i) => secrets[i] === kind);
    return shareOf(of.filter((guess) => guess === kind).length, of.length);
  });
  const measured = (yes!.measured + no!.measured) / 2;
  return {
    measured,
    lower: measured - Math.hypot(yes!.measured - yes!.lower, no!.measured - no!.lower) / 2,
    upper: measured + Math.hypot(yes!.upper - yes!.measured, no!.upper - no!.measured) / 2,
  };
}

/** The share of trials that succeed. */
export function shareOf(successes: number, trials: number): Quality {
  return { measured: trials === 0 ? 0 : successes / trials, ...wilson(successes, trials) };
}
