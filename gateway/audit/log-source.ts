import type { LeafReader } from '#catalog';
import type { TreeHead } from './checkpoint.ts';
import type { ProblemKind } from './log-problem.ts';

/** A log as someone found it: a home or a folder of tiles. Nothing in it is believed; `verifyLog` holds it together. */
export interface LogSource extends LeafReader {
  /** How many entries there seem to be, signed for or not. */
  readonly count: number;
  /** The newest note that claims to sign the log. */
  readonly note: string | null;
  /** What lies where nothing of a log can be: before the first entry, behind the last tile. */
  stray(): ProblemKind | null;
  /** Entries and recorded leaf hashes of a stretch, in order; undefined where one is absent. */
  stretch(from: number, to: number): LogStretch;
  /** The recorded root over nodes (level − 1, 256 n …); null when it is absent. */
  node(level: number, n: number): Uint8Array | null;
  /** Whether heads are recorded at all, one at each multiple of HEAD_INTERVAL and the newest. */
  readonly keepsHeads: boolean;
  /** Recorded tree heads of more than `after` entries, smallest first. */
  heads(after: number): Iterable<RecordedHead>;
  /** Where a leaf hash is recorded; null when nowhere. May read everything. */
  findLeaf(leaf: Uint8Array): number | null;
}

export interface LogStretch {
  readonly entries: readonly (Uint8Array | undefined)[];
  readonly leaves: readonly (Uint8Array | undefined)[];
}

export interface RecordedHead extends TreeHead {
  readonly note: string | null;
}
