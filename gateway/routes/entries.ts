import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import {
  closeEntry,
  type EntryRevision,
  findRevision,
  gateDecisions,
  gatesLeft,
  listPlans,
  listRevisions,
  plansSuspendedBy,
  readEntries,
} from '#catalog';
import { AppError, type EntryDocument } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { requirePermit, resourceTarget } from './access.ts';
import { receiptOf } from './job-result.ts';
import { resourceJson, tableSchemaJson } from './resource-json.ts';
import { declarationOf, readableResource } from './resources.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  GateListSchema,
  GateParamsSchema,
  GateRequestSchema,
  RevisionListSchema,
  RevisionParamsSchema,
  type RevisionSchema,
  SignedRevisionSchema,
} from './schemas/entry.ts';
import { json, problems } from './schemas/problem.ts';
import { ResourceParamsSchema, ResourceRequestSchema, ResourceSchema } from './schemas/resource.ts';

const reviseRoute = createRoute({
  method: 'post',
  path: '/v1/resources/{id}/revisions',
  operationId: 'reviseResource',
  summary: 'Send another version of a catalogue entry',
  description:
    'Whole, as for a registration. A change of columns, levels or terms makes the entry a draft again, takes its data out of use where ' +
    'the schema is another, stops running jobs and suspends the plans over the table until they are reviewed again.',
  tags: [TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: ResourceParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ResourceRequestSchema } } },
  },
  responses: {
    200: json(ResourceSchema, 'the entry as it stands now'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/resources/{id}/revisions',
  operationId: 'listRevisions',
  summary: 'List the versions of a catalogue entry',
  description: 'Newest first, at most 200, each with what it changed.',
  tags: [TAG.providers, TAG.bureau, TAG.developers],
  security: AUTHENTICATED,
  request: { params: ResourceParamsSchema, query: NO_QUERY },
  responses: { 200: json(RevisionListSchema, 'the versions'), ...problems(400, 401, 404) },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/resources/{id}/revisions/{revision}',
  operationId: 'readRevision',
  summary: 'Read a signed version of a catalogue entry',
  description:
    'The document, and the receipt of the log entry that names its digest. For who registers and who decides.',
  tags: [TAG.providers, TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: { params: RevisionParamsSchema, query: NO_QUERY },
  responses: { 200: json(SignedRevisionSchema, 'the version'), ...problems(400, 401, 403, 404, 409, 503) },
});

const gateRoute = createRoute({
  method: 'post',
  path: '/v1/resources/{id}/gates/{gate}',
  operationId: 'decideGate',
  summary: 'Decide a gate before a listing',
  description:
    'Secrecy and security by the security office, personal information by the data bureau: three different people, none of the ' +
    'provider. A refusal stands until the provider sends another version of the entry.',
  tags: [TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: {
    params: GateParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: GateRequestSchema } } },
  },
  responses: {
    200: json(GateListSchema, 'every decision about the entry as it stands'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503),
  },
});

const gatesRoute = createRoute({
  method: 'get',
  path: '/v1/resources/{id}/gates',
  operationId: 'listGates',
  summary: 'Read the gates of a catalogue entry',
  tags: [TAG.providers, TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: { params: ResourceParamsSchema, query: NO_QUERY },
  responses: { 200: json(GateListSchema, 'decisions, and what is left'), ...problems(400, 401, 403, 404, 503) },
});

const LISTED_MAX = 200;
const PLANS_MAX = 1_000;

export function registerEntries(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(reviseRoute, async (c) => {
    const caller = c.get('caller');
    const resource = readableResource(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'resource:register', resourceTarget(resource));
    const revised = await deps.resources.revise(caller, resource.id, declarationOf(c.req.valid('json')));
    return c.json(resourceJson(revised), 200);
  });

  app.openapi(listRoute, (c) => {
    const { id } = readableResource(deps, c.get('caller'), c.req.valid('param').id);
    const revisions = deps.store.read((db) => listRevisions(db, id, { limit: LISTED_MAX }));
    return c.json({ items: revisions.map(revisionJson) }, 200);
  });

  app.openapi(readRoute, async (c) => {
    const caller = c.get('caller');
    const { id, revision } = c.req.valid('param');
    const target = resourceTarget(readableResource(deps, caller, id));
    await requirePermit(deps, caller, 'resource:read-report', target);
    const found = deps.store.read((db) => findRevision(db, id, revision));
    if (found === null) throw new AppError('RESOURCE_NOT_FOUND', { id: `${id}@${revision}` });
    return c.json(await signed(deps, found), 200);
  });

  app.openapi(gateRoute, async (c) => {
    const caller = c.get('caller');
    const { id, gate } = c.req.valid('param');
    const { verdict, comment = '' } = c.req.valid('json');
    const target = resourceTarget(readableResource(deps, caller, id));
    await requirePermit(deps, caller, 'resource:gate', { ...target, attrs: { ...target.attrs, gate } });
    await deps.resources.decideGate(caller, id, { gate, verdict, comment });
    return c.json(gatesJson(deps, id), 200);
  });

  app.openapi(gatesRoute, async (c) => {
    const { id } = c.req.valid('param');
    const target = resourceTarget(readableResource(deps, c.get('caller'), id));
    await requirePermit(deps, c.get('caller'), 'resource:read-report', target);
    return c.json(gatesJson(deps, id), 200);
  });
}

function gatesJson(deps: AppDeps, id: string): z.output<typeof GateListSchema> {
  return deps.store.read((db) => ({
    decisions: gateDecisions(db, id).map((decision) => ({ ...decision })),
    left: [...gatesLeft(db, id)],
  }));
}

function suspendedBy(deps: AppDeps, resource: string): readonly string[] {
  return deps.store.read((db) => plansSuspendedBy(db, listPlans(db, { resource, limit: PLANS_MAX }), resource));
}

function revisionJson({
  document: _document,
  entryIndex: _entry,
  changes,
  ...revision
}: EntryRevision): z.output<typeof RevisionSchema> {
  return { ...revision, changes: changes.map((change) => ({ ...change })) };
}

/** Errors: RESOURCE_STATE where the log does not vouch for it. */
async function signed(deps: AppDeps, revision: EntryRevision): Promise<z.output<typeof SignedRevisionSchema>> {
  const { entryIndex, resource } = revision;
  if (entryIndex === null) {
    throw new AppError('RESOURCE_STATE', { id: resource, state: 'unsigned', accepted: ['a version in the log'] });
  }
  const { schema, terms, ...document } = JSON.parse(revision.document) as EntryDocument;
  const [entry] = deps.store.read((db) => readEntries(db, entryIndex, entryIndex + 1));
  return {
    ...revisionJson(revision),
    suspends: [...suspendedBy(deps, resource)],
    document: {
      ...document,
      schema: tableSchemaJson(schema),
      terms: { ...terms, classes: [...terms.classes] },
    },
    entry: closeEntry(entry!) as z.output<typeof SignedRevisionSchema>['entry'],
    receipt: await receiptOf(deps, entryIndex),
  };
}
