import { type Code, get, i32, i64, set, untilZero, upTo, WORD, wasmModule } from '../wasm/wasm-code.ts';

/** Adds up the pads of the rows of a set: the inner loop of opening. Numbers wrap around at 2^64 by themselves, as the ring does. */
export interface PadKernel {
  /** `bits` up to `end`: rows of the set, 64 a word, as `RowSet` has them. `pads`: of the same rows, a word each. Adds to the word at `sum`. */
  addValues(bits: number, end: number, pads: number, sum: number): void;
  /** Of pads of two words, low and high; to two words at `sum`. */
  addSquares(bits: number, end: number, pads: number, sum: number): void;
}

export function openPadKernel(memory: WebAssembly.Memory): PadKernel {
  return new WebAssembly.Instance(KERNEL, { host: { memory } }).exports as PadKernel;
}

const ROWS_PER_WORD = 64;
const [BITS, END, PADS, SUM, AT] = [0, 1, 2, 3, 4] as const;
const [REST, LOW, HIGH, PAD] = [5, 6, 7, 8] as const;

/** WHY exclusive or 7: a word is read with its first byte lowest, and in a byte the first row is the highest bit. */
function addRows(rowBytesLog2: number, add: Code) {
  const row = i32.xor(i64.toI32(i64.trailingZeros(get(REST))), i32.of(7));
  return {
    parameters: ['i32', 'i32', 'i32', 'i32'],
    locals: ['i32', 'i64', 'i64', 'i64', 'i64'],
    body: [
      ...set(LOW, i64.load(get(SUM))),
      ...set(HIGH, i64.load(get(SUM), WORD)),
      ...upTo(BITS, get(END), WORD, [
        ...set(REST, i64.load(get(BITS))),
        ...untilZero(REST, [
          ...set(AT, i32.add(get(PADS), i32.shl(row, i32.of(rowBytesLog2)))),
          ...add,
          ...set(REST, i64.and(get(REST), i64.sub(get(REST), i64.of(1n)))),
        ]),
        ...set(PADS, i32.add(get(PADS), i32.of(ROWS_PER_WORD << rowBytesLog2))),
      ]),
      ...i64.store(get(SUM), get(LOW)),
      ...i64.store(get(SUM), get(HIGH), WORD),
    ],
  } as const;
}

const addLow = set(LOW, i64.add(get(LOW), get(PAD)));
const carry = i64.fromI32(i64.ltU(get(LOW), get(PAD)));
const KERNEL = wasmModule({
  addValues: addRows(3, set(LOW, i64.add(get(LOW), i64.load(get(AT))))),
  addSquares: addRows(4, [
    ...set(PAD, i64.load(get(AT))),
    ...addLow,
    ...set(HIGH, i64.add(get(HIGH), i64.add(i64.load(get(AT), WORD), carry))),
  ]),
});
