import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { getPartyKey, listPartyKeys } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Target } from '../identity/index.ts';
import { requirePermit } from './access.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  PartyKeyListSchema,
  PartyKeyParamsSchema,
  PartyKeyQuerySchema,
  PartyKeyRequestSchema,
  PartyKeySchema,
} from './schemas/grant.ts';
import { json, problems } from './schemas/problem.ts';

const registerRoute = createRoute({
  method: 'post',
  path: '/v1/party-keys',
  operationId: 'registerPartyKey',
  summary: 'Register a key that your organisation signs with',
  description: 'It counts once another person, of the bureau, has confirmed it.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: PartyKeyRequestSchema } } },
  },
  responses: { 201: json(PartyKeySchema, 'registered'), ...problems(400, 401, 403, 408, 409, 413, 415, 503) },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/party-keys',
  operationId: 'listPartyKeys',
  summary: 'List keys of organisations',
  description: 'Of the caller’s own, or the one named.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: { query: PartyKeyQuerySchema },
  responses: { 200: json(PartyKeyListSchema, 'its keys'), ...problems(400, 401, 403, 503) },
});

const confirmRoute = createRoute({
  method: 'post',
  path: '/v1/party-keys/{org}/{thumbprint}/confirmation',
  operationId: 'confirmPartyKey',
  summary: 'Vouch that a key is an organisation’s',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { params: PartyKeyParamsSchema, query: NO_QUERY },
  responses: { 200: json(PartyKeySchema, 'confirmed'), ...problems(400, 401, 403, 404, 409, 503) },
});

const retireRoute = createRoute({
  method: 'delete',
  path: '/v1/party-keys/{org}/{thumbprint}',
  operationId: 'retirePartyKey',
  summary: 'Take a key out of use',
  description: 'What it signed stays signed; it signs nothing more.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: { params: PartyKeyParamsSchema, query: NO_QUERY },
  responses: { 200: json(PartyKeySchema, 'retired'), ...problems(400, 401, 403, 404, 409, 503) },
});

const keyTarget = (org: string, registeredBy?: string): Target => ({
  type: 'PartyKey',
  id: org,
  attrs: { org, ...(registeredBy === undefined ? {} : { registeredBy }) },
});

export function registerPartyKeys(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(registerRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'key:register', keyTarget(caller.org));
    return c.json({ ...(await deps.partyKeys.register(caller, c.req.valid('json').x)) }, 201);
  });

  app.openapi(listRoute, async (c) => {
    const caller = c.get('caller');
    const { org = caller.org } = c.req.valid('query');
    await requirePermit(deps, caller, 'key:read', keyTarget(org));
    const items = deps.store.read((db) => listPartyKeys(db, org));
    return c.json({ items: items.map((key) => ({ ...key })) }, 200);
  });

  app.openapi(confirmRoute, async (c) => {
    const caller = c.get('caller');
    const { org, thumbprint } = c.req.valid('param');
    await requirePermit(deps, caller, 'key:read', keyTarget(org));
    const { registeredBy } = deps.store.read((db) => getPartyKey(db, org, thumbprint));
    await requirePermit(deps, caller, 'key:confirm', keyTarget(org, registeredBy));
    return c.json({ ...(await deps.partyKeys.confirm(caller, org, thumbprint)) }, 200);
  });

  app.openapi(retireRoute, async (c) => {
    const caller = c.get('caller');
    const { org, thumbprint } = c.req.valid('param');
    // WHY not the right to confirm: whoever lost a key takes it out of use without asking anybody.
    await requirePermit(deps, caller, caller.role === 'bureau' ? 'key:confirm' : 'key:register', keyTarget(org));
    return c.json({ ...(await deps.partyKeys.retire(caller, org, thumbprint)) }, 200);
  });
}
