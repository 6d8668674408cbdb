import { createHash } from 'node:crypto';
import { AppError, assert } from '#policies';

/**
 * A secret in `SHARES` parts of which any `NEEDED` give it back and one alone tells nothing: Shamir, How to Share a Secret (CACM 22:11, 1979),
 * byte by byte over GF(2^8) with the polynomial of AES (FIPS 197, 4.2). Secrecy is information-theoretic: each coefficient is a fresh random byte.
 */
export const SHARES = 3;
export const NEEDED = 2;

/** `sluice-share-1.<number>.<secret's mark>.<bytes>.<check>`, in base64url: what a person keeps. */
const SHARE = /^sluice-share-1\.([1-3])\.([\w-]{11})\.([\w-]{43})\.([\w-]{6})$/;
export const SECRET_BYTES = 32;

/** @param random as many bytes as the secret has: uniform, and never used for anything else. */
export function splitSecret(secret: Uint8Array, random: Uint8Array): readonly string[] {
  assert(secret.length === SECRET_BYTES && random.length === secret.length, 'one random byte a byte of the secret');
  return Array.from({ length: SHARES }, (_, position) => {
    const x = position + 1;
    const bytes = secret.map((byte, at) => byte ^ multiply(random[at]!, x));
    return shareText(x, markOf(secret), bytes);
  });
}

/**
 * The secret that the shares are of.
 * @throws AppError CONFIG_INVALID where they are damaged, too few, or of different secrets
 */
export function joinShares(texts: readonly string[]): Uint8Array {
  const shares = texts.map(readShare);
  const [a, b] = [...new Map(shares.map((share) => [share.x, share])).values()];
  if (a === undefined || b === undefined) throw badShares(`${NEEDED} different shares are needed`);
  if (a.mark !== b.mark) throw badShares('the shares are of different secrets');
  // The line through both at 0: (a·xb + b·xa) / (xa + xb), as minus is plus.
  const divisor = inverse(a.x ^ b.x);
  const secret = a.bytes.map((byte, at) => multiply(multiply(byte, b.x) ^ multiply(b.bytes[at]!, a.x), divisor));
  if (markOf(secret) !== a.mark) throw badShares('the shares do not give the secret that they are said to be of');
  return secret;
}

interface Share {
  readonly x: number;
  readonly mark: string;
  readonly bytes: Uint8Array;
}

function readShare(text: string): Share {
  const [, x, mark, bytes, check] = SHARE.exec(text.trim()) ?? [];
  if (x === undefined || mark === undefined || bytes === undefined) throw badShares('a share is not whole');
  const share = { x: Number(x), mark, bytes: new Uint8Array(Buffer.from(bytes, 'base64url')) };
  if (checkOf(share) !== check) throw badShares('a share was mistyped');
  return share;
}

function shareText(x: number, mark: string, bytes: Uint8Array): string {
  return ['sluice-share-1', x, mark, Buffer.from(bytes).toString('base64url'), checkOf({ x, mark, bytes })].join('.');
}

/** 64 bits that tell secrets apart and nothing else of them: the secret itself is 256 random bits. */
const markOf = (secret: Uint8Array): string => digest('mark', secret).slice(0, 11);
const checkOf = ({ x, mark, bytes }: Share): string => digest(`check ${x} ${mark}`, bytes).slice(0, 6);
const digest = (what: string, bytes: Uint8Array): string =>
  createHash('sha256').update(`sluice share ${what}\n`).update(bytes).digest('base64url');

function badShares(problem: string): AppError {
  return new AppError('CONFIG_INVALID', { variable: '--share', problem });
}

/** The product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. WHY no table: how long it takes must not depend on the secret. */
export function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit += 1) {
    product ^= -((b >> bit) & 1) & a;
    a = ((a << 1) ^ (-(a >> 7) & 0x11b)) & 0xff;
  }
  return product;
}

/** a^254 = a^−1 in a field of 256 elements. */
function inverse(a: number): number {
  let power = 1;
  for (let times = 0; times < 254; times += 1) power = multiply(power, a);
  return power;
}
