/** An envelope as a side's list of a day names it. */
export interface ListedEnvelope {
  readonly key: string;
  /** SHA-256 of what the peer signed, hex. */
  readonly digest: string;
}

/** Sent, and never received here; received here, and the peer knows nothing of it; another content on either side. */
export const MISMATCH_KINDS = ['missing-here', 'missing-there', 'differs'] as const;
export type MismatchKind = (typeof MISMATCH_KINDS)[number];

export interface Mismatch {
  readonly key: string;
  readonly kind: MismatchKind;
}

/** Holds a day's list of a peer against what was received of it. @param theirs no key twice. */
export function compareLists(ours: readonly ListedEnvelope[], theirs: readonly ListedEnvelope[]): readonly Mismatch[] {
  const [here, there] = [byKey(ours), byKey(theirs)];
  const keys = [...new Set([...here.keys(), ...there.keys()])].sort();
  return keys.flatMap((key): readonly Mismatch[] => {
    if (here.get(key) === there.get(key)) return [];
    if (!here.has(key)) return [{ key, kind: 'missing-here' }];
    return [{ key, kind: there.has(key) ? 'differs' : 'missing-there' }];
  });
}

const byKey = (list: readonly ListedEnvelope[]) => new Map(list.map(({ key, digest }) => [key, digest]));

/** What a bureau decides of a mismatch: what came through the envelope stands, or counts for nothing. */
export const MISMATCH_VERDICTS = ['accept', 'discard'] as const;
export type MismatchVerdict = (typeof MISMATCH_VERDICTS)[number];

export type EnvelopeStanding = 'confirmed' | 'waiting' | 'accepted' | 'overdue' | 'mismatch' | 'discarded';

/**
 * Whether what came through an envelope counts, today. WHY overdue does not: a reconciliation that is daily and may be left out is none.
 *
 * @param mismatch of this envelope; null where there is none.
 */
export function envelopeStanding(
  {
    listDue,
    isListed,
    mismatch,
  }: {
    /** The last day on which the peer's list of the day on which it signed is in time. ISO date. Asked for where there is neither list nor mismatch. */
    readonly listDue: () => string;
    /** Whether the peer's list of that day is here. */
    readonly isListed: boolean;
    readonly mismatch: { readonly verdict: MismatchVerdict | null } | null;
  },
  today: string,
): EnvelopeStanding {
  if (mismatch !== null) return STANDING_OF[mismatch.verdict ?? 'open'];
  if (isListed) return 'confirmed';
  return today > listDue() ? 'overdue' : 'waiting';
}

const STANDING_OF = { open: 'mismatch', accept: 'accepted', discard: 'discarded' } as const;

/** Whether what came through such an envelope may be used. */
export const standsFor = (standing: EnvelopeStanding): boolean =>
  standing === 'confirmed' || standing === 'waiting' || standing === 'accepted';
