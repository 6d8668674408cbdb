import type { ExportRecord } from './record.ts';

/**
 * Where records go. `send` resolves once the receiver has the batch, as far as its protocol can tell: a file is on the disk,
 * an HTTP receiver has answered 2xx, a TCP or TLS receiver has taken everything and ended the connection after us. Plain syslog has no
 * answer: what a receiver lost that had taken it, nobody learns of, over UDP not even what never came.
 *
 * @throws ReceiverRefusal, or what the system says of the way there; nothing of the batch counts as sent then.
 */
export interface Receiver {
  send(records: readonly ExportRecord[]): Promise<Taken>;
}

/** What became of a batch that the receiver has. */
export interface Taken {
  /** Records that the receiver took and would not keep: sent again it would not keep them either (OTLP, partial success). */
  readonly rejected: number;
  /** The receiver's own words; empty where it said none. */
  readonly reason: string;
}
export const ALL_TAKEN: Taken = Object.freeze({ rejected: 0, reason: '' });

/** The receiver was there and did not take the batch. */
export class ReceiverRefusal extends Error {
  override readonly name = 'ReceiverRefusal';
  /** How long it wants to be left alone; null where it does not say. */
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Longest that a receiver may take for a batch. */
export const SEND_MS_MAX = 30_000;

/** Certificates in PEM: whom we trust instead of the system's, and who we are. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}
