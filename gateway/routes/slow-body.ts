import { AppError } from '#policies';

/** Bodies that come so slowly that they only hold what others need. */

/** @throws AppError REQUEST_TOO_SLOW (seconds) when `read` takes longer. */
export async function within<T>(msMax: number, read: Promise<T>): Promise<T> {
  const tooSlow = Promise.withResolvers<never>();
  const refuse = () => tooSlow.reject(new AppError('REQUEST_TOO_SLOW', { seconds: msMax / 1_000 }));
  const timer = setTimeout(refuse, msMax);
  read.catch(() => undefined); // after the refusal nobody else listens
  try {
    return await Promise.race([read, tooSlow.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same pieces. @throws AppError REQUEST_TOO_SLOW (seconds) where one of them is longer on its way. */
export async function* withoutPauses(body: AsyncIterable<Uint8Array>, msMax: number): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await within(msMax, pieces.next());
      ended = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // WHY not awaited: a transport that is stuck in `next()` would never answer.
    if (!ended) void Promise.resolve(pieces.return?.()).catch(() => undefined);
  }
}
