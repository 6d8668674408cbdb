import { randomBytes } from 'node:crypto';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MiddlewareHandler } from 'hono';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { chooseLanguage } from '../messages/language.ts';
import { readJsonBody } from './json-body.ts';
import type { RouteFacts, RouteTable } from './route-table.ts';

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
  const tracer = trace.getTracer('sluice');
  return async (c, next) => {
    c.set('language', chooseLanguage(c.req.header('accept-language')));
    const traced = traceOf(c.req.header('traceparent'));
    const span = tracer.startSpan(`HTTP ${c.req.method}`, { kind: SpanKind.SERVER });
    await next();
    // WHY: names and classes only; a path holds ids, a query text holds words of the user.
    span.setAttribute('http.response.status_code', c.res.status);
    if (c.res.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    const headers = c.res.headers;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value);
    headers.set('traceparent', traced);
    headers.append('Vary', 'Accept, Accept-Language, Authorization');
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  };
}

/** Finds the operation, then asks for its token, then reads its body: nobody without a token costs a parse. */
export function gate(deps: AppDeps, routes: () => RouteTable): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const facts = operationFor(routes(), c.req.method, c.req.path);
    if (!facts.isPublic) c.set('caller', await deps.authenticate(c.req.header('authorization')));
    if (facts.body === 'json') await readJsonBody(c, deps.limits.jsonBytesMax);
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

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;

/** W3C Trace Context: the caller's trace with a span of our own, or a new trace where the header is not valid. */
function traceOf(traceparent: string | undefined): string {
  const [, traceId = '', parentId = '', flags = '00'] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  const isValid = traceparent?.startsWith('ff') === false && /[1-9a-f]/.test(traceId) && /[1-9a-f]/.test(parentId);
  const span = randomBytes(8).toString('hex');
  return isValid ? `00-${traceId}-${span}-${flags}` : `00-${randomBytes(16).toString('hex')}-${span}-00`;
}
