import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  INVALID_SPANID,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';

/** A span that has ended, as the protocol tells it. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly attributes: Attributes;
  readonly isError: boolean;
}

const NANO_PER_MS = 1e6;
/** Wall clock with the steps of the monotonic one: a span never ends before it begins. */
export const nowNano = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * NANO_PER_MS));

/** Spans that end up in `ended`. Every one is recorded, whatever a client's `traceparent` says: who asks does not choose what is seen. */
export function spanRecorder(ended: (span: EndedSpan) => void): TracerProvider {
  function startSpan(name: string, _options: SpanOptions = {}, parent: Context = context.active()): Span {
    const above = trace.getSpanContext(parent);
    return new RecordedSpan(name, above !== undefined && isSpanContextValid(above) ? above : null, ended);
  }
  function startActiveSpan(name: string, ...rest: readonly unknown[]): unknown {
    const work = rest.at(-1) as (span: Span) => unknown;
    const [options = {}, parent = context.active()] = rest.slice(0, -1) as [SpanOptions?, Context?];
    const span = startSpan(name, options, parent);
    if ('attributes' in options && options.attributes !== undefined) span.setAttributes(options.attributes);
    return context.with(trace.setSpan(parent, span), work, undefined, span);
  }
  const tracer: Tracer = { startSpan, startActiveSpan };
  return { getTracer: () => tracer };
}

/** INVARIANT: no events, links or exceptions: what `withSpan` admits is all that a span holds. */
class RecordedSpan implements Span {
  readonly #context: SpanContext;
  readonly #parent: SpanContext | null;
  readonly #ended: (span: EndedSpan) => void;
  readonly #startNano = nowNano();
  readonly #attributes: Attributes = {};
  #name: string;
  #isError = false;
  #isEnded = false;

  constructor(name: string, parent: SpanContext | null, ended: (span: EndedSpan) => void) {
    const traceId = parent?.traceId ?? randomBytes(16).toString('hex');
    this.#context = { traceId, spanId: randomBytes(8).toString('hex'), traceFlags: TraceFlags.SAMPLED };
    this.#parent = parent;
    this.#name = name;
    this.#ended = ended;
  }
  spanContext(): SpanContext {
    return this.#context;
  }
  setAttribute(key: string, value: unknown): this {
    this.#attributes[key] = String(value);
    return this;
  }
  setAttributes(attributes: Attributes): this {
    for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value);
    return this;
  }
  setStatus({ code }: SpanStatus): this {
    this.#isError = code === SpanStatusCode.ERROR;
    return this;
  }
  updateName(name: string): this {
    this.#name = name;
    return this;
  }
  addEvent(): this {
    return this;
  }
  addLink(): this {
    return this;
  }
  addLinks(): this {
    return this;
  }
  recordException(): void {}
  isRecording(): boolean {
    return !this.#isEnded;
  }
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { traceId, spanId } = this.#context;
    const parentSpanId = this.#parent?.spanId ?? INVALID_SPANID;
    this.#ended({
      traceId,
      spanId,
      parentSpanId: parentSpanId === INVALID_SPANID ? null : parentSpanId,
      name: this.#name,
      startNano: this.#startNano,
      endNano: nowNano(),
      attributes: this.#attributes,
      isError: this.#isError,
    });
  }
}

/** Which span is around, across promises. */
export function asyncContexts(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...args) => storage.run(active, () => work.call(self as never, ...args)),
    bind: (active, target) =>
      typeof target === 'function'
        ? (((...args: unknown[]) => storage.run(active, () => target(...args))) as typeof target)
        : target,
    enable: () => manager,
    disable: () => {
      storage.disable();
      return manager;
    },
  };
  return manager;
}
