import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { type Canary, listCanaries } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { PLATFORM_TARGET, requirePermit } from './access.ts';
import {
  CanaryListQuerySchema,
  CanaryPageSchema,
  CanaryParamsSchema,
  CanaryRequestSchema,
  CanarySchema,
  DrillReportSchema,
} from './schemas/canary.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, linksTo, problems } from './schemas/problem.ts';

const watchRoute = createRoute({
  method: 'post',
  path: '/v1/canaries',
  operationId: 'watchForCanary',
  summary: 'Watch for a value that must never leave',
  description:
    'Every cell of every answer is compared before it is recorded: texts as they stand, numbers by their value. A hit stops ' +
    'the release. Where a job transforms the value, it is not recognised.',
  tags: [TAG.security],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: CanaryRequestSchema } } },
  },
  responses: {
    201: {
      ...json(CanarySchema, 'watched for'),
      headers: { Location: { schema: { type: 'string' }, description: 'the canary' } },
      links: linksTo('retireCanary'),
    },
    ...problems(400, 401, 403, 408, 413, 415, 503),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/canaries',
  operationId: 'listCanaries',
  summary: 'List canaries',
  description: 'Those that are watched for and those that were; never their values.',
  tags: [TAG.security],
  security: AUTHENTICATED,
  request: { query: CanaryListQuerySchema },
  responses: { 200: json(CanaryPageSchema, 'a page of canaries'), ...problems(400, 401, 403, 503) },
});

const retireRoute = createRoute({
  method: 'delete',
  path: '/v1/canaries/{id}',
  operationId: 'retireCanary',
  summary: 'Watch for a canary no longer',
  tags: [TAG.security],
  security: AUTHENTICATED,
  request: { params: CanaryParamsSchema, query: NO_QUERY },
  responses: { 200: json(CanarySchema, 'retired'), ...problems(400, 401, 403, 404, 503) },
});

const drillRoute = createRoute({
  method: 'post',
  path: '/v1/drills',
  operationId: 'runDrill',
  summary: 'Drill: plant a canary, let it leak, time detection and closure',
  description:
    'Plays provider, bureau and developer over a table of made-up rows, by the ordinary ways, and cleans up. Every log entry ' +
    'of it says `drill`.',
  tags: [TAG.security],
  security: AUTHENTICATED,
  request: { query: NO_QUERY },
  responses: { 200: json(DrillReportSchema, 'what was found'), ...problems(400, 401, 403, 409, 503) },
});

export function registerCanaries(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(watchRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'canary:manage', PLATFORM_TARGET);
    const canary = await deps.canaries.watchFor(caller, c.req.valid('json'));
    c.header('Location', `/v1/canaries/${canary.id}`);
    return c.json(canaryJson(canary), 201);
  });

  app.openapi(listRoute, async (c) => {
    await requirePermit(deps, c.get('caller'), 'canary:manage', PLATFORM_TARGET);
    const { after, limit } = c.req.valid('query');
    const found = deps.store.read((db) => listCanaries(db, { after, limit: limit + 1 }));
    const items = found.slice(0, limit).map(canaryJson);
    return c.json({ items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null }, 200);
  });

  app.openapi(retireRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'canary:manage', PLATFORM_TARGET);
    return c.json(canaryJson(await deps.canaries.retire(caller, c.req.valid('param').id)), 200);
  });

  app.openapi(drillRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'drill:run', PLATFORM_TARGET);
    return c.json({ ...(await deps.drill(caller)) }, 200);
  });
}

/** INVARIANT: digest and hint stay inside. */
function canaryJson({ digest: _digest, hint: _hint, ...told }: Canary): z.output<typeof CanarySchema> {
  return told;
}
