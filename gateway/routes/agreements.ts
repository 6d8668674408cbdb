import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { findAffiliates, getAgreement, getIncident, listAgreements, type OperatorAgreement } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Target } from '../identity/index.ts';
import { isPermitted, requirePermit } from './access.ts';
import { AUTHENTICATED, TAG } from './schemas/common.ts';
import {
  AffiliatesParamsSchema,
  AffiliatesSchema,
  AffiliationSchema,
  AgreementListSchema,
  AgreementParamsSchema,
  AgreementRequestSchema,
  AgreementSchema,
  IncidentDecisionSchema,
  IncidentParamsSchema,
  IncidentRequestSchema,
  IncidentSchema,
  NO_QUERY,
  StepRequestSchema,
} from './schemas/operator.ts';
import { json, problems } from './schemas/problem.ts';

const body = <T extends z.ZodType>(schema: T) =>
  ({ required: true, content: { 'application/json': { schema } } }) as const;
const common = { tags: [TAG.bureau], security: AUTHENTICATED };

const openRoute = createRoute({
  ...common,
  method: 'post',
  path: '/v1/agreements',
  operationId: 'openAgreement',
  summary: 'Open the choice of an operator (遴选)',
  description:
    'Refused while an incident of the last three years stands against it. The term is five years from its first day.',
  request: { query: NO_QUERY, body: body(AgreementRequestSchema) },
  responses: { 201: json(AgreementSchema, 'opened'), ...problems(400, 401, 403, 408, 413, 415, 422, 503) },
});
const listRoute = createRoute({
  ...common,
  method: 'get',
  path: '/v1/agreements',
  operationId: 'listAgreements',
  summary: 'List agreements with operators',
  request: { query: NO_QUERY },
  responses: { 200: json(AgreementListSchema, 'those that the caller may read'), ...problems(400, 401) },
});
const stepRoute = createRoute({
  ...common,
  method: 'post',
  path: '/v1/agreements/{id}/steps',
  operationId: 'takeAgreementStep',
  summary: 'Take the next step of an agreement',
  description:
    '评审 review, 公示 publicity, 三重一大 decision (once the publicity has elapsed), then the signatures of bureau and operator. ' +
    'In this order, by different people.',
  request: { params: AgreementParamsSchema, query: NO_QUERY, body: body(StepRequestSchema) },
  responses: {
    200: json(AgreementSchema, 'the agreement after the step'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
  },
});
const incidentRoute = createRoute({
  ...common,
  method: 'post',
  path: '/v1/incidents',
  operationId: 'recordIncident',
  summary: 'Record an incident of an operator',
  description: 'Nothing runs under the operator’s plans until the bureau has decided on it.',
  request: { query: NO_QUERY, body: body(IncidentRequestSchema) },
  responses: {
    201: json(IncidentSchema, 'recorded'),
    ...problems(400, 401, 403, 408, 409, 413, 415, 422, 503),
  },
});
const decideRoute = createRoute({
  ...common,
  method: 'post',
  path: '/v1/incidents/{id}/decision',
  operationId: 'decideIncident',
  summary: 'Decide on an incident',
  description: 'By another person than recorded it. A confirmed one stands against awards for three years.',
  request: { params: IncidentParamsSchema, query: NO_QUERY, body: body(IncidentDecisionSchema) },
  responses: {
    200: json(IncidentSchema, 'decided'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503),
  },
});
const declareRoute = createRoute({
  ...common,
  method: 'post',
  path: '/v1/affiliations',
  operationId: 'declareAffiliation',
  summary: 'Declare whom an organisation belongs to',
  description: 'Ownership, or a credit code, legal representative or key that is shared.',
  request: { query: NO_QUERY, body: body(AffiliationSchema) },
  responses: { 201: json(AffiliationSchema, 'declared'), ...problems(400, 401, 403, 408, 413, 415, 503) },
});
const affiliatesRoute = createRoute({
  ...common,
  method: 'get',
  path: '/v1/affiliations/{org}',
  operationId: 'readAffiliates',
  summary: 'Who is affiliated with an organisation',
  request: { params: AffiliatesParamsSchema, query: NO_QUERY },
  responses: { 200: json(AffiliatesSchema, 'directly or over others'), ...problems(400, 401, 403, 404) },
});

export const operatorTarget = (operator: string, step?: string): Target => ({
  type: 'Operator',
  id: operator,
  attrs: { operator, ...(step === undefined ? {} : { step }) },
});

export function registerAgreements(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  const { operators, store } = deps;
  const shown = (agreement: OperatorAgreement) => agreementJson(agreement, deps.log.verifierKey);

  app.openapi(openRoute, async (c) => {
    const { note, ...agreement } = c.req.valid('json');
    await requirePermit(deps, c.get('caller'), 'operator:open', operatorTarget(agreement.operator));
    return c.json(shown(await operators.open(c.get('caller'), agreement, note)), 201);
  });
  app.openapi(listRoute, (c) => {
    const may = ({ operator }: OperatorAgreement) =>
      isPermitted(deps, c.get('caller'), 'operator:read', operatorTarget(operator));
    return c.json({ items: store.read(listAgreements).filter(may).map(shown) }, 200);
  });
  app.openapi(stepRoute, async (c) => {
    const { id } = c.req.valid('param');
    const { step, note, jws = null } = c.req.valid('json');
    const { operator } = store.read((db) => getAgreement(db, id));
    await requirePermit(deps, c.get('caller'), 'operator:step', operatorTarget(operator, step));
    return c.json(shown(await operators.step(c.get('caller'), id, { step, note, jws })), 200);
  });
  app.openapi(incidentRoute, async (c) => {
    const incident = c.req.valid('json');
    await requirePermit(deps, c.get('caller'), 'operator:incident', operatorTarget(incident.operator));
    return c.json({ ...(await operators.recordIncident(c.get('caller'), incident)) }, 201);
  });
  app.openapi(decideRoute, async (c) => {
    const { id } = c.req.valid('param');
    const { operator } = store.read((db) => getIncident(db, id));
    await requirePermit(deps, c.get('caller'), 'operator:incident-decide', operatorTarget(operator));
    return c.json({ ...(await operators.decideIncident(c.get('caller'), id, c.req.valid('json').verdict)) }, 200);
  });
  app.openapi(declareRoute, async (c) => {
    const fact = c.req.valid('json');
    await requirePermit(deps, c.get('caller'), 'affiliation:declare', operatorTarget(fact.org));
    await operators.declare(c.get('caller'), fact);
    return c.json(fact, 201);
  });
  app.openapi(affiliatesRoute, async (c) => {
    const { org } = c.req.valid('param');
    await requirePermit(deps, c.get('caller'), 'operator:read', operatorTarget(org));
    const found = store.read((db) => findAffiliates(db, org));
    return c.json({ org, affiliates: [...found].map(([one, chain]) => ({ org: one, chain: [...chain] })) }, 200);
  });
}

function agreementJson(agreement: OperatorAgreement, home: string): z.output<typeof AgreementSchema> {
  return { ...agreement, home, steps: agreement.steps.map((step) => ({ ...step })) };
}
