import { createHash } from 'node:crypto';
import { AppError } from '#policies/stored-tables';

/** Where the body's bytes were cut on the wire must not show: everything after works on blocks of this size. */
export const BLOCK_BYTES = 256 * 1024;

export interface BodyTotals {
  readonly bytes: number;
  /** Hex. Complete only after the last block. */
  readonly sha256: string;
}

export interface BodyBlocks {
  /** Each block is overwritten by the next: copy what is to be kept. */
  readonly blocks: AsyncIterable<Buffer>;
  bytes(): number;
  totals(): BodyTotals;
}

/**
 * The body in blocks of 256 KiB, the last one shorter; counted, hashed and held to its limits on the way.
 * @throws AppError UPLOAD_TOO_LARGE, UPLOAD_INTERRUPTED (the body failed, was aborted, or is not as long as declared)
 */
export function readBodyBlocks(
  body: AsyncIterable<Uint8Array>,
  limits: { readonly declaredBytes: number | null; readonly bytesMax: number; readonly signal: AbortSignal | null },
): BodyBlocks {
  const digest = createHash('sha256');
  let bytes = 0;
  const take = (piece: Uint8Array): void => {
    bytes += piece.byteLength;
    if (bytes > limits.bytesMax) throw new AppError('UPLOAD_TOO_LARGE', { bytesMax: limits.bytesMax });
    if (limits.declaredBytes !== null && bytes > limits.declaredBytes) throw interrupted(bytes);
    digest.update(piece);
  };
  const blocks = async function* (): AsyncGenerator<Buffer> {
    if (limits.declaredBytes !== null && limits.declaredBytes > limits.bytesMax) {
      throw new AppError('UPLOAD_TOO_LARGE', { bytesMax: limits.bytesMax });
    }
    // WHY one for all: a fresh buffer per block leaves more garbage than the collector takes away in time.
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let filled = 0;
    for await (const piece of piecesOf(body, limits.signal, () => bytes)) {
      take(piece);
      for (let at = 0; at < piece.byteLength; ) {
        const part = piece.subarray(at, at + BLOCK_BYTES - filled);
        block.set(part, filled);
        filled += part.byteLength;
        at += part.byteLength;
        if (filled < BLOCK_BYTES) continue;
        yield block;
        filled = 0;
      }
    }
    if (limits.declaredBytes !== null && bytes !== limits.declaredBytes) throw interrupted(bytes);
    if (filled > 0) yield block.subarray(0, filled);
  };
  return { blocks: blocks(), bytes: () => bytes, totals: () => ({ bytes, sha256: digest.copy().digest('hex') }) };
}

function interrupted(bytes: number, cause?: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError('UPLOAD_INTERRUPTED', { bytes }, null, cause);
}

/**
 * Whatever the transport throws means that the body did not arrive; an AppError of its own passes, as that of an abort does. An
 * abort is heard even while the transport is silent.
 */
async function* piecesOf(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | null,
  bytes: () => number,
): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  let stop: (reason: unknown) => void = () => undefined;
  const onAbort = (): void => stop(interrupted(bytes(), signal?.reason));
  // WHY not Promise.race with one promise for the abort: that promise would hold on to every piece ever read.
  const nextPiece = (): Promise<IteratorResult<Uint8Array>> =>
    new Promise((resolve, reject) => {
      stop = reject;
      if (signal?.aborted === true) onAbort();
      else pieces.next().then(resolve, reject);
    });
  signal?.addEventListener('abort', onAbort);
  let ended = false;
  try {
    for (;;) {
      const next = await nextPiece();
      ended = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw interrupted(bytes(), error);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    // WHY not awaited: a transport that is stuck in `next()` would never answer.
    if (!ended) void Promise.resolve(pieces.return?.()).catch(() => undefined);
  }
}
