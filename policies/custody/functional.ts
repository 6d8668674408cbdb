import { floorOf } from '../sql/rewrite/range-arithmetic.ts';

/**
 * What is summed over a set of rows and opened, in whole numbers: constant + Σ weight · column (or its square), where a column counts in
 * units of its own 10^−scale. Whole numbers as text.
 */
export interface Functional {
  /** Once for each row of the set: a number of rows where nothing else is weighted. */
  readonly constant: string;
  /** Each column, and each square, at most once. */
  readonly weights: readonly FunctionalWeight[];
}
export interface FunctionalWeight {
  readonly column: string;
  readonly of: 'value' | 'square';
  readonly weight: string;
}

export interface WholeRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** A number of rows. */
export const ROWS: Functional = Object.freeze({ constant: '1', weights: Object.freeze([]) });

/**
 * Between which whole numbers the functional of one row lies, for every content of its columns within their bounds. Exact: a column's
 * value and its square are taken together, as the parabola that they are.
 */
export function functionalRange(
  { constant, weights }: Functional,
  rangeOf: (column: string) => WholeRange,
): WholeRange {
  const columns = [...new Set(weights.map(({ column }) => column))];
  const start = { min: BigInt(constant), max: BigInt(constant) };
  return columns.reduce((sum, column) => {
    const weightOf = (of: FunctionalWeight['of']) =>
      BigInt(weights.find((one) => one.column === column && one.of === of)?.weight ?? 0);
    const { min, max } = parabolaRange(weightOf('square'), weightOf('value'), rangeOf(column));
    return { min: sum.min + min, max: sum.max + max };
  }, start);
}

/** The most that one row adds, in size. */
export function functionalSize(functional: Functional, rangeOf: (column: string) => WholeRange): bigint {
  const { min, max } = functionalRange(functional, rangeOf);
  return largest([-min, max]);
}

/** Of a·x² + b·x over the whole numbers of a range: at its ends, or beside its turning point. */
function parabolaRange(a: bigint, b: bigint, { min, max }: WholeRange): WholeRange {
  const turn = a === 0n ? [] : turningPoints(a, b).filter((x) => x > min && x < max);
  const values = [min, max, ...turn].map((x) => a * x * x + b * x);
  return { min: -largest(values.map((value) => -value)), max: largest(values) };
}

function largest(values: readonly bigint[]): bigint {
  const [first = 0n] = values.toSorted((a, b) => Number(b > a) - Number(b < a));
  return first;
}

/** The whole numbers on both sides of −b / 2a. */
function turningPoints(a: bigint, b: bigint): readonly bigint[] {
  const below = a > 0n ? floorOf(-b, 2n * a) : floorOf(b, -2n * a);
  return [below, below + 1n];
}

/** Functionals of equal text are the same. */
export function functionalText({ constant, weights }: Functional): string {
  const terms = weights.map(({ column, of, weight }) => `${weight}*${column}${of === 'square' ? '^2' : ''}`);
  return [constant, ...terms.sort()].join(' + ');
}
