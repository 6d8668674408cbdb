import { seededWords } from '../../../../bench/seeded-words.ts';
import { RandomSource } from '../../../../policies/mechanisms/exact-sampling/random-source.ts';

/** A repeatable source: the same seed, the same numbers. */
export function seededSource(seed: number): RandomSource {
  const next = seededWords(BigInt(seed));
  return new RandomSource((bytes) => {
    const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
    for (let i = 0; i < words.length; i += 1) words[i] = next();
  });
}
