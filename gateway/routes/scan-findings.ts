import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { scanFindingsOf } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { requirePermit, resourceTarget } from './access.ts';
import { readableResource } from './resources.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';
import { ResourceParamsSchema } from './schemas/resource.ts';
import {
  ScanDecisionSchema,
  ScanDisputeSchema,
  ScanFindingListSchema,
  ScanFindingParamsSchema,
  ScanFindingSchema,
} from './schemas/scan-finding.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/v1/resources/{id}/scan-findings',
  operationId: 'listScanFindings',
  summary: 'List what uploads of a table were refused for',
  description:
    'Columns whose values look like identifiers that are not declared (`UPLOAD_UNDER_DECLARED`), and what became of each. No value is told.',
  tags: [TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: ResourceParamsSchema, query: NO_QUERY },
  responses: { 200: json(ScanFindingListSchema, 'the findings'), ...problems(400, 401, 403, 404, 503) },
});

const disputeRoute = createRoute({
  method: 'put',
  path: '/v1/resources/{id}/scan-findings/{column}/{kind}/dispute',
  operationId: 'disputeScanFinding',
  summary: 'Dispute what the scan says of a column',
  description:
    'With a reason, which the bureau reads and the log does not hold. Until the bureau has confirmed it, uploads are refused as before.',
  tags: [TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: ScanFindingParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ScanDisputeSchema } } },
  },
  responses: { 200: json(ScanFindingSchema, 'disputed'), ...problems(400, 401, 403, 404, 409, 413, 415, 503) },
});

const decideRoute = createRoute({
  method: 'put',
  path: '/v1/resources/{id}/scan-findings/{column}/{kind}/decision',
  operationId: 'decideScanFinding',
  summary: 'Confirm or refuse a dispute',
  description:
    'By another person than the one who disputed. Once confirmed, uploads are taken in which no more of the values look so; clearly more ' +
    'are refused anew. What was confirmed can be refused later, for uploads from then on.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: {
    params: ScanFindingParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ScanDecisionSchema } } },
  },
  responses: { 200: json(ScanFindingSchema, 'decided'), ...problems(400, 401, 403, 404, 409, 413, 415, 503) },
});

export function registerScanFindings(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(listRoute, async (c) => {
    const caller = c.get('caller');
    const resource = readableResource(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'resource:read-report', resourceTarget(resource));
    const items = deps.store.read((db) => scanFindingsOf(db, resource.id)).map((finding) => ({ ...finding }));
    return c.json({ items }, 200);
  });

  app.openapi(disputeRoute, async (c) => {
    const caller = c.get('caller');
    const { id, column: columnName, kind } = c.req.valid('param');
    const resource = readableResource(deps, caller, id);
    await requirePermit(deps, caller, 'resource:upload', resourceTarget(resource));
    const key = { resource: resource.id, columnName, kind };
    return c.json({ ...(await deps.scans.dispute(caller, key, c.req.valid('json').reason)) }, 200);
  });

  app.openapi(decideRoute, async (c) => {
    const caller = c.get('caller');
    const { id, column: columnName, kind } = c.req.valid('param');
    const resource = readableResource(deps, caller, id);
    // WHY that permission: who lists a table vouches for how it is declared.
    await requirePermit(deps, caller, 'resource:list', resourceTarget(resource));
    const key = { resource: resource.id, columnName, kind };
    return c.json({ ...(await deps.scans.decide(caller, key, c.req.valid('json'))) }, 200);
  });
}
