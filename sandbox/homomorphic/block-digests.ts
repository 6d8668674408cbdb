import { createHash } from 'node:crypto';
import { assert } from '#policies/stored-tables';

/**
 * Ciphertext words are signed in blocks of 65,536 rows: SHA-256 of each word column's words, least significant byte first. The
 * root is SHA-256 over all digests, block by block, in each the columns in their order.
 */
export const BLOCK_ROWS = 65_536;
const DIGEST_BYTES = 32;

export interface BlockDigests {
  /** The next rows: an array per word column, all of one length. */
  add(words: readonly BigInt64Array[]): void;
  /** Hex, over all rows so far. */
  root(): string;
  /** What a later `openBlockDigests` goes on from. */
  state(): BlockDigestState;
}

export interface BlockDigestState {
  readonly rows: number;
  /** Of whole blocks. */
  readonly digests: Uint8Array;
  /** Of the last block, not yet whole. */
  readonly tail: readonly BigInt64Array[];
}

export function openBlockDigests(columns: number, from: BlockDigestState | null = null): BlockDigests {
  const whole: Uint8Array[] = from === null ? [] : [from.digests];
  const block = Array.from({ length: columns }, () => new BigInt64Array(BLOCK_ROWS));
  let rows = from?.rows ?? 0;
  for (const [at, words] of (from?.tail ?? []).entries()) block[at]!.set(words);
  const tail = (): readonly BigInt64Array[] => block.map((words) => words.subarray(0, rows % BLOCK_ROWS));
  return {
    add(words) {
      assert(words.length === columns, 'a block has all word columns');
      const count = words[0]?.length ?? 0;
      for (let at = 0; at < count; ) {
        const filled = rows % BLOCK_ROWS;
        const part = Math.min(count - at, BLOCK_ROWS - filled);
        for (const [column, target] of block.entries()) target.set(words[column]!.subarray(at, at + part), filled);
        rows += part;
        at += part;
        if (rows % BLOCK_ROWS === 0) whole.push(...block.map(digestOf));
      }
    },
    root: () => rootOf([...whole, ...(rows % BLOCK_ROWS === 0 ? [] : tail().map(digestOf))]),
    state: () => ({ rows, digests: Buffer.concat(whole), tail: tail().map((words) => words.slice()) }),
  };
}

/** SHA-256 over all digests, hex: what a provider signs. */
export function rootOf(digests: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const digest of digests) hash.update(digest);
  return hash.digest('hex');
}

/** WHY not by `Buffer.from(words)`: that copies numbers, not bytes. */
function digestOf(words: BigInt64Array): Buffer {
  const digest = createHash('sha256')
    .update(new Uint8Array(words.buffer, words.byteOffset, words.byteLength))
    .digest();
  assert(digest.length === DIGEST_BYTES, 'SHA-256 has 32 bytes');
  return digest;
}

/** Digests of ciphertext blocks as `bgv-v1` has them, each part of a table in its own order. */
export interface DigestList {
  add(part: number, block: Uint8Array): void;
  /** Hex, over all digests, block by block, in each the parts in their order. */
  root(): string;
  /** All digests in this order, base64. */
  state(): string;
}

/** @param from an earlier `state` */
export function openDigestList(parts: number, from = ''): DigestList {
  const lists: Buffer[][] = Array.from({ length: parts }, () => []);
  for (const [at, digest] of digestsIn(from).entries()) lists[at % parts]!.push(digest);
  const inOrder = (): readonly Buffer[] => lists[0]!.flatMap((_, block) => lists.flatMap((part) => part[block] ?? []));
  return {
    add: (part, block) => void lists[part]!.push(createHash('sha256').update(block).digest()),
    root: () => rootOf(inOrder()),
    state: () => Buffer.concat(inOrder()).toString('base64'),
  };
}

/** Digests out of their base64. */
export function digestsIn(base64: string): readonly Buffer[] {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: Math.floor(bytes.length / DIGEST_BYTES) }, (_, at) =>
    bytes.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES),
  );
}
