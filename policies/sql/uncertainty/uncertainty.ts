import { passedColumns } from '../passed-columns.ts';
import { columnsOf, type Rel } from '../plan.ts';
import { idsAbove, named, refTo } from '../rewrite/build.ts';
import type { Boundary } from '../rewrite.ts';
import type { WithEnds } from './inputs.ts';
import { withEnds } from './interval-rel.ts';
import { noisyColumns } from './noisy-columns.ts';
import { type Draws, EndsRead, type ReleasedEnds } from './released-ends.ts';

/** What an answer's columns say of themselves in mode `dp`. */
export type Certainty =
  /** Noise has no part in it. */
  | 'exact'
  /** Each value has its interval, where anything bounds it. */
  | 'stated'
  /** Noise has a part in it, and no interval: it is no number, or a function of noisy numbers that has none here. */
  | 'unknown';

/** How far an answer may be off: what `finish` works out beside its values. */
export interface Uncertainty {
  /** The finish; behind its columns stand the ends of those that are `stated`, a low and a high for each, in order. */
  readonly finish: Rel;
  readonly certainty: readonly Certainty[];
  /** One for each column that is `stated`. */
  readonly stated: readonly Stated[];
}
export interface Stated {
  readonly draws: Draws;
  readonly reads: readonly ReleasedEnds[];
}

/**
 * 95% intervals of what is computed above the release: ratios, rounding, sums over groups, and what HAVING, ORDER BY and LIMIT have left.
 * Ends of the released numbers go through the same plan, beside them, so that each row has its own.
 *
 * Coverage: each interval by itself holds what the finish would make of its row without noise, with 95% over the noise: all the draws it stands on are within
 * their ends at once (Bonferroni), and interval arithmetic keeps what is within. Limits: intervals of an answer do not hold all at once, and say nothing of which rows noise chose.
 */
export function uncertaintyOf(finish: Rel, boundaries: readonly Boundary[]): Uncertainty {
  const noisy = noisyColumns(finish, boundaries);
  const outputs = columnsOf(finish);
  const ids = idsAbove(finish);
  const made: Stated[] = [];
  const ends: WithEnds['ends'][] = [];
  let rel = finish;
  const certainty = outputs.map(({ id }): Certainty => {
    if (!noisy.has(id)) return 'exact';
    const read = new EndsRead(
      boundaries,
      made.flatMap(({ reads }) => reads),
      ids,
    );
    const lifted = withEnds(rel, id, { tail: 'normal', rows: 'one' }, { boundaries, noisy, read, ids, withEnds });
    if (lifted === null) return 'unknown';
    rel = lifted.rel;
    ends.push(lifted.ends);
    made.push({ draws: read.draws(), reads: read.all });
    return 'stated';
  });
  if (ends.length === 0 || passedColumns(finish) !== null) return { finish, certainty, stated: [] };
  const columns = [
    ...outputs.map((column) => named(column.id, column.name, refTo(column))),
    ...ends.flatMap(({ low, high }) => [low, high]).map((end, at) => named(ids.next(), `end${at}`, end)),
  ];
  return { finish: { kind: 'project', input: rel, columns }, certainty, stated: made };
}
