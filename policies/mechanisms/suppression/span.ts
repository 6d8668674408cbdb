/**
 * Whether a vector is a linear combination of others, and of which. Over the integers modulo a prime: a combination with
 * rational factors is one there, too, unless the prime divides a denominator; what is one there only, by chance of about
 * 2⁻²⁶, is taken for one.
 */

/** The largest prime below 2²⁶: products of two remainders are exact in doubles. */
const PRIME = 67_108_859;

/** Whole numbers, all vectors of one length. */
export type Vector = Float64Array;

/** All linear combinations of some vectors. */
export class Span {
  private readonly basis: Row[] = [];

  constructor(vectors: readonly Vector[]) {
    for (const [position, vector] of vectors.entries()) {
      const row = this.reduced(rowOf(vector, new Map([[position, 1]])));
      const lead = row.entries.findIndex((entry) => entry !== 0);
      if (lead !== -1) this.basis.push({ ...scaled(row, inverse(row.entries[lead]!)), lead });
    }
  }

  /** @returns positions of the vectors that make it up, none for the zero vector; null where it is no combination */
  combinationOf(target: Vector): readonly number[] | null {
    const rest = this.reduced(rowOf(target, new Map()));
    if (rest.entries.some((entry) => entry !== 0)) return null;
    const needed = [...rest.factors].filter(([, factor]) => factor !== 0).map(([position]) => position);
    return needed.sort((a, b) => a - b);
  }

  private reduced(row: Row): Row {
    return this.basis.reduce((rest, known) => {
      const factor = rest.entries[known.lead]!;
      return factor === 0 ? rest : minusTimes(rest, known, factor);
    }, row);
  }
}

interface Row {
  readonly entries: Vector;
  /** By position: what it is made of. */
  readonly factors: ReadonlyMap<number, number>;
  /** The first entry that is not zero; it is one. */
  readonly lead: number;
}

const modulo = (value: number): number => ((value % PRIME) + PRIME) % PRIME;

function rowOf(vector: Vector, factors: Row['factors']): Row {
  return { entries: vector.map(modulo), factors, lead: -1 };
}

function minusTimes(row: Row, other: Row, factor: number): Row {
  const entries = row.entries.map((entry, at) => modulo(entry - modulo(other.entries[at]! * factor)));
  const factors = new Map(row.factors);
  for (const [position, part] of other.factors)
    factors.set(position, modulo((factors.get(position) ?? 0) - modulo(part * factor)));
  return { entries, factors, lead: -1 };
}

function scaled(row: Row, factor: number): Row {
  const factors = [...row.factors].map(([position, part]) => [position, modulo(part * factor)] as const);
  return { entries: row.entries.map((entry) => modulo(entry * factor)), factors: new Map(factors), lead: -1 };
}

/** By Fermat: `value ^ (PRIME − 2)`. */
function inverse(value: number): number {
  let [power, result] = [value, 1];
  for (let rest = PRIME - 2; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = modulo(result * power);
    power = modulo(power * power);
  }
  return result;
}
