import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { providersOfPlan } from '#catalog';
import { RISK_BANDS } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { planTarget, requirePermit } from './access.ts';
import { readablePlan } from './plans.ts';
import { AUTHENTICATED, NO_QUERY, ResourceIdSchema, TAG } from './schemas/common.ts';
import { PlanParamsSchema } from './schemas/plan.ts';
import { json, problems } from './schemas/problem.ts';

const QUESTIONS_MAX = 50;
const SQL_LENGTH_MAX = 100_000;
const BandSchema = z.enum(RISK_BANDS);

const AssessmentRequestSchema = z
  .strictObject({
    questions: z.array(z.string().min(1).max(SQL_LENGTH_MAX)).max(QUESTIONS_MAX).optional().openapi({
      description: 'what the plan is to answer, as SQL; none: the newest 1,000 jobs under it',
    }),
  })
  .openapi('AssessmentRequest');

const AssessmentSchema = z
  .object({
    plan: z.string(),
    band: BandSchema.openapi({ description: 'how far the plan’s tables single people out; joins raise it' }),
    tables: z.array(
      z.object({ resource: ResourceIdSchema, version: z.int(), columns: z.array(ResourceIdSchema), band: BandSchema }),
    ),
    looked: z.int().openapi({ description: 'questions or jobs that `minimum` looks at' }),
    minimum: z
      .array(
        z.object({ resource: ResourceIdSchema, used: z.array(ResourceIdSchema), unused: z.array(ResourceIdSchema) }),
      )
      .openapi({ description: 'columns that the plan asks for, used and not' }),
  })
  .openapi('PlanAssessment');

const assessRoute = createRoute({
  method: 'post',
  path: '/v1/plans/{id}/assessment',
  operationId: 'assessPlan',
  summary: 'Assess a usage plan',
  description:
    'For those who decide on it. Combinations of quasi-identifiers are counted on the real rows in the sandbox; a band in three steps is all ' +
    'that leaves. Columns that no job, or none of the questions, uses are named.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: PlanParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: AssessmentRequestSchema } } },
  },
  responses: {
    200: json(AssessmentSchema, 'the assessment'),
    ...problems(400, 401, 403, 404, 408, 413, 415, 422, 503),
  },
});

export function registerPlanAssessment(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(assessRoute, async (c) => {
    const caller = c.get('caller');
    const plan = readablePlan(deps, caller, c.req.valid('param').id);
    const providers = deps.store.read((db) => [...new Set(providersOfPlan(db, plan.id).values())]);
    await requirePermit(deps, caller, 'plan:assess', planTarget(plan, providers));
    const found = await deps.assessor.assess(caller, plan.id, c.req.valid('json').questions ?? []);
    return c.json(
      {
        plan: plan.id,
        band: found.band,
        looked: found.looked,
        tables: found.tables.map((table) => ({ ...table, columns: [...table.columns] })),
        minimum: found.minimum.map(({ resource, used, unused }) => ({
          resource,
          used: [...used],
          unused: [...unused],
        })),
      },
      200,
    );
  });
}
