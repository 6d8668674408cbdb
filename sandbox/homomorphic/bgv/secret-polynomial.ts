import { createCipheriv, hkdfSync } from 'node:crypto';
import { DEGREE } from './bgv-parameters.ts';

const BYTES_AT_ONCE = 1_024;

/**
 * The ternary secret of `bgv-v1`, uniform over {−1, 0, 1}^n, from 32 random bytes: what brings those back brings the key back.
 * The key stream of AES-256-CTR under HKDF-SHA-256 of them, two bits a coefficient; of the four values the last is thrown away.
 */
export function secretPolynomial(seed: Uint8Array): BigInt64Array {
  const key = new Uint8Array(hkdfSync('sha256', seed, new Uint8Array(0), 'sluice bgv-v1 secret', 32));
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const coefficients = new BigInt64Array(DEGREE);
  for (let filled = 0; filled < DEGREE; ) {
    for (const byte of stream.update(Buffer.alloc(BYTES_AT_ONCE))) {
      for (let shift = 0; shift < 8 && filled < DEGREE; shift += 2) {
        const drawn = (byte >> shift) & 3;
        if (drawn === 3) continue;
        coefficients[filled] = BigInt(drawn) - 1n;
        filled += 1;
      }
    }
  }
  return coefficients;
}
