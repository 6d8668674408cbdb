import type { AppDeps } from '../app-deps.ts';
import type { JobEvent } from '../jobs/job-service.ts';

type StreamDeps = Pick<AppDeps, 'jobs' | 'limits' | 'onBug'>;

/**
 * A job's events in the form of server-sent events (WHATWG HTML §9.2). Never errors: whatever goes wrong ends the stream,
 * and the client asks again with the last id it saw.
 */
export function eventStream(
  deps: StreamDeps,
  job: string,
  lastId: number,
  closed: AbortSignal,
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, closed]);
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string): void => {
        if (!signal.aborted) controller.enqueue(Buffer.from(text));
      };
      const heartbeat = setInterval(() => send(': still here\n\n'), deps.limits.heartbeatMs);
      heartbeat.unref();
      void pump(deps, job, lastId, signal, send).finally(() => {
        clearInterval(heartbeat);
        if (!stop.signal.aborted) controller.close();
      });
    },
    cancel() {
      stop.abort();
    },
  });
}

async function pump(
  deps: StreamDeps,
  job: string,
  lastId: number,
  signal: AbortSignal,
  send: (text: string) => void,
): Promise<void> {
  try {
    for await (const event of deps.jobs.events(job, signal)) {
      if (signal.aborted) return;
      if (event.id > lastId) send(eventText(event));
    }
  } catch (error) {
    if (!signal.aborted) deps.onBug('event-stream', error);
  }
}

function eventText({ id, event, data }: JobEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
