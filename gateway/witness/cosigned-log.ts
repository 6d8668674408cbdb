import { AppError } from '#policies';
import { type AccessLog, type Checkpoint, openCheckpoint, parseVkey } from '../audit/index.ts';
import { linesOf, readCosignature } from './cosignature.ts';
import type { CosignatureVerifier } from './cosigner-key.ts';

/** The gateway's side of its witness. */
export interface CosignedLog {
  /** The newest checkpoint that the witness has cosigned, with its lines; null while there is none. */
  latest(): Checkpoint | null;
  /**
   * Resolves once the witness has cosigned a tree of more than `index` entries; false when it has not within the time that
   * is given to it. One request serves all that wait.
   */
  covers(index: number): Promise<boolean>;
  close(): void;
}

export interface CosignedLogDeps {
  readonly log: Pick<AccessLog, 'checkpoint' | 'consistency' | 'verifierKey'>;
  /** `POST <url>/add-checkpoint`. */
  readonly url: string;
  readonly verifier: CosignatureVerifier;
  /** Longest that one release waits for the witness, milliseconds. */
  readonly waitMsMax: number;
  /** Told when the witness knows a larger tree than this log, or another of the same size: the log was set back. */
  readonly onContradiction: (size: number) => void;
  readonly send?: typeof fetch;
}

/** Between two requests while the witness does not answer. */
const RETRY_MS = 500;
const REQUEST_MS_MAX = 5_000;

export function openCosignedLog(deps: CosignedLogDeps): CosignedLog {
  const { log, verifier, waitMsMax, onContradiction } = deps;
  const send = deps.send ?? fetch;
  const closing = new AbortController();
  let latest: Checkpoint | null = null;
  let oldSize = 0;
  let asking: Promise<void> | null = null;

  async function ask(): Promise<void> {
    const checkpoint = log.checkpoint();
    const proof = log.consistency(oldSize);
    if (proof === null) return onContradiction(oldSize);
    const lines = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`);
    const body = `old ${oldSize}\n${lines.join('')}\n${checkpoint.note}`;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(REQUEST_MS_MAX)]);
    const answer = await send(`${deps.url}/add-checkpoint`, { method: 'POST', body, signal });
    const text = await answer.text();
    if (answer.status === 409) return void meetWitness(Number(text), checkpoint.size);
    if (answer.status !== 200) throw new Error(`the witness answered ${answer.status}`);
    take(checkpoint, text);
  }

  /** The witness is elsewhere than was thought, as after a restart of either. */
  function meetWitness(size: number, ours: number): void {
    if (!Number.isSafeInteger(size) || size > ours || size === oldSize) onContradiction(size);
    else oldSize = size;
  }

  function take(checkpoint: Checkpoint, text: string): void {
    const own = parseVkey(log.verifierKey);
    const parsed = own === null ? null : openCheckpoint(checkpoint.note, own);
    const isGood = parsed !== null && readCosignature(text.split('\n'), parsed, verifier) !== null;
    if (!isGood) throw new Error('the witness’s signature is not its own');
    const known = text.split('\n').filter((line) => line.startsWith(`— ${verifier.name} `));
    latest = { ...checkpoint, note: `${checkpoint.note}${known.map((line) => `${line}\n`).join('')}` };
    oldSize = checkpoint.size;
  }

  return {
    latest: () => latest,
    async covers(index) {
      const untilMs = performance.now() + waitMsMax;
      while (latest === null || latest.size <= index) {
        const sizeBefore = oldSize;
        asking ??= ask()
          .catch(() => undefined) // the witness is away: asked again below
          .finally(() => (asking = null));
        await asking;
        if (latest !== null && latest.size > index) break;
        if (performance.now() >= untilMs || closing.signal.aborted) return false;
        if (oldSize === sizeBefore) await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
      return true;
    },
    close: () => closing.abort(new AppError('JOB_CANCELLED')),
  };
}

/** A checkpoint's cosignature by this witness, for those who check a receipt. POSIX seconds; null when there is none. */
export function cosignedAt(note: string, logVkey: string, witness: CosignatureVerifier): number | null {
  const verifier = parseVkey(logVkey);
  const parsed = verifier === null ? null : openCheckpoint(note, verifier);
  return parsed === null ? null : readCosignature(linesOf(note), parsed, witness);
}
