import type { LogProblem } from '../../gateway/audit/index.ts';

/** One thing that someone could do to a log, and what the check says of it. */
export interface Alteration {
  readonly what: string;
  /** The entry that it concerns, where one does: the check has to name it. */
  readonly entry: number | null;
}

/** How many alterations of a kind there were, and which of them the check did not see. */
export interface Tally {
  readonly part: string;
  changes: number;
  /** Seen neither by the check nor against the checkpoint that an office keeps. */
  readonly undetected: string[];
  /** Seen only against a kept checkpoint: the log as it once was. */
  setBack: number;
  /** Seen, and another entry was blamed. */
  readonly misplaced: string[];
}

export function newTally(part: string): Tally {
  return { part, changes: 0, undetected: [], setBack: 0, misplaced: [] };
}

/** What a check says: whether all is well, and else where it is not. */
export type Check = (withKnown: boolean) => {
  readonly isIntact: boolean;
  readonly problem: Pick<LogProblem, 'index' | 'indexMax'> | null;
};

/** @param check the offline check, with or without the checkpoint that an office keeps. */
export function judge(tally: Tally, { what, entry }: Alteration, check: Check): void {
  tally.changes += 1;
  const { isIntact, problem } = check(false);
  if (isIntact) {
    if (check(true).isIntact) tally.undetected.push(what);
    else tally.setBack += 1;
    return;
  }
  const isNamed = entry === null || (problem !== null && problem.index <= entry && entry <= problem.indexMax);
  if (!isNamed) tally.misplaced.push(`${what}: ${JSON.stringify(problem)}`);
}

/** The bytes with one of them changed. */
export function withByteChanged(bytes: Uint8Array, at: number, by: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ (1 + (by % 255));
  return changed;
}

/** Every step-th number below the end, beginning anywhere: all of them at step 1. */
export function* every(step: number, end: number): Generator<number> {
  for (let i = step === 1 ? 0 : step % 7; i < end; i += step) yield i;
}
