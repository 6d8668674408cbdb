import { OPENING_CHECKS, SET_CHECKS } from '../../gateway/custodian/opening-checks.ts';
import type { OpeningRequest } from '../../gateway/custodian/opening-request.ts';
import { BIG, type Ground, type GroundOptions } from './ground.ts';

/** What an attack ended with: the rule that the custodian names, and whether it got what it was after. */
export interface Outcome {
  readonly why: string | null;
  readonly got: boolean;
}
export interface Attack {
  readonly group: 'gateway' | 'adaptive' | 'ciphertext' | 'provider' | 'records';
  readonly name: string;
  /** The refusal that must be named. */
  readonly refusal: string;
  readonly ground?: GroundOptions;
  readonly run: (ground: Ground) => Promise<Outcome>;
  /** With the rule off, or the false part made true, the same must get what it is after: else the attack proves nothing. */
  readonly control: { readonly ground?: GroundOptions; readonly run?: (ground: Ground) => Promise<Outcome> };
}

export const from = (start: number, end: number) => Array.from({ length: end - start }, (_, at) => start + at);
/** People of one row each. */
export const others = (count: number, start = BIG) => from(start, start + count);
export const sumOf = (ground: Ground, rows: readonly number[]) =>
  rows.reduce((sum, row) => sum + ground.secret['paid']![row]!, 0n);
export const without = (name: string): GroundOptions => ({
  instead: { checks: OPENING_CHECKS.filter((one) => one.name !== name) },
});
export const withoutSet = (...names: string[]): GroundOptions => ({
  instead: { setChecks: SET_CHECKS.filter((one) => !names.includes(one.name)) },
});
export const statistic = (
  functional: OpeningRequest['statistics'][number]['functional'],
  part = 0,
  top = '1048576',
) => {
  return { part, functional, variance: { top, bottom: '1' } };
};

/** Noise enough for squares. */
export const LOUD = String(10n ** 16n);

/** Asks for the sum over some rows; has it where the answer is the sum. */
export async function single(
  ground: Ground,
  rows: readonly number[],
  change: Partial<OpeningRequest> = {},
): Promise<Outcome> {
  const { why, cells } = await ground.ask(ground.request([rows], change));
  return { why, got: cells[0]?.[0] === sumOf(ground, rows) };
}

/** Two answers, one less the other: what one person was paid. */
export async function difference(
  ground: Ground,
  [a, b]: readonly [readonly number[], readonly number[]],
  second: Partial<OpeningRequest> = {},
): Promise<Outcome> {
  const first = await ground.ask(ground.request([a]));
  const next = await ground.ask(ground.request([b], second));
  const [x, y] = [first.cells[0]?.[0], next.cells[0]?.[0]];
  const left = a.filter((row) => !b.includes(row));
  return {
    why: next.why ?? first.why,
    got: typeof x === 'bigint' && typeof y === 'bigint' && x - y === sumOf(ground, left),
  };
}

export const answered = async (told: Promise<{ why: string | null }>): Promise<Outcome> => {
  const { why } = await told;
  return { why, got: why === null };
};
