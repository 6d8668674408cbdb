import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { LookupReplySchema, LookupRequestSchema } from './schemas/lookup.ts';
import { json, problems } from './schemas/problem.ts';

const askRoute = createRoute({
  method: 'post',
  path: '/v1/lookups',
  operationId: 'lookUp',
  summary: 'Ask a published interface about one consenting subject',
  description:
    'Modes `verify` and `band`. A subject that nobody knows and a question that no consent covers look alike, in bytes and in time. ' +
    'Who goes through subjects one by one is frozen.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: LookupRequestSchema } } },
  },
  responses: {
    200: json(LookupReplySchema, 'the answer'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
  },
});

export function registerLookups(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(askRoute, async (c) => {
    const reply = await deps.lookups.ask(c.get('caller'), c.req.valid('json'), c.req.raw.signal);
    return c.json({ ...reply, reasons: [...reply.reasons] }, 200);
  });
}
