/** A repeatable source of chance for data and attackers: never for protection. */
export interface SeededRandom {
  /** In [0, 1). */
  next(): number;
  /** Whole, from 0 up to, not including, `count`. */
  below(count: number): number;
  pick<T>(choices: readonly T[]): T;
  shuffle<T>(values: readonly T[]): T[];
  /** Standard normal. */
  normal(): number;
  /** Another sequence, fixed by this one's seed and the label. */
  fork(label: string): SeededRandom;
}

/** Mulberry32. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    next,
    below,
    pick: (choices) => choices[below(choices.length)]!,
    shuffle(values) {
      const shuffled = [...values];
      for (let i = shuffled.length - 1; i > 0; i -= 1) {
        const j = below(i + 1);
        [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
      }
      return shuffled;
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fork: (label) => seededRandom(seed ^ hash(label)),
  };
}

/** FNV-1a, 32 bits. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.codePointAt(0)!, 0x01000193);
  return value | 0;
}
