import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { findIntake, type Intake, listIntakes } from '#catalog';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Action, Caller } from '../identity/index.ts';
import { intakeTarget, isPermitted, requirePermit } from './access.ts';
import { uploadOf } from './resource-data.ts';
import { tableSchemaOf } from './resources.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  IntakeDecisionRequestSchema,
  IntakeListQuerySchema,
  IntakeListSchema,
  IntakeRequestSchema,
  IntakeSchema,
} from './schemas/intake.ts';
import { json, problems } from './schemas/problem.ts';
import { ResourceParamsSchema, UploadHeadersSchema, UploadQuerySchema } from './schemas/resource.ts';

const one = { params: ResourceParamsSchema, query: NO_QUERY };

const openRoute = createRoute({
  method: 'post',
  path: '/v1/intakes',
  operationId: 'openIntake',
  summary: 'Open an intake for a table of one’s own',
  description:
    '社会数据: for one plan, with where the data come from and by what right. No column names a unit: rows of it never count for thresholds.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: IntakeRequestSchema } } },
  },
  responses: { 201: json(IntakeSchema, 'opened'), ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503) },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/intakes',
  operationId: 'listIntakes',
  summary: 'List intakes',
  description: 'Of the caller’s own organisation, or all for the authorities.',
  tags: [TAG.developers, TAG.bureau],
  security: AUTHENTICATED,
  request: { query: IntakeListQuerySchema },
  responses: { 200: json(IntakeListSchema, 'the intakes'), ...problems(400, 401, 503) },
});

const putRoute = createRoute({
  method: 'put',
  path: '/v1/intakes/{id}/data',
  operationId: 'uploadIntake',
  summary: 'Upload the table into quarantine',
  description:
    'At least 50 different rows; three uploads a plan in all; a later upload is the same as every earlier one, or differs from it in at ' +
    'least 50 rows. Nothing is read of it until the bureau accepts it.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    params: ResourceParamsSchema,
    query: UploadQuerySchema,
    headers: UploadHeadersSchema,
    body: { required: true, content: { 'text/csv': { schema: z.string() } } },
  },
  responses: {
    201: json(IntakeSchema, 'in quarantine'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
  },
});

const decideRoute = createRoute({
  method: 'post',
  path: '/v1/intakes/{id}/decisions',
  operationId: 'decideIntake',
  summary: 'Accept or refuse an intake',
  description: 'The hash says what was read; once accepted the table is frozen.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: {
    ...one,
    body: { required: true, content: { 'application/json': { schema: IntakeDecisionRequestSchema } } },
  },
  responses: {
    200: json(IntakeSchema, 'after the decision'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503),
  },
});

const endRoute = createRoute({
  method: 'delete',
  path: '/v1/intakes/{id}',
  operationId: 'endIntake',
  summary: 'End an intake',
  description: 'Its versions are destroyed, each with a certificate, as they are after its term.',
  tags: [TAG.developers, TAG.bureau],
  security: AUTHENTICATED,
  request: one,
  responses: { 200: json(IntakeSchema, 'ended'), ...problems(400, 401, 403, 404, 409, 503) },
});

export function registerIntakes(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(openRoute, async (c) => {
    const caller = c.get('caller');
    const { schema, ...asked } = c.req.valid('json');
    const attrs = { org: caller.org, createdBy: caller.sub };
    await requirePermit(deps, caller, 'intake:open', { type: 'Intake', id: schema.table, attrs });
    return c.json(intakeJson(await deps.intakes.open(caller, { ...asked, schema: tableSchemaOf(schema) })), 201);
  });

  app.openapi(listRoute, (c) => {
    const { plan } = c.req.valid('query');
    const found = deps.store.read((db) => listIntakes(db, plan === undefined ? {} : { plan }));
    const items = found.filter((intake) => mayDo(deps, c.get('caller'), 'intake:read', intake)).map(intakeJson);
    return c.json({ items }, 200);
  });

  app.openapi(putRoute, async (c) => {
    const caller = c.get('caller');
    const intake = readableIntake(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'intake:upload', intakeTarget(intake));
    const upload = uploadOf(c, c.req.valid('header'), c.req.valid('query'), deps.limits);
    return c.json(intakeJson(await deps.intakes.put(caller, intake.resource, upload)), 201);
  });

  app.openapi(decideRoute, async (c) => {
    const caller = c.get('caller');
    const intake = readableIntake(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'intake:decide', intakeTarget(intake));
    return c.json(intakeJson(await deps.intakes.decide(caller, intake.resource, c.req.valid('json'))), 200);
  });

  app.openapi(endRoute, async (c) => {
    const caller = c.get('caller');
    const intake = readableIntake(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'intake:end', intakeTarget(intake));
    return c.json(intakeJson(await deps.intakes.end(caller, intake.resource)), 200);
  });
}

/** Errors: INTAKE_NOT_FOUND, whether it is absent or not readable. */
function readableIntake(deps: AppDeps, caller: Caller, id: string): Intake {
  const intake = deps.store.read((db) => findIntake(db, id));
  if (intake !== null && mayDo(deps, caller, 'intake:read', intake)) return intake;
  throw new AppError('INTAKE_NOT_FOUND', { id });
}

const mayDo = (deps: AppDeps, caller: Caller, action: Action, intake: Intake): boolean =>
  isPermitted(deps, caller, action, intakeTarget(intake));

function intakeJson({ resource, ...intake }: Intake): z.output<typeof IntakeSchema> {
  return { id: resource, ...intake };
}
