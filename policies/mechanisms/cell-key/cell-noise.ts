import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { assert } from '../../errors.ts';
import { type PerturbationTable, RANGE_BITS } from './perturbation-table.ts';

/** What a number is about. Nothing of how it was asked for: no SQL, alias, account, time. */
export interface CellSubject {
  /**
   * Fingerprint of the units that contribute to this number, as 64-bit words: sums or xors of their record keys. Signed
   * and unsigned readings of a word are the same. INVARIANT of the caller: units that contribute nothing (NULL, 0) are
   * left out, or they would draw fresh noise for the same number.
   */
  readonly set: readonly bigint[];
  /** Canonical name: numbers that are equal by their meaning must not get two names, or two noises average out. */
  readonly statistic: string;
  /** Canonical expression of the measure, whatever role of its table it reads, and what it comes to; empty for counts. */
  readonly measure: string;
  /** The data's version line: a new version of the same data keeps it. */
  readonly lineage: string;
}

/** Four independent uniform 64-bit numbers. Secret: whoever knows them takes the noise off. */
export interface CellKey {
  readonly words: readonly [bigint, bigint, bigint, bigint];
}

const DOMAIN = 'sluice-cell-key-v1';
const SECRET_BYTES_MIN = 32;
/** A set of units has one number of members, however it is asked for. */
const UNITS = { statistic: 'units', measure: '' } as const;

/**
 * The cell key of a number: HMAC-SHA-256 over domain, lineage, statistic, measure and set, each with its length.
 *
 * Guarantee: equal subjects have equal keys; keys of different subjects are independent as far as HMAC-SHA-256 is a
 * pseudo-random function and the secret unknown. Limits: 64-bit words of unknown record keys collide with probability
 * 2^-64 a pair; two words (a sum and a xor) make that negligible over the life of the data.
 * Source: Thompson, Broadfoot, Elazar (UNECE 2013) for cell keys; RFC 2104 for HMAC.
 */
export function drawCellKey(secret: Uint8Array, { set, statistic, measure, lineage }: CellSubject): CellKey {
  assert(secret.length >= SECRET_BYTES_MIN, 'the noise secret has 256 bits');
  assert(set.length > 0, 'a set has a fingerprint');
  const texts = [DOMAIN, lineage, statistic, measure].map((text) => Buffer.from(text, 'utf8'));
  const fields = [...texts, Buffer.concat(set.map(bigEndian))].flatMap((field) => [lengthOf(field), field]);
  const digest = createHmac('sha256', keyOf(secret)).update(Buffer.concat(fields)).digest();
  const word = (place: number): bigint => digest.readBigUInt64BE(8 * place);
  return { words: [word(0), word(1), word(2), word(3)] };
}

/**
 * A count with its noise. For counts to which each unit adds one; where units add more, the count is a sum of
 * contributions (`perturbSum`), because noise of ±D does not cover a unit with more than D rows.
 *
 * Guarantee: never negative, never 1..js, 0 stays 0; mean over keys is the count.
 */
export function perturbCount(count: bigint, key: CellKey, table: PerturbationTable): bigint {
  return count + table.noise(count, key.words[0]);
}

/** The number of distinct units in a set with its noise, under the one name that this number has. */
export function perturbUnits(
  units: bigint,
  secret: Uint8Array,
  subject: Pick<CellSubject, 'set' | 'lineage'>,
  table: PerturbationTable,
): bigint {
  return perturbCount(units, drawCellKey(secret, { ...subject, ...UNITS }), table);
}

const keys = new WeakMap<Uint8Array, KeyObject>();
/** WHY remembered: making a key out of bytes takes five times as long as the HMAC of a subject. */
function keyOf(secret: Uint8Array): KeyObject {
  const key = keys.get(secret) ?? createSecretKey(secret);
  keys.set(secret, key);
  return key;
}

/** WHY: without lengths, what stands at the end of one field could as well stand at the beginning of the next. */
function lengthOf(field: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.length);
  return length;
}

function bigEndian(word: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(RANGE_BITS, word));
  return bytes;
}
