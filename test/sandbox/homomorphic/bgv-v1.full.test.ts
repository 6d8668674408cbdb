/**
 * Goal: `bgv-v1` opens exactly what was summed, with more room for noise than is proved; nothing that is not as signed is read by SEAL.
 * Method: ciphertext is decrypted a second time from the definition of the scheme (c₀ + c₁·s modulo both primes, Chinese remainders), without
 * SEAL; random values of either sign up to the ring's half; sets of rows that fill blocks, cut them, and leave them out.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import { provenBudgetBits } from '../../../sandbox/homomorphic/bgv/bgv-noise.ts';
import {
  CIPHERTEXT_HEAD_BYTES,
  DATA_PRIMES,
  DEGREE,
  PLAIN_MODULUS,
} from '../../../sandbox/homomorphic/bgv/bgv-parameters.ts';
import { openBgvProcesses } from '../../../sandbox/homomorphic/bgv/bgv-process.ts';
import { openBgv } from '../../../sandbox/homomorphic/bgv/bgv-v1.ts';
import { blockSha256, type SignedBlock } from '../../../sandbox/homomorphic/bgv/block-check.ts';
import { type BgvKeys, openSealBgv, type SealBgv } from '../../../sandbox/homomorphic/bgv/seal-bgv.ts';
import { type RowSet, rowIndices, rowSetFrom } from '../../../sandbox/homomorphic/row-set.ts';
import { detectTier } from '../../../sandbox/isolation/detect.ts';
import { memoryDir } from '../memory-dir.ts';

const SEED = 20_261_127n;
console.log(`bgv-v1 seed ${SEED}`);
const next = seededWords(SEED);
const SECRET = new Uint8Array(32).fill(5);
const ROWS = 3 * DEGREE + 1_000;
const values = BigInt64Array.from({ length: ROWS }, () => BigInt.asIntN(64, next()) >> 30n);

let seal: SealBgv;
let keys: BgvKeys;
const signed = (bytes: Uint8Array): SignedBlock => ({ bytes, sha256: blockSha256(bytes) });
const inBlocks = (all: BigInt64Array) =>
  Array.from({ length: Math.ceil(all.length / DEGREE) }, (_, at) => all.slice(at * DEGREE, (at + 1) * DEGREE));
const sumOf = (rows: RowSet) => [...rowIndices(rows)].reduce((sum, row) => sum + values[row]!, 0n);

/** In runs of two blocks, as they are streamed. */
const bgvSums = (blocks: readonly SignedBlock[], all: readonly RowSet[], kind: 'public' | 'secret') => {
  const sums = seal.sums(all, 1, kind);
  for (let first = 0; first < blocks.length; first += 2) {
    const run = seal.load(blocks.slice(first, first + 2));
    sums.add(first, [run]);
    run.delete();
  }
  return sums.end(true).flat();
};
const sumsOf = (...of: Parameters<typeof bgvSums>) => bgvSums(...of).map(({ blinded }) => blinded);

const sets = (): readonly RowSet[] => [
  rowSetFrom(
    Array.from({ length: ROWS }, (_, row) => row),
    ROWS,
  ),
  rowSetFrom(
    Array.from({ length: ROWS }, (_, row) => row).filter((row) => row % 3 === 0),
    ROWS,
  ),
  rowSetFrom(
    Array.from({ length: ROWS }, (_, row) => row).filter(() => next() % 10n === 0n),
    ROWS,
  ),
  rowSetFrom(
    Array.from({ length: DEGREE }, (_, row) => DEGREE + row),
    ROWS,
  ),
  rowSetFrom([0], ROWS),
  rowSetFrom([DEGREE - 1, DEGREE, ROWS - 1], ROWS),
];

beforeAll(async () => {
  seal = await openSealBgv();
  keys = seal.keysOf(SECRET);
});

describe.each(['secret', 'public'] as const)('with the %s key', (kind) => {
  let blocks: readonly SignedBlock[];
  beforeAll(() => {
    const secretKey = kind === 'secret' ? keys.secretKey : null;
    blocks = seal.encrypt({ publicKey: keys.publicKey, secretKey }, inBlocks(values)).map(signed);
  });

  it('opens to the sum of any set, by SEAL and by the definition of the scheme', () => {
    const all = sets();
    const sums = sumsOf(blocks, all, kind);
    const expected = all.map(sumOf);
    expect(seal.open(keys.secretKey, sums)).toEqual(expected);
    expect(sums.map((sum) => decryptedByDefinition(sum, keys.secretKey))).toEqual(expected);
  });

  it('has the room that is proved, and more', () => {
    for (const { bytes } of blocks)
      expect(seal.noiseBudget(keys.secretKey, bytes)).toBeGreaterThanOrEqual(provenBudgetBits(1n, kind));
    const all = sets();
    for (const [at, sum] of sumsOf(blocks, all, kind).entries()) {
      const budget = seal.noiseBudget(keys.secretKey, sum);
      const proved = provenBudgetBits(BigInt(all[at]!.size), kind);
      expect(budget).toBeGreaterThanOrEqual(proved);
      expect(proved).toBeGreaterThan(0);
    }
  });

  it('is the same bytes for whoever sums the same rows, and others for other rows: what is compared is the digest', () => {
    const [all, thinned] = [sets()[0]!, sets()[1]!];
    const digestOf = (set: RowSet) => bgvSums(blocks, [set], kind)[0]!.digest;
    const atOnce = seal.sums([all], 1, kind);
    atOnce.add(0, [seal.load(blocks)]);
    expect(atOnce.end(false)[0]![0]).toEqual({ digest: digestOf(all), blinded: new Uint8Array(0) });
    expect(digestOf(thinned)).toBe(digestOf(thinned));
    expect(digestOf(thinned)).not.toBe(digestOf(all));
  });

  it('shows nothing of the other coefficients: two sums of one set differ in all of them', () => {
    const set = [sets()[1]!];
    const [a, b] = [sumsOf(blocks, set, kind)[0]!, sumsOf(blocks, set, kind)[0]!];
    expect(blockSha256(a)).not.toBe(blockSha256(b));
    expect(seal.open(keys.secretKey, [a, b])).toEqual([sumOf(set[0]!), sumOf(set[0]!)]);
  });
});

it('the secret key is that of its 32 bytes, again and again, and opens what any of its public keys encrypted', () => {
  const again = seal.keysOf(SECRET);
  expect(again.secretKey).toEqual(keys.secretKey);
  expect(again.publicKey).not.toEqual(keys.publicKey);
  expect(seal.keysOf(new Uint8Array(32).fill(6)).secretKey).not.toEqual(keys.secretKey);
  const blocks = [again, keys].flatMap(({ publicKey }) =>
    seal.encrypt({ publicKey, secretKey: null }, [values.slice(0, 9)]),
  );
  const sums = blocks.flatMap((block) => sumsOf([signed(block)], [rowSetFrom([8], 9)], 'public'));
  expect(seal.open(keys.secretKey, sums)).toEqual([values[8], values[8]]);
});

it('known answers: keys, sums and opened numbers stay what they are, so that what is stored stays readable', () => {
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  expect(sha256(keys.secretKey)).toBe('c9b30dd59e77e1c6b857d447f6216749855e38bc093596982293bbadba0fe1da');
  // Any residues are a ciphertext: these are a key stream's, modulo the primes.
  const stream = createCipheriv('aes-256-ctr', Buffer.alloc(32, 7), Buffer.alloc(16)).update(Buffer.alloc(32 * DEGREE));
  const words = new BigUint64Array(Uint8Array.from(stream).buffer);
  const residues = words.map((word, at) => word % DATA_PRIMES[Math.floor(at / DEGREE) % 2]!);
  const [like] = seal.encrypt({ publicKey: keys.publicKey, secretKey: null }, [values.slice(0, 1)]);
  const block = Uint8Array.from(
    Buffer.concat([like!.subarray(0, CIPHERTEXT_HEAD_BYTES), new Uint8Array(residues.buffer)]),
  );
  const rows = rowSetFrom([0, 1, 5, 4_095], DEGREE);
  const [sum] = bgvSums([signed(block)], [rows], 'public');
  expect(sum!.digest).toBe('fbf77e201de47e3d4872136d4ce0e5276b01c3fad13c7e3e0a025b704cc3639e');
  const opened = seal.open(keys.secretKey, [sum!.blinded]);
  expect(opened).toEqual([decryptedByDefinition(sum!.blinded, keys.secretKey)]);
  expect(opened).toEqual([-360_569_958_575_094n]);
});

describe('before SEAL reads it, a block is refused', () => {
  const cases: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
    ['cut', (bytes) => bytes.slice(0, -1)],
    ['longer', (bytes) => Uint8Array.of(...bytes, 0)],
    ['of another version', (bytes) => bytes.with(3, 3)],
    ['said to be compressed', (bytes) => bytes.with(5, 2)],
    ['of other parameters', (bytes) => bytes.with(20, bytes[20]! ^ 1)],
    ['of three polynomials', (bytes) => bytes.with(49, 3)],
    ['of another degree', (bytes) => bytes.with(58, bytes[58]! ^ 8)],
    ['with another count of numbers', (bytes) => bytes.with(106, bytes[106]! ^ 1)],
    ['with another kind of seed', (bytes) => bytes.with(bytes.length - 65, 9)],
    ['empty', () => new Uint8Array(0)],
  ];

  it.each(cases)('%s, though it were signed', (_, change) => {
    const [block] = seal.encrypt(keys, [values.slice(0, 10)]);
    expect(() => sumsOf([signed(change(block!))], [rowSetFrom([0], 10)], 'secret')).toThrow('a block is not as signed');
  });

  it('with one bit changed of what was signed, and taken without: the control', () => {
    const [bytes] = seal.encrypt(keys, [values.slice(0, 10)]);
    const { sha256 } = signed(bytes!);
    const changed = bytes!.with(5_000, bytes![5_000]! ^ 1);
    expect(() => sumsOf([{ bytes: changed, sha256 }], [rowSetFrom([0], 10)], 'secret')).toThrow(
      'a block is not as signed',
    );
    const sums = sumsOf([{ bytes: bytes!, sha256 }], [rowSetFrom([0], 10)], 'secret');
    expect(seal.open(keys.secretKey, sums)).toEqual([values[0]]);
    expect(() => seal.open(keys.secretKey, [bytes!])).toThrow('no ciphertext of these parameters');
  });
});

it('each task has a process of its own, isolated; the cipher behind its interface', { timeout: 120_000 }, async () => {
  const { tier } = await detectTier('auto', false, memoryDir());
  const processes = openBgvProcesses(tier);
  const made = await processes.keysOf(SECRET);
  const cipher = openBgv({ processes, keys: { ...made, secretKey: null }, openingSeed: SECRET });
  const stored = [
    await cipher.encrypt(0, values.slice(0, DEGREE)),
    await cipher.encrypt(DEGREE, values.slice(DEGREE, 6_000)),
  ];
  const rows = rowSetFrom([1, 5, 4_095, 4_096, 5_999], 6_000);
  expect(await cipher.open([{ sum: await cipher.evaluate(stored, rows), rows }])).toEqual([sumOf(rows)]);
  const unsigned = { first: 0, parts: [[{ bytes: new Uint8Array(10), sha256: '' }]] };
  const runs = (async function* () {
    yield unsigned;
  })();
  const work = { sets: [rows], parts: 1, key: 'public', isBlinded: false } as const;
  await expect(processes.sums(work, runs)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
});

/**
 * The constant coefficient of c₀ + c₁·s, centred modulo q, then modulo t. Polynomials are stored as their values at the roots of
 * X^n + 1 modulo each prime; the mean of those is the constant coefficient.
 */
function decryptedByDefinition(ciphertext: Uint8Array, secretKey: Uint8Array): bigint {
  const words = (bytes: Uint8Array, at: number, count: number) =>
    new BigUint64Array(bytes.slice(at, at + 8 * count).buffer);
  const key = words(secretKey, secretKey.length - 8 * 3 * DEGREE, 3 * DEGREE);
  const numbers = words(ciphertext, 113, 4 * DEGREE);
  const residues = DATA_PRIMES.map((prime, at) => {
    let sum = 0n;
    for (let i = 0; i < DEGREE; i += 1) {
      const place = at * DEGREE + i;
      sum += numbers[place]! + numbers[2 * DEGREE + place]! * key[place]!;
    }
    return ((sum % prime) * inverse(BigInt(DEGREE), prime)) % prime;
  });
  const [p, q] = DATA_PRIMES;
  const lifted = residues[0]! + p * (((((residues[1]! - residues[0]!) * inverse(p, q)) % q) + q) % q);
  const centred = lifted > (p * q) / 2n ? lifted - p * q : lifted;
  return BigInt.asIntN(50, ((centred % PLAIN_MODULUS) + PLAIN_MODULUS) % PLAIN_MODULUS);
}

function inverse(value: bigint, prime: bigint): bigint {
  let [result, base] = [1n, value % prime];
  for (let power = prime - 2n; power > 0n; power >>= 1n) {
    if ((power & 1n) === 1n) result = (result * base) % prime;
    base = (base * base) % prime;
  }
  return result;
}
