import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { findOnboarding, listRules, type Onboarding, rulesInForce } from '#catalog';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Target } from '../identity/index.ts';
import { isPermitted, PLATFORM_TARGET, requirePermit } from './access.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  OnboardingDecisionSchema,
  OnboardingParamsSchema,
  OnboardingRequestSchema,
  OnboardingSchema,
  RulesListSchema,
  RulesParamsSchema,
  RulesRequestSchema,
  RulesSchema,
} from './schemas/plan-life.ts';
import { json, problems } from './schemas/problem.ts';

const CHANGES = problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503);

const proposeRoute = createRoute({
  method: 'post',
  path: '/v1/rules',
  operationId: 'proposeRules',
  summary: 'Propose a version of the rules',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: RulesRequestSchema } } },
  },
  responses: { 201: json(RulesSchema, 'proposed'), ...CHANGES },
});

const approveRoute = createRoute({
  method: 'post',
  path: '/v1/rules/{hash}/approval',
  operationId: 'approveRules',
  summary: 'Bring a version of the rules into force',
  description: 'By another person of the bureau than who proposed it. Developers accept it before they go on. No body.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { params: RulesParamsSchema, query: NO_QUERY },
  responses: { 200: json(RulesSchema, 'in force'), ...CHANGES },
});

const rulesRoute = createRoute({
  method: 'get',
  path: '/v1/rules',
  operationId: 'listRules',
  summary: 'Read the rules and their versions',
  tags: [TAG.everyone],
  security: AUTHENTICATED,
  request: { query: NO_QUERY },
  responses: { 200: json(RulesListSchema, 'newest first'), ...problems(400, 401, 503) },
});

const applyRoute = createRoute({
  method: 'post',
  path: '/v1/onboarding',
  operationId: 'applyForOnboarding',
  summary: 'Apply for onboarding',
  description:
    'A developer’s dossier: credit code, the rules that it accepts, and the accounts that may ask. Applied for again, it is decided again.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: OnboardingRequestSchema } } },
  },
  responses: { 201: json(OnboardingSchema, 'applied for'), ...CHANGES },
});

const decideRoute = createRoute({
  method: 'post',
  path: '/v1/onboarding/{org}/decision',
  operationId: 'decideOnboarding',
  summary: 'Decide on a developer’s onboarding',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: {
    params: OnboardingParamsSchema,
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: OnboardingDecisionSchema } } },
  },
  responses: { 200: json(OnboardingSchema, 'decided'), ...CHANGES },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/onboarding/{org}',
  operationId: 'readOnboarding',
  summary: 'Read a developer’s dossier',
  tags: [TAG.developers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: OnboardingParamsSchema, query: NO_QUERY },
  responses: { 200: json(OnboardingSchema, 'the dossier'), ...problems(400, 401, 404, 503) },
});

export function registerOnboarding(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(proposeRoute, async (c) => {
    await requirePermit(deps, c.get('caller'), 'rules:keep', PLATFORM_TARGET);
    return c.json({ ...(await deps.planLife.proposeRules(c.get('caller'), c.req.valid('json'))) }, 201);
  });

  app.openapi(approveRoute, async (c) => {
    await requirePermit(deps, c.get('caller'), 'rules:keep', PLATFORM_TARGET);
    return c.json({ ...(await deps.planLife.approveRules(c.get('caller'), c.req.valid('param').hash)) }, 200);
  });

  app.openapi(rulesRoute, (c) => {
    const { items, inForce } = deps.store.read((db) => ({
      items: listRules(db),
      inForce: rulesInForce(db)?.hash ?? null,
    }));
    return c.json({ items: items.map((rules) => ({ ...rules })), inForce }, 200);
  });

  app.openapi(applyRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'onboarding:apply', targetOf(caller.org));
    return c.json(dossierJson(await deps.planLife.apply(caller, c.req.valid('json'))), 201);
  });

  app.openapi(decideRoute, async (c) => {
    const { org } = c.req.valid('param');
    await requirePermit(deps, c.get('caller'), 'onboarding:decide', targetOf(org));
    return c.json(dossierJson(await deps.planLife.decide(c.get('caller'), org, c.req.valid('json').verdict)), 200);
  });

  app.openapi(readRoute, (c) => {
    const { org } = c.req.valid('param');
    const found = deps.store.read((db) => findOnboarding(db, org));
    const mayRead = isPermitted(deps, c.get('caller'), 'onboarding:read', targetOf(org));
    if (found === null || !mayRead) throw new AppError('ONBOARDING_NOT_FOUND', { id: org });
    return c.json(dossierJson(found), 200);
  });
}

const targetOf = (org: string): Target => ({ type: 'Developer', id: org, attrs: { org } });

function dossierJson(onboarding: Onboarding) {
  return { ...onboarding, staff: [...onboarding.staff] };
}
