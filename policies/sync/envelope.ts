/**
 * What other platforms hand to the gateway (T4: 省级平台在外、市级大数据能力平台在内): envelopes that a peer signs, each with a key of its own and
 * the next number, so that a repeat changes nothing and a gap shows. Pure: what was received before comes in as facts.
 */

/** Where a peer stands: outside the city's domain, or inside it. */
export const SYNC_SIDES = ['outside', 'inside'] as const;
export type SyncSide = (typeof SYNC_SIDES)[number];

/** A draft of the catalogue, a wish for data, the announcement of a batch. */
export const SYNC_KINDS = ['catalogue-entry', 'resource-request', 'batch-notice'] as const;
export type SyncKind = (typeof SYNC_KINDS)[number];

/** INVARIANT: data is announced from inside alone; from outside come entries and requests, never rows. */
const KINDS_OF: Readonly<Record<SyncSide, readonly SyncKind[]>> = {
  outside: ['catalogue-entry', 'resource-request'],
  inside: ['catalogue-entry', 'batch-notice'],
};

/** How old an envelope may be that was not received before, and how far ahead of our clock. */
const ENVELOPE_AGE_DAYS_MAX = 7;
const ENVELOPE_AHEAD_MINUTES_MAX = 5;
const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000];

export interface ArrivingEnvelope {
  readonly key: string;
  readonly kind: SyncKind;
  /** From 1, without a gap. */
  readonly sequence: number;
  /** When the peer signed it, ISO 8601 UTC. */
  readonly at: string;
  /** SHA-256 of what the peer signed, hex: its content, whole. */
  readonly digest: string;
}

/** What is known of a peer's envelopes so far. */
export interface ReceivedSoFar {
  readonly side: SyncSide;
  /** The digest of what was received under the key; null where nothing was. */
  readonly known: string | null;
  /** The number of the last; 0 before the first. */
  readonly last: number;
  readonly now: Date;
}

export type EnvelopeVerdict = 'new' | 'repeat' | 'other-content' | 'kind' | 'stale' | 'ahead' | 'sequence';

/** WHY a repeat before all else: who asks again for a receipt that got lost must get it, however late. */
export function judgeEnvelope(
  { kind, sequence, at, digest }: ArrivingEnvelope,
  { side, known, last, now }: ReceivedSoFar,
): EnvelopeVerdict {
  if (known !== null) return known === digest ? 'repeat' : 'other-content';
  if (!KINDS_OF[side].includes(kind)) return 'kind';
  const ageMs = now.getTime() - Date.parse(at);
  if (ageMs < -ENVELOPE_AHEAD_MINUTES_MAX * MINUTE_MS) return 'ahead';
  // Not a number, too: an instant that cannot be read is none.
  if (!(ageMs <= ENVELOPE_AGE_DAYS_MAX * DAY_MS)) return 'stale';
  return sequence === last + 1 ? 'new' : 'sequence';
}
