/** What the check of a log finds. */

export type ProblemKind =
  | 'entry-changed'
  | 'entry-dropped'
  | 'entry-reordered'
  | 'leaf-changed'
  | 'tree-changed'
  | 'checkpoint-changed'
  | 'checkpoint-missing'
  | 'checkpoint-older'
  | 'unreadable';

/** The first thing that is wrong. */
export interface LogProblem {
  readonly what: ProblemKind;
  /** The first entry concerned, or the size of the tree head concerned. */
  readonly index: number;
  /** The last that it can be, where entry, leaf and tile were rewritten alike so that only a signature tells. */
  readonly indexMax: number;
}

/** Thrown inside a run to end it at the first problem. */
export class Found extends Error {
  readonly problem: LogProblem;
  constructor(what: ProblemKind, index: number, indexMax = index) {
    super(what);
    this.problem = { what, index, indexMax };
  }
}
