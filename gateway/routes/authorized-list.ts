import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { authorizedList, findBatch, type ListBatch, listBatches } from '#catalog';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { PLATFORM_TARGET, requirePermit } from './access.ts';
import {
  AuthorizedListSchema,
  BatchParamsSchema,
  BatchSignatureSchema,
  ListBatchRequestSchema,
  ListBatchSchema,
} from './schemas/catalogue.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';

const readRoute = createRoute({
  method: 'get',
  path: '/v1/authorized-list',
  operationId: 'readAuthorizedList',
  summary: 'Read the list of authorised operation and its history',
  tags: [TAG.everyone],
  security: AUTHENTICATED,
  request: { query: NO_QUERY },
  responses: { 200: json(AuthorizedListSchema, 'the list in force, and every batch'), ...problems(400, 401, 503) },
});

const proposeRoute = createRoute({
  method: 'post',
  path: '/v1/authorized-list/batches',
  operationId: 'proposeListBatch',
  summary: 'Propose a change of the list',
  description: 'In force once another person of the bureau and every provider concerned have signed.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ListBatchRequestSchema } } },
  },
  responses: { 201: json(ListBatchSchema, 'proposed'), ...problems(400, 401, 403, 408, 413, 415, 422, 503) },
});

const signRoute = createRoute({
  method: 'post',
  path: '/v1/authorized-list/batches/{batch}/signatures',
  operationId: 'signListBatch',
  summary: 'Sign a change of the list',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: BatchParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: BatchSignatureSchema } } },
  },
  responses: {
    200: json(ListBatchSchema, 'the batch after this signature'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503),
  },
});

export function registerAuthorizedList(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(readRoute, (c) => {
    const { items, batches } = deps.store.read((db) => ({ items: authorizedList(db), batches: listBatches(db) }));
    return c.json({ items: items.map((item) => ({ ...item })), batches: batches.map(batchJson) }, 200);
  });

  app.openapi(proposeRoute, async (c) => {
    await requirePermit(deps, c.get('caller'), 'list:propose', PLATFORM_TARGET);
    const { comment, add = [], remove = [] } = c.req.valid('json');
    return c.json(batchJson(await deps.catalogue.propose(c.get('caller'), { comment, add, remove })), 201);
  });

  app.openapi(signRoute, async (c) => {
    const caller = c.get('caller');
    const { batch } = c.req.valid('param');
    const found = deps.store.read((db) => findBatch(db, batch));
    if (found === null) throw new AppError('LIST_NOT_FOUND', { id: String(batch) });
    const providers = [...new Set(found.changes.map(({ provider }) => provider))];
    await requirePermit(deps, caller, 'list:sign', { type: 'ListBatch', id: String(batch), attrs: { providers } });
    return c.json(batchJson(await deps.catalogue.sign(caller, batch, c.req.valid('json').verdict)), 200);
  });
}

function batchJson(batch: ListBatch): z.output<typeof ListBatchSchema> {
  return {
    ...batch,
    changes: batch.changes.map((change) => ({ ...change })),
    signatures: batch.signatures.map((signature) => ({ ...signature })),
  };
}
