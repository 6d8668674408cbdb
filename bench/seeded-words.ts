/** Repeatable 64-bit numbers (SplitMix64), for benches and for tests of what uniform numbers give. */
export function seededWords(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
}

/** A 64-bit number as one in [0, 1). */
export function unitInterval(word: bigint): number {
  return Number(word >> 11n) / 2 ** 53;
}
