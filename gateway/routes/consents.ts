import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { type ConsentKey, listConsentKeys } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { CONSENTS_TARGET, requirePermit } from './access.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  ConsentKeyListSchema,
  ConsentKeyParamsSchema,
  ConsentKeyRequestSchema,
  ConsentKeySchema,
  ConsentWithdrawalSchema,
  ConsentWithdrawnSchema,
} from './schemas/lookup.ts';
import { json, linksTo, problems } from './schemas/problem.ts';

const addRoute = createRoute({
  method: 'post',
  path: '/v1/consent-keys',
  operationId: 'addConsentKey',
  summary: 'Register a key whose signatures make consents',
  description: 'Of an issuer that establishes who consents, or of one subject for itself.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ConsentKeyRequestSchema } } },
  },
  responses: {
    201: { ...json(ConsentKeySchema, 'registered'), links: linksTo('revokeConsentKey') },
    ...problems(400, 401, 403, 408, 413, 415, 422, 503),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/consent-keys',
  operationId: 'listConsentKeys',
  summary: 'List the keys of consents',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { query: NO_QUERY },
  responses: { 200: json(ConsentKeyListSchema, 'all of them'), ...problems(400, 401, 403, 503) },
});

const revokeRoute = createRoute({
  method: 'delete',
  path: '/v1/consent-keys/{id}',
  operationId: 'revokeConsentKey',
  summary: 'Revoke a key of consents',
  description: 'At once and for good: what it signed covers nothing any more.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { params: ConsentKeyParamsSchema, query: NO_QUERY },
  responses: { 200: json(ConsentKeySchema, 'revoked'), ...problems(400, 401, 403, 404, 503) },
});

const withdrawRoute = createRoute({
  method: 'post',
  path: '/v1/consents/withdrawals',
  operationId: 'withdrawConsent',
  summary: 'Withdraw a consent',
  description: 'By anybody who holds the token, at once and for good (PIPL art. 15).',
  tags: [TAG.everyone],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ConsentWithdrawalSchema } } },
  },
  responses: {
    200: json(ConsentWithdrawnSchema, 'withdrawn, now or before'),
    ...problems(400, 401, 403, 408, 413, 415, 422, 503),
  },
});

export function registerConsents(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(addRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'consent:manage', CONSENTS_TARGET);
    return c.json(keyJson(await deps.consents.addKey(caller, c.req.valid('json'))), 201);
  });

  app.openapi(listRoute, async (c) => {
    await requirePermit(deps, c.get('caller'), 'consent:manage', CONSENTS_TARGET);
    return c.json({ items: deps.store.read(listConsentKeys).map(keyJson) }, 200);
  });

  app.openapi(revokeRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'consent:manage', CONSENTS_TARGET);
    return c.json(keyJson(await deps.consents.revokeKey(caller, c.req.valid('param').id)), 200);
  });

  app.openapi(withdrawRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'consent:withdraw', CONSENTS_TARGET);
    await deps.consents.withdraw(caller, c.req.valid('json').consent);
    return c.json({ withdrawn: true as const }, 200);
  });
}

/** INVARIANT: the digest of a subject stays inside. */
function keyJson({ subject, jwk: _jwk, ...key }: ConsentKey): z.output<typeof ConsentKeySchema> {
  return { ...key, kind: subject === null ? 'issuer' : 'subject' };
}
