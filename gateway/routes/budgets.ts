import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { jobsBudgetOf } from '../reading/jobs-budget.ts';
import { type PrivacyBudget, privacyBudgetsOf } from '../reading/privacy-reading.ts';
import { readablePage } from './plans.ts';
import { AUTHENTICATED, TAG } from './schemas/common.ts';
import { BudgetPageSchema, PlanListQuerySchema } from './schemas/plan.ts';
import type { PrivacyBudgetSchema } from './schemas/privacy.ts';
import { json, problems } from './schemas/problem.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/v1/budgets',
  operationId: 'listBudgets',
  summary: 'What plans have used, and what is left of privacy',
  description:
    'For every plan that the caller may read: its limit of jobs, what is spent, held and left; and for every resource of ' +
    'these plans that leaves in mode `dp`, the privacy budget of each kind of unit, the caller’s own caps beneath, and how ' +
    'long it will last. Never refunded, never renewed.',
  tags: [TAG.developers, TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: { query: PlanListQuerySchema },
  responses: { 200: json(BudgetPageSchema, 'a page of budgets'), ...problems(400, 401) },
});

export function registerBudgets(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(listRoute, (c) => {
    const { limit, ...filter } = c.req.valid('query');
    const page = readablePage(deps, c.get('caller'), filter, limit);
    const caller = c.get('caller');
    const privacy = deps.store.read((db) => privacyBudgetsOf(db, caller, page.items, deps.profile, deps.clock()));
    const items = page.items.map((plan) => ({ ...deps.store.read((db) => jobsBudgetOf(db, plan)) }));
    return c.json({ items, next: page.next, privacy: privacy.map(privacyJson) }, 200);
  });
}

function privacyJson(budget: PrivacyBudget): z.output<typeof PrivacyBudgetSchema> {
  return { ...budget, plans: budget.plans.map((plan) => ({ ...plan })) };
}
