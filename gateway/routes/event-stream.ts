import type { AppDeps } from '../app-deps.ts';

/**
 * A job's events in the form of server-sent events (WHATWG HTML §9.2). Never errors: whatever goes wrong ends the stream,
 * and the client asks again with the last id it saw.
 */
export function eventStream(
  deps: Pick<AppDeps, 'jobs' | 'limits' | 'onBug'>,
  job: string,
  lastId: number,
  closed: AbortSignal,
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, closed]);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const heartbeat = setInterval(() => controller.enqueue(encoder.encode(': still here\n\n')), deps.limits.heartbeatMs);
      heartbeat.unref();
      const end = (): void => {
        clearInterval(heartbeat);
        if (!stop.signal.aborted) controller.close();
      };
      signal.addEventListener('abort', () => clearInterval(heartbeat), { once: true });
      void pump(controller, encoder, signal).then(end, (error: unknown) => {
        if (!signal.aborted) deps.onBug('event-stream', error);
        end();
      });
    },
    cancel() {
      stop.abort();
    },
  });

  async function pump(
    controller: ReadableStreamDefaultController<Uint8Array>,
    encoder: TextEncoder,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const { id, event, data } of deps.jobs.events(job, signal)) {
      if (signal.aborted) return;
      if (id > lastId) controller.enqueue(encoder.encode(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
    }
  }
}
