/**
 * WebAssembly by hand: instructions as bytes, so that a few inner loops use the processor's vectors without a compiler, a binary in the
 * repository or a download. Only what the kernels beside it need (WebAssembly core specification 2.0, §5.4 and §5.5).
 */
export type Code = readonly number[];

export const WORD = 8;
export const VECTOR = 16;

const TYPE = { i32: 0x7f, i64: 0x7e, f64: 0x7c, v128: 0x7b } as const;
type ValueType = keyof typeof TYPE;

/** A function without result. Locals are numbered from the parameters on, in the order of `locals`. */
export interface WasmFunction {
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

const PAGES_MAX = 65_536;

/** A module that exports the functions by their names, over the memory `host.memory`. */
export function wasmModule(functions: Readonly<Record<string, WasmFunction>>): WebAssembly.Module {
  const all = Object.entries(functions);
  const types = all.map(([, { parameters }]) => [0x60, ...list(parameters.map((type) => [TYPE[type]])), 0]);
  const memory = [...name('host'), ...name('memory'), 0x02, 0x01, 1, ...unsigned(PAGES_MAX)];
  const exported = all.map(([of], at) => [...name(of), 0x00, ...unsigned(at)]);
  const bodies = all.map(([, { locals, body }]) => {
    const code = [...list(locals.map((type) => [1, TYPE[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  const bytes = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, types),
    section(2, [memory]),
    section(
      3,
      all.map((_, at) => unsigned(at)),
    ),
    section(7, exported),
    section(10, bodies),
  ];
  return new WebAssembly.Module(Uint8Array.from(bytes.flat()));
}

function section(id: number, entries: readonly Code[]): Code {
  const content = list(entries);
  return [id, ...unsigned(content.length), ...content];
}

function list(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()];
}

function name(text: string): Code {
  return list([...Buffer.from(text)].map((byte) => [byte]));
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: bigint): Code {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = rest === (low & 0x40 ? -1n : 0n);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

export const get = (local: number): Code => [0x20, local];
export const set = (local: number, value: Code): Code => [...value, 0x21, local];

const binary =
  (...opcode: Code) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode];
const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];

export const i32 = {
  of: (value: number): Code => [0x41, ...signed(BigInt(value))],
  add: binary(0x6a),
  and: binary(0x71),
  or: binary(0x72),
  xor: binary(0x73),
  shl: binary(0x74),
  load: (at: Code, offset = 0): Code => [...at, 0x28, 2, ...unsigned(offset)],
};

export const i64 = {
  of: (value: bigint): Code => [0x42, ...signed(value)],
  add: binary(0x7c),
  sub: binary(0x7d),
  and: binary(0x83),
  shl: binary(0x86),
  shrU: binary(0x88),
  remU: binary(0x82),
  ltU: binary(0x54),
  isZero: (a: Code): Code => [...a, 0x50],
  trailingZeros: (a: Code): Code => [...a, 0x7a],
  toI32: (a: Code): Code => [...a, 0xa7],
  fromI32: (a: Code): Code => [...a, 0xad],
  load: (at: Code, offset = 0): Code => [...at, 0x29, 3, ...unsigned(offset)],
  store: (at: Code, value: Code, offset = 0): Code => [...at, ...value, 0x37, 3, ...unsigned(offset)],
};

/** Two words or four halves at once. */
export const v128 = {
  load: (at: Code, offset = 0): Code => [...at, ...vector(0x00), 4, ...unsigned(offset)],
  store: (at: Code, value: Code, offset = 0): Code => [...at, ...value, ...vector(0x0b), 4, ...unsigned(offset)],
  /** The same word twice. */
  words: (value: bigint): Code => [...i64.of(value), ...vector(0x12)],
  /** Of a word that is computed. */
  sameWords: (value: Code): Code => [...value, ...vector(0x12)],
  /** The same half four times. */
  sameHalves: (value: Code): Code => [...value, ...vector(0x11)],
  /** The word there, twice. */
  loadSame: (at: Code, offset = 0): Code => [...at, ...vector(0x0a), 3, ...unsigned(offset)],
  and: binary(...vector(0x4e)),
  addHalves: binary(...vector(0xae)),
  addWords: binary(...vector(0xce)),
  subtractWords: binary(...vector(0xd1)),
  /** All bits where the first signed word is greater, else none. */
  greaterWords: binary(...vector(0xd9)),
  shiftWordsLeft: (a: Code, bits: number): Code => [...a, ...i32.of(bits), ...vector(0xcb)],
  shiftWordsRight: (a: Code, bits: number): Code => [...a, ...i32.of(bits), ...vector(0xcd)],
  /** The low halves of the words of both, in order. */
  lowHalves: (a: Code, b: Code): Code => shuffled(a, b, [0, 2, 4, 6], 4),
  /** The first word of both, or the last. */
  firstWords: (a: Code, b: Code): Code => shuffled(a, b, [0, 2], 8),
  lastWords: (a: Code, b: Code): Code => shuffled(a, b, [1, 3], 8),
  /** The first two halves, or the last two, as words. */
  extendFirst: (a: Code): Code => [...a, ...vector(0xc9)],
  extendLast: (a: Code): Code => [...a, ...vector(0xca)],
  /** Their products, as words. */
  multiplyFirst: binary(...vector(0xde)),
  multiplyLast: binary(...vector(0xdf)),
};

/** Two doubles at once. */
export const f64x2 = {
  of: (value: number): Code => [0x44, ...new Uint8Array(Float64Array.of(value).buffer), ...vector(0x14)],
  /** The same double twice. */
  same: (value: Code): Code => [...value, ...vector(0x14)],
  add: binary(...vector(0xf0)),
  subtract: binary(...vector(0xf1)),
  multiply: binary(...vector(0xf2)),
  /** All bits where the first is less, else none. */
  less: binary(...vector(0x49)),
  /** The nearest whole number. */
  nearest: (a: Code): Code => [...a, ...vector(0x94)],
  /** c − a · b, rounded once or twice as the processor does it ("relaxed"). */
  minusProduct: (c: Code, a: Code, b: Code): Code => [...a, ...b, ...c, ...vector(0x108)],
};

/** Parts of `bytes` bytes of both, numbered through. */
function shuffled(a: Code, b: Code, parts: readonly number[], bytes: number): Code {
  const places = parts.flatMap((part) => Array.from({ length: bytes }, (_, at) => part * bytes + at));
  return [...a, ...b, ...vector(0x0d), ...places];
}

/** Repeats `body` while the local `at` is below `end`, adding `step` after each. */
export function upTo(at: number, end: Code, step: number | Code, body: Code): Code {
  const isDone = [...get(at), ...end, 0x4f];
  return [
    0x02,
    0x40,
    0x03,
    0x40,
    ...isDone,
    0x0d,
    1,
    ...body,
    ...set(at, i32.add(get(at), typeof step === 'number' ? i32.of(step) : step)),
    0x0c,
    0,
    0x0b,
    0x0b,
  ];
}

/** Repeats `body` until the word in the local `of` is zero. */
export function untilZero(of: number, body: Code): Code {
  return [0x02, 0x40, 0x03, 0x40, ...i64.isZero(get(of)), 0x0d, 1, ...body, 0x0c, 0, 0x0b, 0x0b];
}
