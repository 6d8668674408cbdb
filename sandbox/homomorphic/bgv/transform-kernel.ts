import { type Code, f64x2, get, i32, set, upTo, VECTOR, v128, WORD, wasmModule } from '../wasm/wasm-code.ts';

/**
 * The inner loops of the transform of a polynomial to its values at the roots of X^n + 1 modulo a prime (Longa and Naehrig, CANS 2016,
 * algorithm 1), two numbers at a time in doubles, which hold whole numbers below 2^53 exactly. y·w modulo p is (h − c·p) − (h − y·w) for
 * h ≈ y·w and c ≈ y·w/p: both differences are whole numbers of fewer than 53 bits, and exact (PROOF.md).
 */
export interface TransformKernel {
  /**
   * One level, of pairs `gap` bytes apart, two numbers at least: `values` up to `end` in place. `roots`: of each stretch of 2·gap its root
   * w and w/prime.
   */
  level(values: number, end: number, gap: number, roots: number, prime: number): void;
  /** The last level, of neighbours. */
  lastLevel(values: number, end: number, roots: number, prime: number): void;
  /** Whole numbers below 2^50 in size into their residues, as words, in place. */
  residues(values: number, end: number, prime: number, inverse: number): void;
}

/** @param isFused whether the processor rounds c − a·b once */
export function openTransformKernel(memory: WebAssembly.Memory, isFused = IS_FUSED): TransformKernel {
  const kernel = isFused ? FUSED : NOT_FUSED;
  return new WebAssembly.Instance(kernel, { host: { memory } }).exports as TransformKernel;
}

/** c − a · b, where that is a whole number that a double holds, in code for three locals. */
type Remainder = (c: number, a: number, b: number) => Code;

const fused: Remainder = (c, a, b) => f64x2.minusProduct(get(c), get(a), get(b));

const HALVES = [0, 1, 2, 3, 4] as const;

/** In two halves of a double each, whose products are exact (Dekker, Numerische Mathematik 18, 1971). `spare`: the first of five locals. */
function halved(spare: number): Remainder {
  const [aHigh, aLow, bHigh, bLow, product] = HALVES.map((at) => spare + at) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const halve = (of: number, high: number, low: number): Code => [
    ...set(low, f64x2.multiply(get(of), f64x2.of(2 ** 27 + 1))),
    ...set(high, f64x2.subtract(get(low), f64x2.subtract(get(low), get(of)))),
    ...set(low, f64x2.subtract(get(of), get(high))),
  ];
  const times = (one: number, other: number): Code => f64x2.multiply(get(one), get(other));
  const { add, subtract } = f64x2;
  const error = add(
    add(add(subtract(times(aHigh, bHigh), get(product)), times(aHigh, bLow)), times(aLow, bHigh)),
    times(aLow, bLow),
  );
  return (c, a, b) => [
    ...halve(a, aHigh, aLow),
    ...halve(b, bHigh, bLow),
    ...set(product, times(a, b)),
    ...subtract(subtract(get(c), get(product)), error),
  ];
}

const [VALUES, END, GAP, ROOTS, PRIME_OF_LEVEL, AT, STOP] = [0, 1, 2, 3, 4, 5, 6] as const;
const PRIME_OF_LAST = 3;
const [ROOT, QUOTIENT, PRIME, U, Y, HIGH, MULTIPLE, SPARE] = [7, 8, 9, 10, 11, 12, 13, 14] as const;
const VECTORS = [ROOT, QUOTIENT, PRIME, U, Y, HIGH, MULTIPLE, ...HALVES].map(() => 'v128' as const);

/** Y becomes its product with the root. */
const multiplied = (remainder: Remainder): Code => [
  ...set(HIGH, f64x2.multiply(get(Y), get(ROOT))),
  ...set(MULTIPLE, f64x2.nearest(f64x2.multiply(get(Y), get(QUOTIENT)))),
  ...set(Y, f64x2.subtract(remainder(HIGH, MULTIPLE, PRIME), remainder(HIGH, Y, ROOT))),
];

function level(remainder: Remainder) {
  const other = i32.add(get(AT), get(GAP));
  return {
    parameters: ['i32', 'i32', 'i32', 'i32', 'f64'],
    locals: ['i32', 'i32', ...VECTORS],
    body: [
      ...set(PRIME, f64x2.same(get(PRIME_OF_LEVEL))),
      ...upTo(VALUES, get(END), i32.shl(get(GAP), i32.of(1)), [
        ...set(ROOT, v128.loadSame(get(ROOTS))),
        ...set(QUOTIENT, v128.loadSame(get(ROOTS), WORD)),
        ...set(ROOTS, i32.add(get(ROOTS), i32.of(2 * WORD))),
        ...set(STOP, i32.add(get(VALUES), get(GAP))),
        ...set(AT, get(VALUES)),
        ...upTo(AT, get(STOP), VECTOR, [
          ...set(U, v128.load(get(AT))),
          ...set(Y, v128.load(other)),
          ...multiplied(remainder),
          ...v128.store(get(AT), f64x2.add(get(U), get(Y))),
          ...v128.store(other, f64x2.subtract(get(U), get(Y))),
        ]),
      ]),
    ],
  } as const;
}

function lastLevel(remainder: Remainder) {
  const [first, last] = [HIGH, MULTIPLE] as const;
  const both = (at: Code): Code => [...set(first, v128.load(at)), ...set(last, v128.load(at, VECTOR))];
  const [firsts, lasts] = [v128.firstWords(get(first), get(last)), v128.lastWords(get(first), get(last))];
  const roots = 2;
  return {
    parameters: ['i32', 'i32', 'i32', 'f64'],
    locals: ['i32', 'i32', 'i32', ...VECTORS],
    body: [
      ...set(PRIME, f64x2.same(get(PRIME_OF_LAST))),
      ...upTo(VALUES, get(END), 2 * VECTOR, [
        ...both(get(roots)),
        ...set(ROOT, firsts),
        ...set(QUOTIENT, lasts),
        ...set(roots, i32.add(get(roots), i32.of(2 * VECTOR))),
        ...both(get(VALUES)),
        ...set(U, firsts),
        ...set(Y, lasts),
        ...multiplied(remainder),
        ...set(first, f64x2.add(get(U), get(Y))),
        ...set(last, f64x2.subtract(get(U), get(Y))),
        ...v128.store(get(VALUES), firsts),
        ...v128.store(get(VALUES), lasts, VECTOR),
      ]),
    ],
  } as const;
}

/** WHY 2^52: the bits of a whole number below it stand alone at the end of the double of their sum. */
function residues() {
  const [values, end, primeOf, inverseOf, value, prime, inverse] = [0, 1, 2, 3, 4, 5, 6] as const;
  const multiple = f64x2.nearest(f64x2.multiply(get(value), get(inverse)));
  const missing = v128.and(get(prime), f64x2.less(get(value), f64x2.of(0)));
  return {
    parameters: ['i32', 'i32', 'f64', 'f64'],
    locals: ['v128', 'v128', 'v128'],
    body: [
      ...set(prime, f64x2.same(get(primeOf))),
      ...set(inverse, f64x2.same(get(inverseOf))),
      ...upTo(values, get(end), VECTOR, [
        ...set(value, v128.load(get(values))),
        ...set(value, f64x2.subtract(get(value), f64x2.multiply(multiple, get(prime)))),
        ...set(value, f64x2.add(f64x2.add(get(value), missing), f64x2.of(2 ** 52))),
        ...v128.store(get(values), v128.and(get(value), v128.words(2n ** 52n - 1n))),
      ]),
    ],
  } as const;
}

const FUSED = wasmModule({ level: level(fused), lastLevel: lastLevel(fused), residues: residues() });
const NOT_FUSED = wasmModule({
  level: level(halved(SPARE)),
  lastLevel: lastLevel(halved(SPARE)),
  residues: residues(),
});

/** Whether 1 is lost of (2^27 + 1)² = 2^54 + 2^28 + 1, which has more bits than a double. */
function isFused(): boolean {
  const probe = {
    parameters: ['i32'],
    locals: [],
    body: v128.store(
      get(0),
      f64x2.minusProduct(v128.load(get(0)), v128.load(get(0), VECTOR), v128.load(get(0), VECTOR)),
    ),
  } as const;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  const numbers = new Float64Array(memory.buffer);
  numbers.fill(2 ** 54 + 2 ** 28, 0, 2).fill(2 ** 27 + 1, 2, 4);
  const { exports } = new WebAssembly.Instance(wasmModule({ probe }), { host: { memory } });
  (exports as { probe(at: number): void }).probe(0);
  return numbers[0] === -1;
}

const IS_FUSED = isFused();
