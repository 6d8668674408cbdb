import { createHash } from 'node:crypto';
import { CIPHERTEXT_HEAD_BYTES } from './bgv-parameters.ts';

/**
 * What a serialised ciphertext must be before a byte of it reaches SEAL, whose reader was not written for hostile input: of exactly
 * the length, version, parameters, level and sizes that `bgv-v1` writes, and, where a provider signed it, the bytes that were signed.
 */
export interface CiphertextFrame {
  readonly bytes: number;
  /** Constant parts of the serialisation: where, and what. */
  readonly constants: readonly { readonly at: number; readonly is: Uint8Array }[];
}

/** SEAL's header (magic, version, no compression, length); parameters' digest, form, sizes, scale; header and length of the numbers. */
export function headOf(ciphertext: Uint8Array): Uint8Array {
  return ciphertext.slice(0, CIPHERTEXT_HEAD_BYTES);
}

/** Of a seeded ciphertext: header and kind of the generator, before its seed of 64 bytes. */
const SEED_HEAD_BYTES = 17;
const SEED_BYTES = 64;

/** The frame of a ciphertext that was made here, under the same parameters and in the same form. */
export function frameOf(sample: Uint8Array, isSeeded: boolean): CiphertextFrame {
  const constant = (at: number, bytes: number) => ({ at, is: Uint8Array.from(sample.subarray(at, at + bytes)) });
  const head = { at: 0, is: headOf(sample) };
  const seed = constant(sample.length - SEED_BYTES - SEED_HEAD_BYTES, SEED_HEAD_BYTES);
  return { bytes: sample.length, constants: isSeeded ? [head, seed] : [head] };
}

export function hasFrame(bytes: Uint8Array, frame: CiphertextFrame): boolean {
  if (bytes.length !== frame.bytes) return false;
  return frame.constants.every(({ at, is }) => is.every((byte, offset) => bytes[at + offset] === byte));
}

export interface SignedBlock {
  readonly bytes: Uint8Array;
  /** Hex, from the provider's signed manifest. */
  readonly sha256: string;
}

export function isSignedBlock({ bytes, sha256 }: SignedBlock, frames: readonly CiphertextFrame[]): boolean {
  return frames.some((frame) => hasFrame(bytes, frame)) && blockSha256(bytes) === sha256;
}

export function blockSha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
