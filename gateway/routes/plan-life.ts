import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { filingDue, listPlans, type PlanAgreement, planSteps, providersOfPlan, type UsagePlan } from '#catalog';
import { shanghaiDay } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { PLATFORM_TARGET, planTarget, requirePermit } from './access.ts';
import { readablePlan } from './plans.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { PlanParamsSchema } from './schemas/plan.ts';
import {
  AgreementRequestSchema,
  AgreementSchema,
  FilingRequestSchema,
  LateListSchema,
  ProgressSchema,
  SupplyRequestSchema,
  SupplySchema,
} from './schemas/plan-life.ts';
import { json, problems } from './schemas/problem.ts';

const body = <S extends z.ZodType>(schema: S) => ({
  params: PlanParamsSchema,
  query: NO_QUERY,
  body: { required: true as const, content: { 'application/json': { schema } } },
});
const CHANGES = problems(400, 401, 403, 404, 408, 409, 413, 415, 503);

const signRoute = createRoute({
  method: 'post',
  path: '/v1/plans/{id}/agreement',
  operationId: 'signPlanAgreement',
  summary: 'Sign the agreement over an approved plan',
  description:
    'Developer and operator, each once, over the same document and the plan as it was approved, with a key of its own that a person of the bureau confirmed.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: body(AgreementRequestSchema),
  responses: { 200: json(AgreementSchema, 'signed'), ...CHANGES },
});

const fileRoute = createRoute({
  method: 'post',
  path: '/v1/plans/{id}/filing',
  operationId: 'filePlanAgreement',
  summary: 'Record the filing of an agreement',
  description:
    'By the data bureau, within as many working days of the last signature as it has set (`filingDays`). An agreement past its day has lapsed: both sign anew.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: body(FilingRequestSchema),
  responses: { 200: json(AgreementSchema, 'filed'), ...CHANGES },
});

const supplyRoute = createRoute({
  method: 'post',
  path: '/v1/plans/{id}/supplies',
  operationId: 'supplyPlan',
  summary: 'Record the supply of a table to a plan',
  description:
    'By the table’s provider: a receipt of the current version, which came in by an upload. Due as many working days after the approval as the bureau has set (`supplyDays`).',
  tags: [TAG.providers],
  security: AUTHENTICATED,
  request: body(SupplyRequestSchema),
  responses: { 200: json(SupplySchema, 'the receipt'), ...CHANGES },
});

const progressRoute = createRoute({
  method: 'get',
  path: '/v1/plans/{id}/progress',
  operationId: 'readPlanProgress',
  summary: 'Read what a plan waits for',
  description: 'Supply of each table and filing of the agreement, with their last days and whether they are late.',
  tags: [TAG.developers, TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: PlanParamsSchema, query: NO_QUERY },
  responses: { 200: json(ProgressSchema, 'the steps'), ...problems(400, 401, 404) },
});

const lateRoute = createRoute({
  method: 'get',
  path: '/v1/late-steps',
  operationId: 'listLateSteps',
  summary: 'List what is late',
  description: 'Approved plans with a supply or a filing past its day: what has escalated to the data bureau.',
  tags: [TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: { query: NO_QUERY },
  responses: { 200: json(LateListSchema, 'late steps, by plan'), ...problems(400, 401, 403, 503) },
});

const PLANS_MAX = 1_000;

export function registerPlanLife(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(signRoute, async (c) => {
    const caller = c.get('caller');
    const plan = readablePlan(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'plan:sign', targetOf(deps, plan));
    return c.json(agreementJson(deps, await deps.planLife.sign(caller, plan.id, c.req.valid('json'))), 200);
  });

  app.openapi(fileRoute, async (c) => {
    const caller = c.get('caller');
    const plan = readablePlan(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'plan:file', targetOf(deps, plan));
    return c.json(agreementJson(deps, await deps.planLife.file(caller, plan.id, c.req.valid('json').number)), 200);
  });

  app.openapi(supplyRoute, async (c) => {
    const caller = c.get('caller');
    const plan = readablePlan(deps, caller, c.req.valid('param').id);
    await requirePermit(deps, caller, 'plan:supply', targetOf(deps, plan));
    return c.json({ ...(await deps.planLife.supply(caller, plan.id, c.req.valid('json').resource)) }, 200);
  });

  app.openapi(progressRoute, (c) =>
    c.json(progressJson(deps, readablePlan(deps, c.get('caller'), c.req.valid('param').id)), 200),
  );

  app.openapi(lateRoute, async (c) => {
    await requirePermit(deps, c.get('caller'), 'plan:read-late', PLATFORM_TARGET);
    const plans = deps.store.read((db) => listPlans(db, { state: 'approved', limit: PLANS_MAX }));
    const late = plans
      .map((plan) => progressJson(deps, plan))
      .filter(({ steps }) => steps.some(({ isLate }) => isLate));
    return c.json({ items: late }, 200);
  });
}

function progressJson(deps: AppDeps, plan: UsagePlan): z.output<typeof ProgressSchema> {
  const today = shanghaiDay(deps.clock().toISOString());
  const steps = deps.store.read((db) => planSteps(db, plan, today));
  return { plan: plan.id, steps: steps.map((step) => ({ ...step })) };
}

function targetOf(deps: AppDeps, plan: UsagePlan): ReturnType<typeof planTarget> {
  return planTarget(
    plan,
    deps.store.read((db) => [...new Set(providersOfPlan(db, plan.id).values())]),
  );
}

function agreementJson(deps: AppDeps, agreement: PlanAgreement): z.output<typeof AgreementSchema> {
  return { ...agreement, filingDue: deps.store.read((db) => filingDue(db, agreement)) };
}
