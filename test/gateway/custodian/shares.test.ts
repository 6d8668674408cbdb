/** Goal: any two of three shares give the secret back, one alone tells nothing, and a share that is not whole is refused. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinShares, multiply, SECRET_BYTES, splitSecret } from '../../../gateway/custodian/shares.ts';

const bytes = (of: string) => new Uint8Array(createHash('sha256').update(of).digest());
const valuesOf = (share: string) => Buffer.from(share.split('.')[3]!, 'base64url');

describe('the field', () => {
  it('multiplies as FIPS 197, 4.2 and 4.2.1 say', () => {
    expect(multiply(0x57, 0x83)).toBe(0xc1);
    expect([0x01, 0x02, 0x04, 0x08, 0x10, 0x13].map((b) => multiply(0x57, b))).toEqual([
      0x57, 0xae, 0x47, 0x8e, 0x07, 0xfe,
    ]);
  });

  it('has an inverse for every element but zero', () => {
    for (let a = 1; a < 256; a += 1) {
      const inverses = Array.from({ length: 256 }, (_, b) => b).filter((b) => multiply(a, b) === 1);
      expect(inverses).toHaveLength(1);
    }
  });
});

describe('shares', () => {
  const secret = bytes('secret');
  const shares = splitSecret(secret, bytes('chance'));

  it('are the points 1, 2 and 3 of a line through the secret', () => {
    const [first, second, third] = shares.map(valuesOf) as [Buffer, Buffer, Buffer];
    const slope = bytes('chance');
    for (let at = 0; at < SECRET_BYTES; at += 1) {
      expect(first[at]).toBe(secret[at]! ^ slope[at]!);
      expect(second[at]).toBe(secret[at]! ^ multiply(slope[at]!, 2));
      expect(third[at]).toBe(secret[at]! ^ slope[at]! ^ multiply(slope[at]!, 2));
    }
  });

  it.each([[[0, 1]], [[1, 2]], [[2, 0]], [[0, 1, 2]]])('%j give it back', (which) => {
    expect(joinShares(which.map((position) => shares[position]!))).toEqual(secret);
  });

  it('give any secret back, whatever the chance (seed 2026)', () => {
    const some = fc.uint8Array({ minLength: SECRET_BYTES, maxLength: SECRET_BYTES });
    fc.assert(
      fc.property(some, some, (one, chance) => {
        const [a, , c] = splitSecret(one, chance);
        expect(joinShares([c!, a!])).toEqual(one);
      }),
      { seed: 2026 },
    );
  });

  it('tell nothing alone: every secret has chance that gives the same share', () => {
    const share = valuesOf(shares[1]!);
    const other = bytes('another secret');
    const half = Array.from({ length: 256 }, (_, b) => b).find((b) => multiply(b, 2) === 1)!;
    const chance = other.map((byte, at) => multiply(byte ^ share[at]!, half));
    expect(valuesOf(splitSecret(other, chance)[1]!)).toEqual(share);
  });

  it.each([
    ['one alone', () => [shares[0]!]],
    ['one twice', () => [shares[0]!, shares[0]!]],
    ['of two secrets', () => [shares[0]!, splitSecret(bytes('x'), bytes('y'))[1]!]],
    ['mistyped', () => [shares[0]!, shares[1]!.replace(/.\.(......)$/, '_.$1')]],
    ['cut short', () => [shares[0]!, shares[1]!.slice(0, -1)]],
  ])('are refused: %s', (_, given) => {
    expect(() => joinShares(given())).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
