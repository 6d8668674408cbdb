import type { Failure } from './fuzz.ts';

/**
 * What the fuzzer has found and the product does not do right yet. Each is asserted to fail still, so that its entry goes
 * the day it is repaired; the long run counts them like any other failure.
 */
export interface KnownFailure {
  readonly name: string;
  readonly example: string;
  readonly kind: Failure['kind'];
  readonly isLike: (failure: Failure) => boolean;
}

export const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    name: 'groups counted without a column of theirs: the table between the steps has no columns, and the engine fails',
    example: 'SELECT count(*) FROM (SELECT sum(age) AS a FROM person) w',
    kind: 'crash',
    isLike: ({ kind, what }) => kind === 'crash' && /at least one column|SANDBOX_FAILED/.test(what),
  },
  {
    name: 'a sum of a constant over no rows, or of NULL, is 0',
    example: 'SELECT city, sum(NULL) AS a FROM person GROUP BY city',
    kind: 'mismatch',
    isLike: ({ kind, sql }) => kind === 'mismatch' && /sum\s*\(\s*\(?\s*(NULL|\d)/i.test(sql),
  },
  {
    name: 'what small groups are gathered into shows as a group of its own beside a group of NULL: a row of zeros',
    example: 'SELECT dept, count(*) AS n, sum(fee) AS s FROM visit GROUP BY dept',
    kind: 'mismatch',
    isLike: ({ kind, sql }) =>
      kind === 'mismatch' && /\bdept\b/i.test(sql) && /\b(sum|avg|count|corr|var_|stddev|regr|covar)/i.test(sql),
  },
  {
    name: 'count_if over no rows is 0, where DuckDB says NULL',
    example: 'SELECT k, count_if(n < 0) FILTER (WHERE false) AS c FROM pub GROUP BY k',
    kind: 'mismatch',
    isLike: ({ kind, sql }) => kind === 'mismatch' && /\bcount_?if\b/i.test(sql),
  },
];
