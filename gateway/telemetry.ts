import {
  type Attributes,
  type Counter,
  type Histogram,
  metrics,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AppError, type ErrorCode, type Mode } from '#policies';

/**
 * Spans and metrics through the OpenTelemetry API. Without a provider they cost nothing and go nowhere; with `SLUICE_TELEMETRY_URL`
 * (gateway/otlp), or an SDK that an operator registers before `main.ts`, every stage is seen. What they may say is a closed list: names, classes and counts of the
 * gateway's own. Never SQL, values, names of tables or columns, tokens, paths or messages of an engine.
 */

/** Every attribute that a span or a metric may have. */
export interface TelemetryAttributes {
  readonly 'sluice.job'?: string;
  readonly 'sluice.stage'?: string;
  readonly 'sluice.mode'?: Mode;
  readonly 'sluice.code'?: ErrorCode;
  readonly 'sluice.role'?: string;
  readonly 'sluice.tier'?: string;
  readonly 'sluice.format'?: string;
  readonly 'sluice.state'?: string;
  readonly 'sluice.reason'?: string;
  readonly 'sluice.account'?: string;
}
export const TELEMETRY_ATTRIBUTES = [
  'sluice.job',
  'sluice.stage',
  'sluice.mode',
  'sluice.code',
  'sluice.role',
  'sluice.tier',
  'sluice.format',
  'sluice.state',
  'sluice.reason',
  'sluice.account',
] as const satisfies readonly (keyof TelemetryAttributes)[];

/** WHY: a backend groups by values; one that grows without end, or that a user wrote, has no business there. */
const VALUE_PATTERN = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Runs `work` in a span that ends with it. A failure marks the span with its code, or as a bug without a word of it, and
 * is thrown on.
 */
export function withSpan<T>(
  name: string,
  attributes: TelemetryAttributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  // WHY asked for each time: a tracer that was handed out keeps its provider for good.
  return trace.getTracer('sluice').startActiveSpan(name, { attributes: admissible(attributes) }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      const code: ErrorCode = error instanceof AppError ? error.code : 'INTERNAL';
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('sluice.code', code);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Counts of things that happened, and how long stages took. */
export interface GatewayMetrics {
  /** Ended jobs, by `sluice.state` and, when refused or failed, `sluice.code`. */
  jobEnded(attributes: TelemetryAttributes): void;
  /** Milliseconds of one stage, by `sluice.stage`. */
  stageTook(durationMs: number, attributes: TelemetryAttributes): void;
  /** Refused requests, by `sluice.code`. */
  requestRefused(attributes: TelemetryAttributes): void;
  /** Milliseconds that a job waited for its worker. */
  jobWaited(durationMs: number): void;
  /** Workers that ended, by `sluice.reason`; another takes the place of each while there is need. */
  workerEnded(attributes: TelemetryAttributes): void;
  /** Works that shared one transaction of the store, and its sync. */
  batchCommitted(works: number): void;
}

/** Instruments are made on first use of a meter provider, which the operator's SDK registers before. */
export function createMetrics(): GatewayMetrics {
  const meter = metrics.getMeter('sluice');
  const jobs: Counter = meter.createCounter('sluice.jobs', { description: 'jobs that ended' });
  const stages: Histogram = meter.createHistogram('sluice.stage.duration', {
    unit: 'ms',
    description: 'time of one stage',
  });
  const refusals: Counter = meter.createCounter('sluice.refusals', { description: 'requests refused' });
  const waits = meter.createHistogram('sluice.sandbox.wait', { unit: 'ms', description: 'wait of jobs for a worker' });
  const ended = meter.createCounter('sluice.sandbox.ended', { description: 'workers that ended, by reason' });
  const batches = meter.createHistogram('sluice.store.batch', {
    description: 'works that shared one transaction',
    advice: { explicitBucketBoundaries: [1, 2, 4, 8, 16, 32, 64, 128, 256] },
  });
  return {
    jobEnded: (attributes) => jobs.add(1, admissible(attributes)),
    stageTook: (durationMs, attributes) => stages.record(durationMs, admissible(attributes)),
    requestRefused: (attributes) => refusals.add(1, admissible(attributes)),
    jobWaited: (durationMs) => waits.record(durationMs),
    workerEnded: (attributes) => ended.add(1, admissible(attributes)),
    batchCommitted: (works) => batches.record(works),
  };
}

/** Runs a stage of a job in a span of its own, inside the span around it, and tells how long it took. */
export async function inStage<T>(
  metrics: GatewayMetrics,
  stage: string,
  job: string,
  work: () => Promise<T>,
): Promise<T> {
  const startedMs = performance.now();
  try {
    return await withSpan(stage, { 'sluice.job': job, 'sluice.stage': stage }, work);
  } finally {
    metrics.stageTook(performance.now() - startedMs, { 'sluice.stage': stage });
  }
}

/** The type holds callers to the list; this holds values, and objects that came from elsewhere. */
export function admissible(attributes: TelemetryAttributes): Attributes {
  const kept: Attributes = {};
  for (const name of TELEMETRY_ATTRIBUTES) {
    const value = attributes[name];
    if (typeof value === 'string' && VALUE_PATTERN.test(value)) kept[name] = value;
  }
  return kept;
}
