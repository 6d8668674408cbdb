/**
 * Goal: a collector of OpenTelemetry gets spans and metrics from a gateway without an SDK, whatever becomes of the collector meanwhile,
 * and nothing of what they are about.
 * Method: a collector of our own, read as OTLP/HTTP says; a real gateway, an answer, a refusal; the collector is away at first.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, metrics, trace } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTelemetry } from '../../../gateway/otlp/index.ts';
import { TELEMETRY_ATTRIBUTES } from '../../../gateway/telemetry.ts';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from '../life/people.ts';
import { ask, publish, type RunningGateway, startGateway } from '../life/running-gateway.ts';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code: number };
}
interface Point {
  readonly attributes: readonly Attribute[];
  readonly asDouble?: number;
  readonly count?: string;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}
interface Metric {
  readonly name: string;
  readonly sum?: {
    readonly aggregationTemporality: number;
    readonly isMonotonic: boolean;
    readonly dataPoints: Point[];
  };
  readonly gauge?: { readonly dataPoints: readonly Point[] };
  readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly Point[] };
}

const spans: Span[] = [];
let latest: readonly Metric[] = [];
const heard: string[] = [];
const tokens = new Set<unknown>();
const changes: boolean[] = [];
let isAway = true;
const collector = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (isAway) return void response.writeHead(503).end();
    const text = Buffer.concat(chunks).toString('utf8');
    heard.push(text);
    tokens.add(request.headers.authorization);
    const body = JSON.parse(text) as {
      resourceSpans?: { scopeSpans: { spans: Span[] }[] }[];
      resourceMetrics?: { scopeMetrics: { metrics: Metric[] }[] }[];
    };
    spans.push(...(body.resourceSpans?.flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans)) ?? []));
    latest = body.resourceMetrics?.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics)) ?? latest;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
});

let running: RunningGateway;
let developer: string;
let telemetry: ReturnType<typeof startTelemetry>;
beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  telemetry = startTelemetry({
    url: `http://127.0.0.1:${port}`,
    headers: { Authorization: 'Bearer t' },
    version: 'test',
    everyMs: 50,
    changed: (isTaken) => changes.push(isTaken),
  });
  running = await startGateway();
  developer = (await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }, { plan: 'people' })).developer;
});
afterAll(async () => {
  await telemetry.close();
  await running.destroy();
  collector.close();
  for (const api of [trace, metrics, context]) api.disable();
});

const pointOf = (name: string, ...words: readonly string[]) => {
  const found = latest.find((one) => one.name === name);
  const points = found?.sum?.dataPoints ?? found?.gauge?.dataPoints ?? found?.histogram?.dataPoints ?? [];
  const isMeant = ({ attributes }: Point) =>
    words.every((word) => attributes.some(({ value }) => value.stringValue === word));
  return points.find(isMeant);
};

test('nothing is lost while the collector is away, and its absence is told once', async () => {
  await ask(running, developer, 'people', 'SELECT dept, sum(pay) FROM people GROUP BY dept');
  await ask(running, developer, 'people', 'SELECT id FROM people');
  await expect.poll(() => changes).toEqual([false]);
  expect(spans).toEqual([]);
  isAway = false;
  await expect.poll(() => changes, { timeout: 10_000 }).toEqual([false, true]);
  await expect.poll(() => spans.filter(({ name }) => name === 'release').length).toBe(2);
  expect(tokens).toEqual(new Set(['Bearer t']));
});

test('one trace a request, from its arrival to the release, each span within its parent', () => {
  const released = spans.find(({ name }) => name === 'protect');
  const family = spans.filter(({ traceId }) => traceId === released?.traceId);
  const byId = new Map(family.map((span) => [span.spanId, span]));
  const names = new Set(family.map(({ name }) => name));
  for (const name of 'request admit compile parse decide intent execute protect run screen tick outcome release'.split(
    ' ',
  ))
    expect(names, name).toContain(name);
  const parents = (name: string) => {
    const found = family.find((span) => span.name === name);
    return byId.get(found?.parentSpanId ?? '')?.name;
  };
  expect(['run', 'protect', 'execute', 'decide', 'request'].map(parents)).toEqual([
    'protect',
    'execute',
    'request',
    'compile',
    undefined,
  ]);
  for (const { traceId, spanId, startTimeUnixNano, endTimeUnixNano, kind, name } of family) {
    expect([traceId, spanId]).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}$/),
      expect.stringMatching(/^[0-9a-f]{16}$/),
    ]);
    expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
    expect(kind).toBe(name === 'request' ? 2 : 1);
  }
  const refused = spans.filter(({ attributes }) =>
    attributes.some(({ value }) => value.stringValue === 'POLICY_IDENTIFIER_USE'),
  );
  expect(refused.map(({ name, status }) => [name, status.code])).toContainEqual(['decide', 2]);
});

test('a client’s trace goes on in ours', async () => {
  const traceId = 'a'.repeat(32);
  const headers = { traceparent: `00-${traceId}-${'b'.repeat(16)}-00` };
  const answer = await running.request(developer, 'GET', '/v1/budgets', undefined, headers);
  await expect.poll(() => spans.some((span) => span.traceId === traceId)).toBe(true);
  const span = spans.find((one) => one.traceId === traceId);
  expect(span?.parentSpanId).toBe('b'.repeat(16));
  expect(answer.headers.get('traceparent')).toContain(`${traceId}-${span?.spanId}`);
});

test('jobs, denials, budgets, queue and workers are measured', async () => {
  await expect.poll(() => pointOf('sluice.jobs', 'finished')?.asDouble).toBe(1);
  expect(pointOf('sluice.jobs', 'refused', 'POLICY_IDENTIFIER_USE')?.asDouble).toBe(1);
  expect(latest.find(({ name }) => name === 'sluice.jobs')?.sum).toMatchObject({
    aggregationTemporality: 2,
    isMonotonic: true,
  });
  expect(pointOf('sluice.sandbox.queue')?.asDouble).toBe(0);
  expect(pointOf('sluice.sandbox.workers', 'idle')?.asDouble).toBeGreaterThanOrEqual(1);
  const { count, bucketCounts = [], explicitBounds = [] } = pointOf('sluice.stage.duration', 'execute') ?? {};
  expect(bucketCounts.reduce((sum, one) => sum + Number(one), 0)).toBe(Number(count));
  expect(bucketCounts.length).toBe(explicitBounds.length + 1);
});

test('no name, no value, no query is in it', () => {
  const all = heard.join('\n');
  const facts = [...TELEMETRY_ATTRIBUTES, 'service.name', 'service.version', 'service.instance.id'];
  const keys = new Set([...all.matchAll(/"key":"([^"]*)"/g)].map(([, key = '']) => key));
  expect([...keys].filter((key) => !facts.includes(key))).toEqual([]);
  for (const word of ['alice', 'linkong', 'people', 'dept', 'pay', 'SELECT']) expect(all).not.toContain(word);
  expect(all, 'control').toContain('sluice.stage');
});
