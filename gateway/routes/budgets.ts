import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { balance, type UsagePlan } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { readablePage } from './plans.ts';
import { AUTHENTICATED, TAG } from './schemas/common.ts';
import { BudgetPageSchema, type BudgetSchema, PlanListQuerySchema } from './schemas/plan.ts';
import { json, problems } from './schemas/problem.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/v1/budgets',
  operationId: 'listBudgets',
  summary: 'What plans have used',
  description:
    'For every plan that the caller may read: its limit of jobs, what is spent, held and left. Never refunded.',
  tags: [TAG.developers, TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: { query: PlanListQuerySchema },
  responses: { 200: json(BudgetPageSchema, 'a page of budgets'), ...problems(400, 401) },
});

export function registerBudgets(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(listRoute, (c) => {
    const { limit, ...filter } = c.req.valid('query');
    const page = readablePage(deps, c.get('caller'), filter, limit);
    return c.json({ items: page.items.map((plan) => jobsBudget(deps, plan)), next: page.next }, 200);
  });
}

function jobsBudget(deps: AppDeps, plan: UsagePlan): z.output<typeof BudgetSchema> {
  const account = `plan:${plan.id}:jobs`;
  const { spent, reserved } = deps.store.read((db) => balance(db, account));
  const limit = plan.jobsMax;
  const remaining = limit === null ? null : Math.max(0, limit - spent - reserved);
  return { account, plan: plan.id, unit: 'jobs', limit, spent, reserved, remaining };
}
