import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { listFreezes } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { PLATFORM_TARGET, requirePermit } from './access.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  FreezeEffectSchema,
  FreezeListQuerySchema,
  FreezePageSchema,
  FreezeParamsSchema,
  FreezeRequestSchema,
  FreezeSchema,
} from './schemas/freeze.ts';
import { json, linksTo, problems } from './schemas/problem.ts';

const freezeRoute = createRoute({
  method: 'post',
  path: '/v1/freezes',
  operationId: 'freeze',
  summary: 'Freeze a developer, organisation, plan, grant, resource or the platform',
  description:
    'At once: running jobs die, what waits for its release is stopped, results that were released are held back. What is frozen ' +
    'brings nothing in, takes nothing out and begins nothing new; it reads its own, and may withdraw and revoke. ' +
    'Answers when the last worker concerned is dead.',
  tags: [TAG.security],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: FreezeRequestSchema } } },
  },
  responses: {
    201: {
      ...json(FreezeEffectSchema, 'frozen'),
      headers: { Location: { schema: { type: 'string' }, description: 'the freeze' } },
      links: linksTo('thaw'),
    },
    ...problems(400, 401, 403, 408, 413, 415, 503),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/freezes',
  operationId: 'listFreezes',
  summary: 'List freezes',
  description: 'Those in force and those that were; with `active=true` only those in force.',
  tags: [TAG.security, TAG.bureau],
  security: AUTHENTICATED,
  request: { query: FreezeListQuerySchema },
  responses: { 200: json(FreezePageSchema, 'a page of freezes'), ...problems(400, 401, 403, 503) },
});

const thawRoute = createRoute({
  method: 'delete',
  path: '/v1/freezes/{id}',
  operationId: 'thaw',
  summary: 'Thaw',
  description:
    'Takes two people, whom the freeze does not name: the first call asks (202), the same call by another person ends the freeze (200).',
  tags: [TAG.security],
  security: AUTHENTICATED,
  request: { params: FreezeParamsSchema, query: NO_QUERY },
  responses: {
    200: json(FreezeSchema, 'thawed'),
    202: json(FreezeSchema, 'asked for; another person has to agree'),
    ...problems(400, 401, 403, 404, 409, 503),
  },
});

export function registerFreezes(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(freezeRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'freeze:set', PLATFORM_TARGET);
    const { freeze, ...effect } = await deps.freezes.freeze(caller, c.req.valid('json'));
    c.header('Location', `/v1/freezes/${freeze.id}`);
    return c.json({ ...freeze, ...effect }, 201);
  });

  app.openapi(listRoute, async (c) => {
    await requirePermit(deps, c.get('caller'), 'freeze:read', PLATFORM_TARGET);
    const { active, after, limit } = c.req.valid('query');
    const page = { isActive: active === 'true', after, limit: limit + 1 };
    const found = deps.store.read((db) => listFreezes(db, page));
    const items = found.slice(0, limit).map((freeze) => ({ ...freeze }));
    return c.json({ items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null }, 200);
  });

  app.openapi(thawRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'freeze:thaw', PLATFORM_TARGET);
    const freeze = { ...(await deps.freezes.thaw(caller, c.req.valid('param').id)) };
    return freeze.thawedAt === null ? c.json(freeze, 202) : c.json(freeze, 200);
  });
}
