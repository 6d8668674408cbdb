import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { findGrant, type Grant, listGrants } from '#catalog';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Caller, Target } from '../identity/index.ts';
import { isPermitted, requirePermit } from './access.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  GrantListQuerySchema,
  GrantPageSchema,
  GrantParamsSchema,
  GrantRequestSchema,
  GrantRevokedSchema,
  GrantSchema,
  RevocationRequestSchema,
  SignatureRequestSchema,
} from './schemas/grant.ts';
import { json, linksTo, problems } from './schemas/problem.ts';

const proposeRoute = createRoute({
  method: 'post',
  path: '/v1/grants',
  operationId: 'proposeGrant',
  summary: 'Propose a grant to an operator',
  description: 'It gives nobody anything until the bureau and the providers have signed it.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: GrantRequestSchema } } },
  },
  responses: {
    201: {
      ...json(GrantSchema, 'proposed'),
      headers: { Location: { schema: { type: 'string' }, description: 'the grant' } },
      links: linksTo('readGrant', 'signGrant', 'revokeGrant'),
    },
    ...problems(400, 401, 403, 408, 413, 415, 422, 503),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/grants',
  operationId: 'listGrants',
  summary: 'List grants',
  description: 'Those that the caller may read: to its own organisation, of its own data, or all for the authorities.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: { query: GrantListQuerySchema },
  responses: { 200: json(GrantPageSchema, 'a page of grants'), ...problems(400, 401) },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/grants/{id}',
  operationId: 'readGrant',
  summary: 'Read a grant, with its signatures and revocations',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: { params: GrantParamsSchema, query: NO_QUERY },
  responses: { 200: json(GrantSchema, 'the grant'), ...problems(400, 401, 404) },
});

const signRoute = createRoute({
  method: 'post',
  path: '/v1/grants/{id}/signatures',
  operationId: 'signGrant',
  summary: 'Sign a grant',
  description:
    'A compact JWS (EdDSA, `typ` `sluice-grant+jws`) by a confirmed key of the organisation over the canonical JSON of ' +
    '`{v, home, grant, hash, org, role}`. Each organisation signs once; who wrote the grant does not.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: GrantParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: SignatureRequestSchema } } },
  },
  responses: { 200: json(GrantSchema, 'signed'), ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503) },
});

const revokeRoute = createRoute({
  method: 'post',
  path: '/v1/grants/{id}/revocation',
  operationId: 'revokeGrant',
  summary: 'Revoke a grant',
  description:
    'At once and for good: by the bureau for everybody, by a provider for its own tables. Running jobs that lean on it ' +
    'alone are stopped before this answers. Other grants stand as they did.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: GrantParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: RevocationRequestSchema } } },
  },
  responses: { 200: json(GrantRevokedSchema, 'revoked'), ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503) },
});

export function registerGrants(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  const shown = (grant: Grant) => grantJson(grant, deps.log.verifierKey);

  app.openapi(proposeRoute, async (c) => {
    const caller = c.get('caller');
    const { tables = [], ...asked } = c.req.valid('json');
    const content = { ...asked, tables, org: caller.org, author: caller.sub };
    await requirePermit(deps, caller, 'grant:propose', grantTarget(content));
    const grant = await deps.grants.propose(caller, content);
    c.header('Location', `/v1/grants/${grant.id}`);
    return c.json(shown(grant), 201);
  });

  app.openapi(listRoute, (c) => {
    const { limit, ...filter } = c.req.valid('query');
    const items: Grant[] = [];
    let { after } = filter;
    for (;;) {
      const found = deps.store.read((db) => listGrants(db, { ...filter, after, limit: limit + 1 }));
      for (const grant of found) {
        if (items.length === limit) return c.json({ items: items.map(shown), next: items.at(-1)?.id ?? null }, 200);
        if (isPermitted(deps, c.get('caller'), 'grant:read', grantTarget(grant))) items.push(grant);
      }
      if (found.length <= limit) return c.json({ items: items.map(shown), next: null }, 200);
      after = found.at(-1)?.id;
    }
  });

  app.openapi(readRoute, (c) => c.json(shown(readableGrant(deps, c.get('caller'), c.req.valid('param').id)), 200));

  app.openapi(signRoute, async (c) => {
    const caller = c.get('caller');
    const grant = readableGrant(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'grant:sign', grantTarget(grant));
    return c.json(shown(await deps.grants.sign(caller, grant.id, c.req.valid('json').jws)), 200);
  });

  app.openapi(revokeRoute, async (c) => {
    const caller = c.get('caller');
    const { id } = readableGrant(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'grant:revoke', grantTarget(readableGrant(deps, caller, id)));
    const { grant, ...effect } = await deps.grants.revoke(caller, id, c.req.valid('json').reason);
    return c.json({ ...shown(grant), ...effect }, 200);
  });
}

/** Errors: GRANT_NOT_FOUND, whether it is absent or not readable. */
function readableGrant(deps: AppDeps, caller: Caller, id: string): Grant {
  const grant = deps.store.read((db) => findGrant(db, id));
  if (grant !== null && isPermitted(deps, caller, 'grant:read', grantTarget(grant))) return grant;
  throw new AppError('GRANT_NOT_FOUND', { id });
}

function grantTarget({
  id,
  operator,
  org,
  author,
  providers,
}: Pick<Grant, 'id' | 'operator' | 'org' | 'author' | 'providers'>): Target {
  return { type: 'Grant', id, attrs: { operator, org, author, providers } };
}

function grantJson(grant: Grant, home: string): z.output<typeof GrantSchema> {
  return {
    ...grant,
    home,
    providers: [...grant.providers],
    classes: [...grant.classes],
    tables: grant.tables.map(({ resource, columns }) => ({ resource, columns: [...columns] })),
    signatures: grant.signatures.map((one) => ({ ...one })),
    revocations: grant.revocations.map((one) => ({ ...one })),
  };
}
