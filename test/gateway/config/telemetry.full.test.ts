import { type Span, SpanStatusCode, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { admissible, createMetrics, inStage, type TelemetryAttributes, withSpan } from '../../../gateway/telemetry.ts';
import { AppError } from '../../../policies/errors.ts';

interface Recorded {
  name: string;
  attributes: Record<string, unknown>;
  status: SpanStatusCode;
  ended: boolean;
}
let spans: Recorded[] = [];

/** The smallest provider that shows what a real one would be given. */
function recordingTracer(): Tracer {
  const start = (name: string, attributes: Record<string, unknown>): Span => {
    const recorded: Recorded = { name, attributes: { ...attributes }, status: SpanStatusCode.UNSET, ended: false };
    spans.push(recorded);
    const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });
    return Object.assign(Object.create(span) as Span, {
      setAttribute: (key: string, value: unknown) => Object.assign(recorded.attributes, { [key]: value }),
      setStatus: ({ code }: { code: SpanStatusCode }) => Object.assign(recorded, { status: code }),
      end: () => Object.assign(recorded, { ended: true }),
    });
  };
  const startActiveSpan = ((
    name: string,
    options: { attributes?: Record<string, unknown> },
    work: (span: Span) => unknown,
  ) => work(start(name, options.attributes ?? {}))) as Tracer['startActiveSpan'];
  return { startSpan: (name, options) => start(name, options?.attributes ?? {}), startActiveSpan };
}

beforeAll(() => {
  const provider: TracerProvider = { getTracer: recordingTracer };
  expect(trace.setGlobalTracerProvider(provider)).toBe(true);
});
afterAll(() => trace.disable());
beforeEach(() => {
  spans = [];
});

test('a span carries what the list names, and nothing else that it is given', async () => {
  const given = { 'sluice.stage': 'parse', 'db.statement': 'SELECT canary', 'sluice.job': 'canary with spaces' };
  expect(await withSpan('stage', given as TelemetryAttributes, async () => 7)).toBe(7);
  expect(spans).toEqual([
    { name: 'stage', attributes: { 'sluice.stage': 'parse' }, status: SpanStatusCode.UNSET, ended: true },
  ]);
});

test('a failure leaves its code alone', async () => {
  const refused = new AppError('SQL_TABLE_UNKNOWN', { table: 'canary' });
  await expect(withSpan('stage', {}, () => Promise.reject(refused))).rejects.toBe(refused);
  await expect(withSpan('stage', {}, () => Promise.reject(new Error('canary')))).rejects.toThrow('canary');
  expect(spans.map(({ attributes }) => attributes)).toEqual([
    { 'sluice.code': 'SQL_TABLE_UNKNOWN' },
    { 'sluice.code': 'INTERNAL' },
  ]);
  expect(spans.every(({ status, ended }) => ended && status === SpanStatusCode.ERROR)).toBe(true);
});

test('values that could be data are dropped', () => {
  for (const value of ['', 'a b', "x'", '中', 'x'.repeat(65), 'a\nb'])
    expect(admissible({ 'sluice.job': value })).toEqual({});
  expect(admissible({ 'sluice.job': 'job_01JB' })).toEqual({ 'sluice.job': 'job_01JB' });
});

test('without an SDK metrics cost nothing and raise nothing', () => {
  const measured = createMetrics();
  measured.jobEnded({ 'sluice.state': 'finished' });
  measured.stageTook(1.5, { 'sluice.stage': 'parse' });
  measured.requestRefused({ 'sluice.code': 'TOKEN_MISSING' });
});

test('a stage is a span and a time, also where it fails', async () => {
  const took: Record<string, unknown>[] = [];
  const metrics = {
    ...createMetrics(),
    stageTook: (ms: number, attributes: TelemetryAttributes) => void took.push({ isTime: ms >= 0, ...attributes }),
  };
  expect(await inStage(metrics, 'execute', 'j1', async () => 7)).toBe(7);
  await expect(
    inStage(metrics, 'execute', 'j1', () => Promise.reject(new AppError('SANDBOX_TIMEOUT', { deadlineMs: 1 }))),
  ).rejects.toThrow();
  expect(spans.map(({ name, attributes }) => [name, attributes])).toEqual([
    ['execute', { 'sluice.job': 'j1', 'sluice.stage': 'execute' }],
    ['execute', { 'sluice.job': 'j1', 'sluice.stage': 'execute', 'sluice.code': 'SANDBOX_TIMEOUT' }],
  ]);
  expect(took).toEqual(Array(2).fill({ isTime: true, 'sluice.stage': 'execute' }));
});
