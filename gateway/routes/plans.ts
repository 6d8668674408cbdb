import { randomUUID } from 'node:crypto';
import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { findPlan, listPlans, providersOfPlan, suspendingTables, type UsagePlan } from '#catalog';
import { AppError, isDrillOrganisation } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Caller } from '../identity/index.ts';
import { isPermitted, planTarget, requirePermit } from './access.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  PlanDecisionRequestSchema,
  PlanListQuerySchema,
  PlanPageSchema,
  PlanParamsSchema,
  PlanRequestSchema,
  PlanSchema,
} from './schemas/plan.ts';
import { json, linksTo, problems } from './schemas/problem.ts';

const submitRoute = createRoute({
  method: 'post',
  path: '/v1/plans',
  operationId: 'submitPlan',
  summary: 'Submit a usage plan',
  description: 'What a developer may ask: which columns, for what purpose, until when. It takes effect when approved.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: PlanRequestSchema } } },
  },
  responses: {
    201: {
      ...json(PlanSchema, 'submitted'),
      headers: { Location: { schema: { type: 'string' }, description: 'the plan' } },
      links: linksTo('readPlan', 'decidePlan', 'revokePlan'),
    },
    ...problems(400, 401, 403, 408, 409, 413, 415, 422, 503),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/plans',
  operationId: 'listPlans',
  summary: 'List usage plans',
  description:
    'Those that the caller may read: of its own organisation, about its own tables, or all for the authorities.',
  tags: [TAG.developers, TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { query: PlanListQuerySchema },
  responses: { 200: json(PlanPageSchema, 'a page of plans'), ...problems(400, 401) },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/plans/{id}',
  operationId: 'readPlan',
  summary: 'Read a usage plan',
  tags: [TAG.developers, TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: PlanParamsSchema, query: NO_QUERY },
  responses: { 200: json(PlanSchema, 'the plan'), ...problems(400, 401, 404) },
});

const decideRoute = createRoute({
  method: 'post',
  path: '/v1/plans/{id}/decisions',
  operationId: 'decidePlan',
  summary: 'Decide on a usage plan',
  description:
    'The data bureau and every provider involved approve, each once. A provider’s refusal removes its tables; the ' +
    'bureau’s refuses the plan. Nobody decides on a plan of their own organisation.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: PlanParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: PlanDecisionRequestSchema } } },
  },
  responses: {
    200: json(PlanSchema, 'the plan after this decision'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503),
  },
});

const reviewRoute = createRoute({
  method: 'post',
  path: '/v1/plans/{id}/reviews',
  operationId: 'reviewPlan',
  summary: 'Review a usage plan again',
  description:
    'After columns, levels or terms of one of its tables changed: the plan rests until the data bureau and every provider involved ' +
    'have approved the entries as they are now. A refusal stands until an entry changes again.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: PlanParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: PlanDecisionRequestSchema } } },
  },
  responses: {
    200: json(PlanSchema, 'the plan after this review'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503),
  },
});

const revokeRoute = createRoute({
  method: 'delete',
  path: '/v1/plans/{id}',
  operationId: 'revokePlan',
  summary: 'Revoke a usage plan',
  description: 'At once and for good, by the data bureau or a provider involved.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: { params: PlanParamsSchema, query: NO_QUERY },
  responses: { 200: json(PlanSchema, 'revoked'), ...problems(400, 401, 403, 404, 409, 503) },
});

export function registerPlans(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(submitRoute, async (c) => {
    const { id = `plan-${randomUUID()}`, org = c.get('caller').org, ...rest } = c.req.valid('json');
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'plan:submit', { type: 'Plan', id, attrs: { org } });
    const {
      unitsMin = null,
      jobsMax = null,
      rhoMax = null,
      joins = null,
      outputs = null,
      operator = null,
      ...asked
    } = rest;
    const limits = { unitsMin, jobsMax, rhoMax, joins, outputs };
    const content = { ...asked, ...limits, id, org, author: caller.sub, operator };
    const plan = await deps.plans.submit(caller, content);
    c.header('Location', `/v1/plans/${plan.id}`);
    return c.json(planJson(deps, plan), 201);
  });

  app.openapi(listRoute, (c) => {
    const { limit, ...filter } = c.req.valid('query');
    const page = readablePage(deps, c.get('caller'), filter, limit);
    return c.json({ items: page.items.map((plan) => planJson(deps, plan)), next: page.next }, 200);
  });

  app.openapi(readRoute, (c) =>
    c.json(planJson(deps, readablePlan(deps, c.get('caller'), c.req.valid('param').id)), 200),
  );

  app.openapi(decideRoute, async (c) => {
    const caller = c.get('caller');
    const plan = readablePlan(deps, caller, c.req.valid('param').id);
    const { verdict, comment } = c.req.valid('json');
    await requirePermit(deps, caller, 'plan:decide', targetOf(deps, plan));
    return c.json(planJson(deps, await deps.plans.decide(caller, plan.id, { verdict, comment: comment ?? '' })), 200);
  });

  app.openapi(reviewRoute, async (c) => {
    const caller = c.get('caller');
    const plan = readablePlan(deps, caller, c.req.valid('param').id);
    const { verdict, comment } = c.req.valid('json');
    await requirePermit(deps, caller, 'plan:decide', targetOf(deps, plan));
    return c.json(planJson(deps, await deps.plans.review(caller, plan.id, { verdict, comment: comment ?? '' })), 200);
  });

  app.openapi(revokeRoute, async (c) => {
    const caller = c.get('caller');
    const plan = readablePlan(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'plan:revoke', targetOf(deps, plan));
    return c.json(planJson(deps, await deps.plans.revoke(caller, plan.id)), 200);
  });
}

/** The plan, for a caller who may read it. Errors: PLAN_NOT_FOUND, whether it is absent or not readable. */
export function readablePlan(deps: AppDeps, caller: Caller, id: string): UsagePlan {
  const plan = deps.store.read((db) => findPlan(db, id));
  if (plan !== null && isPermitted(deps, caller, 'plan:read', targetOf(deps, plan))) return plan;
  throw new AppError('PLAN_NOT_FOUND', { id });
}

/** Every readable plan in order of ids, a page of them. */
export function readablePage(
  deps: AppDeps,
  caller: Caller,
  filter: Pick<NonNullable<Parameters<typeof listPlans>[1]>, 'org' | 'state' | 'after'>,
  limit: number,
): { readonly items: readonly UsagePlan[]; readonly next: string | null } {
  const items: UsagePlan[] = [];
  let { after } = filter;
  for (;;) {
    const found = deps.store.read((db) => listPlans(db, { ...filter, after, limit: limit + 1 }));
    for (const plan of found) {
      if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
      if (isDrillOrganisation(plan.org)) continue; // the log tells of drills; nobody's figures do
      if (isPermitted(deps, caller, 'plan:read', targetOf(deps, plan))) items.push(plan);
    }
    if (found.length <= limit) return { items, next: null };
    after = found.at(-1)?.id;
  }
}

function targetOf(deps: AppDeps, plan: UsagePlan): ReturnType<typeof planTarget> {
  return planTarget(
    plan,
    deps.store.read((db) => [...new Set(providersOfPlan(db, plan.id).values())]),
  );
}

function planJson(deps: AppDeps, { basis, ...plan }: UsagePlan): z.output<typeof PlanSchema> {
  return {
    ...plan,
    home: deps.log.verifierKey,
    suspendedBy: [...deps.store.read((db) => suspendingTables(db, { basis, ...plan }))],
    tables: plan.tables.map(({ resource, columns }) => ({ resource, columns: [...columns] })),
    joins: plan.joins?.map((key) => [...key]) ?? null,
    outputs: plan.outputs === null ? null : [...plan.outputs],
    decisions: plan.decisions.map((decision) => ({ ...decision })),
    revocation: plan.revocation === null ? null : { ...plan.revocation },
  };
}
