/** What the sandbox tells its owner's log: kinds and numbers, never a text of the engine or of a user. */
export type SandboxEvent =
  | { readonly kind: 'worker-ready'; readonly ms: number }
  | { readonly kind: 'worker-start-failed'; readonly inARow: number }
  | {
      readonly kind: 'worker-ended';
      readonly reason: 'crashed' | 'evicted' | 'idle' | 'retired' | 'expelled' | 'closed';
    }
  /** A job has its worker. */
  | { readonly kind: 'job-started'; readonly waitMs: number }
  /** A plain copy could not be removed; it is at the next stop or start. */
  | { readonly kind: 'copy-left' }
  | { readonly kind: 'parser-replaced'; readonly reason: ReplacementReason };
export type ReplacementReason = 'crashed' | 'work' | 'deadline';
