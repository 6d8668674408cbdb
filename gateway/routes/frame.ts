import { randomBytes } from 'node:crypto';
import { context, isSpanContextValid, type SpanContext, trace } from '@opentelemetry/api';
import type { MiddlewareHandler } from 'hono';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { chooseLanguage } from '../messages/language.ts';
import { withSpan } from '../telemetry.ts';
import { readJsonBody } from './json-body.ts';
import type { RouteFacts, RouteTable } from './route-table.ts';
import { within } from './slow-body.ts';

/** What stands around every operation, in order: language, trace, headers; then route, token, body. */

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Language, trace context and the headers of every answer, errors included. */
export function frame(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.set('language', chooseLanguage(c.req.header('accept-language')));
    const caller = readTraceparent(c.req.header('traceparent'));
    const parent = caller === null ? context.active() : trace.setSpanContext(context.active(), caller);
    // WHY a constant name: a method and a path are the client's words.
    const own = await context.with(parent, () =>
      withSpan('request', {}, async (span) => {
        await next();
        return span.spanContext();
      }),
    );
    const { headers } = c.res;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value);
    headers.set('traceparent', traceparentOf(caller, own));
    headers.append('Vary', 'Accept, Accept-Language, Authorization');
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  };
}

/** Finds the operation, then asks for its token, then reads its body: nobody without a token costs a parse. */
export function gate(deps: AppDeps, routes: () => RouteTable): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const facts = operationFor(routes(), c.req.method, c.req.path);
    if (!facts.isPublic) c.set('caller', await deps.authenticate(c.req.header('authorization')));
    if (facts.body === 'json')
      await within(deps.limits.jsonMsMax, readJsonBody(c, deps.limits.jsonBytesMax, facts.types));
    await next();
  };
}

function operationFor(routes: RouteTable, method: string, path: string): RouteFacts {
  const facts = routes.find(method, path);
  if (facts !== null) return facts;
  const allowed = routes.methodsOf(path);
  if (allowed.length === 0) throw new AppError('ROUTE_NOT_FOUND', { path });
  throw new AppError('METHOD_NOT_ALLOWED', { method, allowed });
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;

/** The caller's span by W3C Trace Context; null where the header is absent or not valid. */
function readTraceparent(traceparent: string | undefined): SpanContext | null {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(span) ? span : null;
}

/** What the caller can ask its own traces for: our span, or where nothing records one, a fresh id in the same trace. */
function traceparentOf(caller: SpanContext | null, own: SpanContext): string {
  const recorded = isSpanContextValid(own) && own.spanId !== caller?.spanId;
  const traceId = recorded ? own.traceId : (caller?.traceId ?? randomBytes(16).toString('hex'));
  const spanId = recorded ? own.spanId : randomBytes(8).toString('hex');
  const flags = recorded ? own.traceFlags : (caller?.traceFlags ?? 0);
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}
