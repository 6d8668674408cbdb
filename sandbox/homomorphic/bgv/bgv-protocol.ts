import type { SignedBlock } from './block-check.ts';
import type { BgvEncryptionKeys, BgvKeys } from './seal-bgv.ts';

/** What is asked of a process that holds SEAL, and what it answers. */
export type BgvTask =
  | { readonly kind: 'keys' }
  | { readonly kind: 'encrypt'; readonly keys: BgvEncryptionKeys; readonly blocks: readonly BigInt64Array[] }
  | {
      readonly kind: 'sum';
      readonly blocks: readonly SignedBlock[];
      readonly sets: readonly { readonly bytes: Uint8Array; readonly size: number }[];
      readonly key: 'public' | 'secret';
    }
  | { readonly kind: 'open'; readonly secretKey: Uint8Array; readonly sums: readonly Uint8Array[] };

export type BgvReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'keys'; readonly id: number; readonly keys: BgvKeys }
  | { readonly kind: 'ciphertexts'; readonly id: number; readonly ciphertexts: readonly Uint8Array[] }
  | { readonly kind: 'opened'; readonly id: number; readonly values: readonly bigint[] }
  | { readonly kind: 'failure'; readonly id: number };
