import { randomUUID } from 'node:crypto';
import { context, metrics, trace } from '@opentelemetry/api';
import { type HttpHeaders, postForSuccess } from '../exports/index.ts';
import { measurementRecorder } from './measurements.ts';
import { otlpMetrics, otlpTraces } from './otlp-json.ts';
import { asyncContexts, type EndedSpan, nowNano, spanRecorder } from './spans.ts';

export interface TelemetryOptions {
  /** Of the collector, without `/v1/…`. */
  readonly url: string;
  readonly headers: HttpHeaders;
  readonly version: string;
  readonly everyMs?: number;
  /** Told when the collector stops or begins again to take what it is sent. */
  readonly changed: (isTaken: boolean) => void;
}

const EVERY_MS = 5_000;
/** WHY less than an export of the log waits: a stop of the gateway waits for the last one. */
const POST_MS_MAX = 5_000;
/** What waits while the collector is away; the oldest goes first. */
const SPANS_KEPT_MAX = 8_192;
const SPANS_AT_ONCE = 512;

/**
 * Registers a recorder behind the OpenTelemetry API, and sends spans and metrics to a collector (OTLP/HTTP, JSON) until it is closed.
 * Call before anything is assembled: instruments belong to the provider that is there when they are made. Where an operator's own SDK was
 * registered before, that one stays, and nothing is sent from here. Nothing waits for the collector; metrics are cumulative, so that what
 * it missed it has with the next.
 */
export function startTelemetry(options: TelemetryOptions): { close(): Promise<void> } {
  const waiting: EndedSpan[] = [];
  const measured = measurementRecorder();
  const isOurs = metrics.setGlobalMeterProvider(measured.provider);
  const dropped = measured.provider.getMeter('sluice').createCounter('sluice.telemetry.dropped', {
    description: 'spans that the collector did not get: it was away',
  });
  const tracers = spanRecorder((span) => {
    waiting.push(span);
    if (waiting.length > SPANS_KEPT_MAX) {
      waiting.shift();
      dropped.add(1);
    }
  });
  if (trace.setGlobalTracerProvider(tracers)) context.setGlobalContextManager(asyncContexts());
  const facts = { version: options.version, instance: randomUUID() };
  const startNano = nowNano();
  let isTaken = true;

  const post = (path: string, body: object) =>
    postForSuccess(
      `${options.url}${path}`,
      JSON.stringify(body),
      { 'Content-Type': 'application/json', ...options.headers },
      { timeoutMs: POST_MS_MAX },
    );

  function tell(isTakenNow: boolean): void {
    if (isTakenNow !== isTaken) options.changed(isTakenNow);
    isTaken = isTakenNow;
  }

  async function flush(): Promise<void> {
    try {
      while (waiting.length > 0) {
        const spans = waiting.slice(0, SPANS_AT_ONCE);
        await post('/v1/traces', otlpTraces(spans, facts));
        const last = spans.at(-1);
        waiting.splice(0, last === undefined ? 0 : waiting.indexOf(last) + 1); // some may have been dropped meanwhile
      }
      if (isOurs)
        await post('/v1/metrics', otlpMetrics(await measured.collect(), { startNano, nowNano: nowNano() }, facts));
      tell(true);
    } catch {
      tell(false);
    }
  }

  let flushing = Promise.resolve();
  const timer = setInterval(() => {
    flushing = flushing.then(flush);
  }, options.everyMs ?? EVERY_MS).unref();
  return {
    async close() {
      clearInterval(timer);
      await flushing;
      await flush();
    },
  };
}
