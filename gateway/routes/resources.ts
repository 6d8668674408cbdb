import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { findOrganisation, findResource, listResources, type Organisation, type Resource } from '#catalog';
import { AppError, isDrillOrganisation, type TableSchema } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { dcatCatalogue, dcatDataset } from '../formats/dcat.ts';
import { chooseMediaType } from '../formats/negotiate.ts';
import type { Caller } from '../identity/index.ts';
import { defaultTableLevel, type ResourceDeclaration } from '../resources/resource-service.ts';
import { isPermitted, requirePermit, resourceTarget } from './access.ts';
import { resourceJson } from './resource-json.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, linksTo, problems } from './schemas/problem.ts';
import {
  DcatSchema,
  ResourceListQuerySchema,
  ResourcePageSchema,
  ResourceParamsSchema,
  ResourceRequestSchema,
  ResourceSchema,
  type TableDeclarationSchema,
} from './schemas/resource.ts';

const LD_JSON = 'application/ld+json';
const FORMATS = ['application/json', LD_JSON] as const;

const registerRoute = createRoute({
  method: 'post',
  path: '/v1/resources',
  operationId: 'registerResource',
  summary: 'Register a table',
  description:
    'Declares a table: its columns, their levels and roles, and whom a row is about. The provider is the caller’s own ' +
    'organisation. The resource is a draft until the data bureau lists it.',
  tags: [TAG.providers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ResourceRequestSchema } } },
  },
  responses: {
    201: {
      ...json(ResourceSchema, 'registered'),
      headers: { Location: { schema: { type: 'string' }, description: 'the resource' } },
      links: linksTo('readResource', 'uploadData', 'listVersions', 'listResource', 'withdrawResource'),
    },
    ...problems(400, 401, 403, 408, 409, 413, 415, 422, 503),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/resources',
  operationId: 'listResources',
  summary: 'Read the catalogue',
  description:
    'Metadata only. Listed tables are for everyone with a token; drafts for their provider and the data bureau.',
  tags: [TAG.providers, TAG.developers, TAG.bureau],
  security: AUTHENTICATED,
  request: { query: ResourceListQuerySchema },
  responses: {
    200: {
      description: 'a page of the catalogue, as JSON or as DCAT-3',
      content: { 'application/json': { schema: ResourcePageSchema }, [LD_JSON]: { schema: DcatSchema } },
    },
    ...problems(400, 401, 403, 406),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/resources/{id}',
  operationId: 'readResource',
  summary: 'Read a catalogue entry',
  tags: [TAG.providers, TAG.developers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: ResourceParamsSchema, query: NO_QUERY },
  responses: {
    200: {
      description: 'the entry, as JSON or as DCAT-3',
      content: { 'application/json': { schema: ResourceSchema }, [LD_JSON]: { schema: DcatSchema } },
    },
    ...problems(400, 401, 404, 406),
  },
});

const listingRoute = createRoute({
  method: 'post',
  path: '/v1/resources/{id}/listing',
  operationId: 'listResource',
  summary: 'Approve a catalogue entry',
  description:
    'The data bureau lists a draft that is complete and has passed its three gates; only then can a plan use it. No body.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { params: ResourceParamsSchema, query: NO_QUERY },
  responses: { 200: json(ResourceSchema, 'listed'), ...problems(400, 401, 403, 404, 409, 422, 503) },
});

const withdrawRoute = createRoute({
  method: 'delete',
  path: '/v1/resources/{id}',
  operationId: 'withdrawResource',
  summary: 'Withdraw a table',
  description: 'For good: no job reads it from now on. What is offered anew is registered anew.',
  tags: [TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: ResourceParamsSchema, query: NO_QUERY },
  responses: { 200: json(ResourceSchema, 'withdrawn'), ...problems(400, 401, 403, 404, 409, 503) },
});

export function registerResources(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(registerRoute, async (c) => {
    const declared = c.req.valid('json');
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'resource:register', {
      type: 'Resource',
      id: declared.schema.table,
      attrs: { provider: caller.org },
    });
    const resource = await deps.resources.register(caller, declarationOf(declared));
    c.header('Location', `/v1/resources/${resource.id}`);
    return c.json(resourceJson(resource), 201);
  });

  app.openapi(listRoute, (c) => {
    const { limit, ...filter } = c.req.valid('query');
    const page = readablePage(deps, c.get('caller'), filter, limit);
    if (chooseMediaType(c.req.header('accept'), FORMATS) === LD_JSON) {
      return c.json(dcatCatalogue(page.items, organisationsOf(deps), page.next), 200, { 'Content-Type': LD_JSON });
    }
    return c.json({ items: page.items.map(resourceJson), next: page.next }, 200);
  });

  app.openapi(readRoute, (c) => {
    const resource = readableResource(deps, c.get('caller'), c.req.valid('param').id);
    if (chooseMediaType(c.req.header('accept'), FORMATS) === LD_JSON) {
      return c.json(dcatDataset(resource, organisationsOf(deps)), 200, { 'Content-Type': LD_JSON });
    }
    return c.json(resourceJson(resource), 200);
  });

  app.openapi(listingRoute, async (c) => {
    const resource = readableResource(deps, c.get('caller'), c.req.valid('param').id);
    await requirePermit(deps, c.get('caller'), 'resource:list', resourceTarget(resource));
    return c.json(resourceJson(await deps.resources.list(c.get('caller'), resource.id)), 200);
  });

  app.openapi(withdrawRoute, async (c) => {
    const resource = readableResource(deps, c.get('caller'), c.req.valid('param').id);
    await requirePermit(deps, c.get('caller'), 'resource:withdraw', resourceTarget(resource));
    return c.json(resourceJson(await deps.resources.withdraw(c.get('caller'), resource.id)), 200);
  });
}

/** The resource, for a caller who may read it. Errors: RESOURCE_NOT_FOUND, whether it is absent or not readable. */
export function readableResource(deps: AppDeps, caller: Caller, id: string): Resource {
  const resource = deps.store.read((db) => findResource(db, id));
  if (resource !== null && isPermitted(deps, caller, 'resource:read', resourceTarget(resource))) return resource;
  throw new AppError('RESOURCE_NOT_FOUND', { id });
}

/** A declaration with what is understood where it says nothing. */
export function declarationOf({
  entry,
  schema,
  format,
  terms,
  ...declared
}: z.output<typeof ResourceRequestSchema>): ResourceDeclaration {
  return {
    ...declared,
    entry: entry ?? { no: null, title: declared.title },
    format: format ?? 'csv',
    schema: tableSchemaOf(schema),
    ...(terms === undefined ? {} : { terms }),
  };
}

/**
 * The declaration as `policies` knows it. WHY a cast: members that may be absent are typed as possibly `undefined` by the
 * schema library; out of JSON they never are.
 */
export function tableSchemaOf(declared: z.output<typeof TableDeclarationSchema>): TableSchema {
  const columns = declared.columns as TableSchema['columns'];
  return { table: declared.table, level: declared.level ?? defaultTableLevel(columns), columns };
}

type Filter = Pick<NonNullable<Parameters<typeof listResources>[1]>, 'provider' | 'state' | 'after'>;

/** WHY a loop: what the caller may not read is left out, and a page must not be short because of it. */
function readablePage(
  deps: AppDeps,
  caller: Caller,
  filter: Filter,
  limit: number,
): { readonly items: readonly Resource[]; readonly next: string | null } {
  const items: Resource[] = [];
  let { after } = filter;
  for (;;) {
    const found = deps.store.read((db) => listResources(db, { ...filter, after, limit: limit + 1 }));
    for (const resource of found) {
      if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
      if (isDrillOrganisation(resource.provider)) continue; // the log tells of drills; nobody's figures do
      if (isPermitted(deps, caller, 'resource:read', resourceTarget(resource))) items.push(resource);
    }
    if (found.length <= limit) return { items, next: null };
    after = found.at(-1)?.id;
  }
}

function organisationsOf(deps: AppDeps): (id: string) => Organisation | null {
  return (id) => deps.store.read((db) => findOrganisation(db, id));
}
