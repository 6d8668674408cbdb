import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { answerDue, type Demand, findDemand, listDemands } from '#catalog';
import { AppError, shanghaiDay } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Caller, Target } from '../identity/index.ts';
import { isPermitted, requirePermit } from './access.ts';
import {
  DemandAnswerSchema,
  DemandListQuerySchema,
  DemandPageSchema,
  DemandParamsSchema,
  DemandProposalSchema,
  DemandRequestSchema,
  DemandSchema,
} from './schemas/catalogue.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';

const CHANGES = problems(400, 401, 403, 404, 408, 409, 413, 415, 503);

const fileRoute = createRoute({
  method: 'post',
  path: '/v1/demands',
  operationId: 'fileDemand',
  summary: 'Ask a provider for data',
  description:
    'Seen by who files it, the provider and the authorities, and by nobody else. The provider answers within 10 working days.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: DemandRequestSchema } } },
  },
  responses: { 201: json(DemandSchema, 'filed'), ...CHANGES },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/demands',
  operationId: 'listDemands',
  summary: 'List demands',
  description: 'Filed by or addressed to the caller’s organisation; all of them for the authorities.',
  tags: [TAG.developers, TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { query: DemandListQuerySchema },
  responses: { 200: json(DemandPageSchema, 'a page of demands'), ...problems(400, 401, 503) },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/demands/{id}',
  operationId: 'readDemand',
  summary: 'Read a demand',
  tags: [TAG.developers, TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: DemandParamsSchema, query: NO_QUERY },
  responses: { 200: json(DemandSchema, 'the demand'), ...problems(400, 401, 404, 503) },
});

const answerRoute = createRoute({
  method: 'post',
  path: '/v1/demands/{id}/answer',
  operationId: 'answerDemand',
  summary: 'Answer a demand',
  tags: [TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: DemandParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: DemandAnswerSchema } } },
  },
  responses: { 200: json(DemandSchema, 'answered'), ...CHANGES },
});

const proposalRoute = createRoute({
  method: 'post',
  path: '/v1/demands/{id}/proposal',
  operationId: 'proposeForDemand',
  summary: 'Name the draft that answers an accepted demand',
  tags: [TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: DemandParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: DemandProposalSchema } } },
  },
  responses: { 200: json(DemandSchema, 'the demand with its draft'), ...CHANGES },
});

export function registerDemands(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(fileRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'demand:file', targetOf({ id: 'new', org: caller.org, provider: '' }));
    return c.json(demandJson(deps, await deps.catalogue.demand(caller, c.req.valid('json'))), 201);
  });

  app.openapi(listRoute, (c) => {
    const caller = c.get('caller');
    const { after, limit } = c.req.valid('query');
    const seesAll = isPermitted(deps, caller, 'demand:read', targetOf({ id: 'all', org: '', provider: '' }));
    const party = seesAll ? null : caller.org;
    const found = deps.store.read((db) => listDemands(db, { party, after, limit: limit + 1 }));
    const mine = found.filter((demand) => isPermitted(deps, caller, 'demand:read', targetOf(demand)));
    const items = mine.slice(0, limit).map((demand) => demandJson(deps, demand));
    return c.json({ items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null }, 200);
  });

  app.openapi(readRoute, (c) =>
    c.json(demandJson(deps, readable(deps, c.get('caller'), c.req.valid('param').id)), 200),
  );

  app.openapi(answerRoute, async (c) => {
    const caller = c.get('caller');
    const demand = readable(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'demand:answer', targetOf(demand));
    const { verdict, comment = '' } = c.req.valid('json');
    return c.json(demandJson(deps, await deps.catalogue.answer(caller, demand.id, { verdict, comment })), 200);
  });

  app.openapi(proposalRoute, async (c) => {
    const caller = c.get('caller');
    const demand = readable(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'demand:answer', targetOf(demand));
    return c.json(
      demandJson(deps, await deps.catalogue.proposeDraft(caller, demand.id, c.req.valid('json').resource)),
      200,
    );
  });
}

/** Errors: DEMAND_NOT_FOUND, whether it is absent or not readable. */
function readable(deps: AppDeps, caller: Caller, id: string): Demand {
  const demand = deps.store.read((db) => findDemand(db, id));
  if (demand !== null && isPermitted(deps, caller, 'demand:read', targetOf(demand))) return demand;
  throw new AppError('DEMAND_NOT_FOUND', { id });
}

function targetOf({ id, org, provider }: Pick<Demand, 'id' | 'org' | 'provider'>): Target {
  return { type: 'Demand', id, attrs: { org, provider } };
}

function demandJson(deps: AppDeps, demand: Demand): z.output<typeof DemandSchema> {
  const due = deps.store.read((db) => answerDue(db, demand));
  const until = demand.answeredAt ?? deps.clock().toISOString();
  return { ...demand, answerDue: due, isLate: shanghaiDay(until) > due };
}
