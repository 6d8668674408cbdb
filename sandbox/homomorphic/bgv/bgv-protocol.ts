import type { RowSet } from '../row-set.ts';
import type { BgvSum } from './bgv-sums.ts';
import type { SignedBlock } from './block-check.ts';
import type { BgvEncryptionKeys, BgvKeys } from './seal-bgv.ts';

/** What is asked of a process that holds SEAL, and what it answers. A sum takes several: it begins, is given blocks, and ends. */
export type BgvTask =
  | { readonly kind: 'keys'; readonly seed: Uint8Array }
  | { readonly kind: 'encrypt'; readonly keys: BgvEncryptionKeys; readonly blocks: readonly BigInt64Array[] }
  | {
      readonly kind: 'begin-sums';
      readonly sets: readonly RowSet[];
      readonly parts: number;
      readonly key: 'public' | 'secret';
    }
  | ({ readonly kind: 'add-blocks' } & BlockRun)
  | { readonly kind: 'end-sums'; readonly isBlinded: boolean }
  | { readonly kind: 'open'; readonly seed: Uint8Array; readonly sums: readonly Uint8Array[] };

/** Consecutive blocks of each part of a table, from block `first` on. */
export interface BlockRun {
  readonly first: number;
  readonly parts: readonly (readonly SignedBlock[])[];
}

export type BgvReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'keys'; readonly id: number; readonly keys: BgvKeys }
  | { readonly kind: 'ciphertexts'; readonly id: number; readonly ciphertexts: readonly Uint8Array[] }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'sums'; readonly id: number; readonly sums: readonly (readonly BgvSum[])[] }
  | { readonly kind: 'opened'; readonly id: number; readonly values: readonly bigint[] }
  | { readonly kind: 'failure'; readonly id: number };
