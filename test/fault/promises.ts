/** What clients were told, and may rely on whatever happens afterwards. Kept outside the gateway. */
export class Promises {
  /** Results that somebody has in hands, by job. */
  readonly results = new Map<string, ReceivedResult>();
  /** Jobs that were accepted. */
  readonly jobs = new Set<string>();
  /** The newest version of `uploads` that was acknowledged. */
  uploaded: { readonly version: number; readonly rows: number } | null = null;
  readonly withdrawn = new Set<string>();
  /** Versions of `uploads` whose destruction was answered. */
  readonly destroyed = new Set<number>();
  /** Accounts whose erasure from the log was answered. */
  readonly erased = new Set<string>();
  /** Frozen for sure, thawed for sure, or nobody knows: an order is under way. */
  freeze: { state: 'none' | 'frozen' | 'unknown'; id: string | null } = { state: 'none', id: null };
  /** Results that are not what the data say. */
  readonly wrong: string[] = [];
  /** The newest that the log gave out. */
  checkpoint: string | undefined = undefined;
}

export interface ReceivedResult {
  readonly token: string;
  readonly plan: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}
