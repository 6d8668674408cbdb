import { asheSquareColumns } from '#policies/stored-tables';

/**
 * Encrypted sums as the engine computes them over the stored words: `sum` of BIGINT is a HUGEINT, exact up to 2^63 rows. The
 * ring's reduction is left to who opens. Unsigned words of a former layout add up to the same number of the ring.
 */
export interface AsheSumSql {
  /** Aggregates, in the order that `sumOfWords` takes them. */
  readonly words: readonly string[];
}

/** The aggregates of one column. */
export function asheSumSql(name: string, of: 'value' | 'square', quote: (name: string) => string): AsheSumSql {
  const columns = of === 'value' ? [name] : asheSquareColumns(name);
  return { words: columns.map((column) => `sum(${quote(column)})`) };
}

/** The sum in the ring, before reduction. */
export function sumOfWords([low = 0n, high = 0n]: readonly bigint[]): bigint {
  return low + (high << 64n);
}
