import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { retentionOf } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { requirePermit, resourceTarget } from './access.ts';
import { readableResource } from './resources.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';
import { ResourceParamsSchema, RetentionSchema } from './schemas/resource.ts';

const declareRoute = createRoute({
  method: 'put',
  path: '/v1/resources/{id}/retention',
  operationId: 'declareRetention',
  summary: 'Declare how long replaced versions are kept',
  description:
    'Versions that another one has replaced are destroyed, each with its certificate, once more than `versionsMax` have data or `daysMax` ' +
    'days have passed since they were replaced. The current version stays. Looked at every hour and at the start of the gateway.',
  tags: [TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: {
    params: ResourceParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: RetentionSchema } } },
  },
  responses: { 200: json(RetentionSchema, 'what holds from now on'), ...problems(400, 401, 403, 404, 413, 415) },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/resources/{id}/retention',
  operationId: 'readRetention',
  summary: 'Read how long replaced versions are kept',
  description: 'As the provider declared it, or the default.',
  tags: [TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: ResourceParamsSchema, query: NO_QUERY },
  responses: { 200: json(RetentionSchema, 'what holds'), ...problems(400, 401, 404) },
});

export function registerRetention(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(declareRoute, async (c) => {
    const caller = c.get('caller');
    const resource = readableResource(deps, caller, c.req.valid('param').id);
    // WHY that permission: what is declared orders destructions.
    await requirePermit(deps, caller, 'resource:destroy', resourceTarget(resource));
    return c.json(await deps.retention.declare(caller, resource.id, c.req.valid('json')), 200);
  });

  app.openapi(readRoute, (c) => {
    const resource = readableResource(deps, c.get('caller'), c.req.valid('param').id);
    return c.json(
      deps.store.read((db) => retentionOf(db, resource.id)),
      200,
    );
  });
}
