import type { Comparison, LookupInterface, Scale, Verification } from './lookup-interface.ts';

/** What leaves: a word, and of a band the codes of the features that cost it most. */
export interface LookupAnswer {
  readonly answer: string;
  readonly reasons: readonly string[];
}

/** About a subject that is not known, and about any that may not be asked about: one value, so that they cannot differ. */
export const UNKNOWN: LookupAnswer = Object.freeze({ answer: 'unknown', reasons: Object.freeze([]) });

/**
 * The answer of raw numbers. Guarantee: one of the words that are registered; nothing of a value but which of its registered steps it is in.
 *
 * @param found rows of the register that are the subject's and everybody's who consents.
 * @param values of the features, in their order; null where there is none.
 */
export function lookupAnswer(
  { features, answer }: Pick<LookupInterface, 'features' | 'answer'>,
  found: bigint,
  values: readonly (number | null)[],
): LookupAnswer {
  if (found === 0n) return UNKNOWN;
  const byCode = new Map(features.map(({ code }, index) => [code, values[index] ?? null]));
  return answer.mode === 'verify' ? verified(answer, byCode) : bandOf(answer, byCode);
}

function verified({ holds }: Verification, values: ReadonlyMap<string, number | null>): LookupAnswer {
  const compared = holds.map(({ feature, op, value }) => {
    const found = values.get(feature) ?? null;
    return found === null ? null : compare(found, op, value);
  });
  if (compared.includes(null)) return UNKNOWN;
  return { answer: compared.every((one) => one === true) ? 'yes' : 'no', reasons: [] };
}

function compare(a: number, op: Comparison, b: number): boolean {
  switch (op) {
    case '=':
      return a === b;
    case '<>':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

/** The band of a sum of points, and what cost most of them. */
export function bandOf({ points, bands, reasonsMax }: Scale, values: ReadonlyMap<string, number | null>): LookupAnswer {
  const scored = points.map(({ feature, steps, none }) => {
    const value = values.get(feature) ?? null;
    const got = value === null ? none : (steps.findLast(({ from }) => from === null || from <= value)?.points ?? none);
    return { feature, got, lost: Math.max(none, ...steps.map((step) => step.points)) - got };
  });
  const score = scored.reduce((sum, { got }) => sum + got, 0);
  const costly = scored
    .filter(({ lost }) => lost > 0)
    .toSorted((a, b) => b.lost - a.lost || byName(a.feature, b.feature));
  const band = bands.find(({ from }) => from === null || score >= from);
  return {
    answer: band?.label ?? UNKNOWN.answer,
    reasons: costly.slice(0, reasonsMax).map(({ feature }) => feature),
  };
}

const byName = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
