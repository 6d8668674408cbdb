import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { closeEntry, getExit, type OperatorExit, readEntries } from '#catalog';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { requirePermit } from './access.ts';
import { operatorTarget } from './agreements.ts';
import { receiptOf } from './job-result.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  ExitDestructionRequestSchema,
  ExitEffectSchema,
  ExitParamsSchema,
  ExitRequestSchema,
  ExitSchema,
  HandedOverSchema,
} from './schemas/operator.ts';
import { json, problems } from './schemas/problem.ts';

const common = { tags: [TAG.bureau], security: AUTHENTICATED };

const orderRoute = createRoute({
  ...common,
  method: 'post',
  path: '/v1/exits',
  operationId: 'orderExit',
  summary: 'End an operator',
  description:
    'At once and for good: its tokens are refused, jobs under its plans die, releases that wait are stopped.',
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ExitRequestSchema } } },
  },
  responses: { 201: json(ExitEffectSchema, 'ended'), ...problems(400, 401, 403, 408, 409, 413, 415, 503) },
});
const readRoute = createRoute({
  ...common,
  method: 'get',
  path: '/v1/exits/{operator}',
  operationId: 'readExit',
  summary: 'Read the exit of an operator, with the certificate of what was destroyed',
  request: { params: ExitParamsSchema, query: NO_QUERY },
  responses: { 200: json(ExitSchema, 'the exit'), ...problems(400, 401, 403, 404) },
});
const packageRoute = createRoute({
  ...common,
  method: 'get',
  path: '/v1/exits/{operator}/package',
  operationId: 'readHandOver',
  summary: 'Get what an operator hands over',
  description: 'Until it is destroyed. The receiver checks it offline: `sluice operators verify`.',
  request: { params: ExitParamsSchema, query: NO_QUERY },
  responses: { 200: json(HandedOverSchema, 'the package'), ...problems(400, 401, 403, 404, 409, 503) },
});
const destroyRoute = createRoute({
  ...common,
  method: 'post',
  path: '/v1/exits/{operator}/destruction',
  operationId: 'destroyExited',
  summary: 'Destroy what is left of an operator',
  description:
    'Once the receiver has the package. Keys are shredded, results removed, and the home is searched for copies.',
  request: {
    params: ExitParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ExitDestructionRequestSchema } } },
  },
  responses: { 200: json(ExitSchema, 'destroyed'), ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503) },
});

export function registerExits(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(orderRoute, async (c) => {
    const order = c.req.valid('json');
    await requirePermit(deps, c.get('caller'), 'exit:order', operatorTarget(order.operator));
    const { exit, ...effect } = await deps.exits.order(c.get('caller'), order);
    return c.json({ ...exitJson(exit), ...effect }, 201);
  });
  app.openapi(readRoute, async (c) => {
    const { operator } = c.req.valid('param');
    await requirePermit(deps, c.get('caller'), 'operator:read', operatorTarget(operator));
    return c.json(exitJson(deps.store.read((db) => getExit(db, operator))), 200);
  });
  app.openapi(packageRoute, async (c) => {
    const { operator } = c.req.valid('param');
    await requirePermit(deps, c.get('caller'), 'exit:order', operatorTarget(operator));
    return c.json(
      await handedOver(
        deps,
        deps.store.read((db) => getExit(db, operator)),
      ),
      200,
    );
  });
  app.openapi(destroyRoute, async (c) => {
    const { operator } = c.req.valid('param');
    await requirePermit(deps, c.get('caller'), 'exit:destroy', operatorTarget(operator));
    const { packageSha256 } = c.req.valid('json');
    return c.json(exitJson(await deps.exits.destroy(c.get('caller'), operator, packageSha256)), 200);
  });
}

/** Errors: EXIT_STATE where there is no package, or none any more. */
async function handedOver(
  deps: AppDeps,
  { operator, package: text, packageEntry }: OperatorExit,
): Promise<z.output<typeof HandedOverSchema>> {
  if (text === null || packageEntry === null)
    throw new AppError('EXIT_STATE', {
      id: operator,
      state: 'without a package',
      accepted: 'an exit not yet destroyed',
    });
  const [entry] = deps.store.read((db) => readEntries(db, packageEntry, packageEntry + 1));
  return { package: JSON.parse(text), entry: closeEntry(entry!), receipt: await receiptOf(deps, packageEntry) };
}

function exitJson({ package: _package, packageEntry: _entry, entryIndex: _index, certificate, ...exit }: OperatorExit) {
  return { ...exit, certificate: certificate === null ? null : (JSON.parse(certificate) as unknown) };
}
