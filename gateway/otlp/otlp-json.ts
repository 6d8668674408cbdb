import type { Attributes } from '@opentelemetry/api';
import type { Measured, MeasuredPoint } from './measurements.ts';
import type { EndedSpan } from './spans.ts';

/** OTLP/HTTP in JSON (OpenTelemetry protocol 1.3): 64-bit numbers are texts, ids hexadecimal. */

export interface ServiceFacts {
  readonly version: string;
  /** Another for each start. */
  readonly instance: string;
}

const SCOPE = { name: 'sluice' };
const SPAN_KIND = { server: 2, internal: 1 };
const STATUS = { unset: 0, error: 2 };
const CUMULATIVE = 2;

const resourceOf = ({ version, instance }: ServiceFacts) => ({
  attributes: keyValues({
    'service.name': 'sluice',
    'service.version': version,
    'service.instance.id': instance,
  }),
});

/** The body of `POST /v1/traces`. */
export function otlpTraces(spans: readonly EndedSpan[], facts: ServiceFacts) {
  return {
    resourceSpans: [{ resource: resourceOf(facts), scopeSpans: [{ scope: SCOPE, spans: spans.map(spanJson) }] }],
  };
}

function spanJson({ traceId, spanId, parentSpanId, name, startNano, endNano, attributes, isError }: EndedSpan) {
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name,
    kind: name === 'request' ? SPAN_KIND.server : SPAN_KIND.internal,
    startTimeUnixNano: String(startNano),
    endTimeUnixNano: String(endNano),
    attributes: keyValues(attributes),
    status: { code: isError ? STATUS.error : STATUS.unset },
  };
}

export interface Stretch {
  readonly startNano: bigint;
  readonly nowNano: bigint;
}

/** The body of `POST /v1/metrics`. */
export function otlpMetrics(measured: readonly Measured[], stretch: Stretch, facts: ServiceFacts) {
  const metrics = measured.filter(({ points }) => points.length > 0).map((one) => metricJson(one, stretch));
  return { resourceMetrics: [{ resource: resourceOf(facts), scopeMetrics: [{ scope: SCOPE, metrics }] }] };
}

function metricJson({ name, description, unit, kind, isMonotonic, points }: Measured, stretch: Stretch) {
  const dataPoints = points.map((point) => pointJson(point, kind, stretch));
  const data = {
    sum: { sum: { aggregationTemporality: CUMULATIVE, isMonotonic, dataPoints } },
    gauge: { gauge: { dataPoints } },
    histogram: { histogram: { aggregationTemporality: CUMULATIVE, dataPoints } },
  }[kind];
  return { name, description, unit, ...data };
}

function pointJson({ attributes, value, histogram }: MeasuredPoint, kind: Measured['kind'], stretch: Stretch) {
  const at = {
    attributes: keyValues(attributes),
    ...(kind === 'gauge' ? {} : { startTimeUnixNano: String(stretch.startNano) }),
    timeUnixNano: String(stretch.nowNano),
  };
  if (histogram === null) return { ...at, asDouble: value };
  const { bounds, counts, sum, count } = histogram;
  return { ...at, count: String(count), sum, bucketCounts: counts.map(String), explicitBounds: bounds };
}

function keyValues(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));
}
