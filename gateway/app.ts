import { OpenAPIHono } from '@hono/zod-openapi';
import { AppError } from '#policies';
import type { AppContext, AppDeps, AppEnv } from './app-deps.ts';
import { problemOfThrown, problemResponse } from './problem.ts';
import { registerAgreements } from './routes/agreements.ts';
import { registerAudit } from './routes/audit.ts';
import { registerAuthorizedList } from './routes/authorized-list.ts';
import { registerBudgets } from './routes/budgets.ts';
import { registerCanaries } from './routes/canaries.ts';
import { registerConsents } from './routes/consents.ts';
import { registerDcatImport } from './routes/dcat-import.ts';
import { registerDemands } from './routes/demands.ts';
import { registerDestructions } from './routes/destructions.ts';
import { registerEntries } from './routes/entries.ts';
import { registerErasures } from './routes/erasures.ts';
import { registerExits } from './routes/exits.ts';
import { registerExplain } from './routes/explain.ts';
import { frame, gate } from './routes/frame.ts';
import { registerFreezes } from './routes/freezes.ts';
import { registerGrants } from './routes/grants.ts';
import { registerIntakes } from './routes/intakes.ts';
import { registerJobResult } from './routes/job-result.ts';
import { registerJobs } from './routes/jobs.ts';
import { registerLookups } from './routes/lookups.ts';
import { registerMeta } from './routes/meta.ts';
import { registerOnboarding } from './routes/onboarding.ts';
import { registerOpenApi } from './routes/open-api.ts';
import { registerPartyKeys } from './routes/party-keys.ts';
import { registerPlanAssessment } from './routes/plan-assessment.ts';
import { registerPlanLife } from './routes/plan-life.ts';
import { registerPlans } from './routes/plans.ts';
import { registerPrivacyRegister } from './routes/privacy-register.ts';
import { registerProducts } from './routes/products.ts';
import { requestInvalid, sentencesOf } from './routes/request-invalid.ts';
import { registerResourceData } from './routes/resource-data.ts';
import { registerResources } from './routes/resources.ts';
import { registerRetention } from './routes/retention.ts';
import { type RouteTable, routeTable } from './routes/route-table.ts';
import { registerScanFindings } from './routes/scan-findings.ts';
import { registerSync } from './routes/sync.ts';
import { registerTimeLimits } from './routes/time-limits.ts';
import { createMetrics } from './telemetry.ts';

/**
 * The gateway's HTTP surface. Every answer that is not a success is an RFC 9457 problem, and every problem is made in
 * one place, here at the edge. Tests call `app.request`.
 */
export function createApp(deps: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  const metrics = createMetrics();
  app.onError((error, c) => {
    const language = c.get('language') ?? 'zh-CN';
    const problem = problemOfThrown(error, language, deps.onBug);
    metrics.requestRefused({ 'sluice.code': problem.code });
    return problemResponse(problem, language);
  });
  let routes: RouteTable | null = null;
  app.use(frame());
  app.use(gate(deps, () => (routes ??= routeTable(app))));
  registerJobs(app, deps);
  registerJobResult(app, deps);
  registerExplain(app, deps);
  registerResources(app, deps);
  registerEntries(app, deps);
  registerResourceData(app, deps);
  registerDestructions(app, deps);
  registerRetention(app, deps);
  registerDcatImport(app, deps);
  registerDemands(app, deps);
  registerAuthorizedList(app, deps);
  registerScanFindings(app, deps);
  registerSync(app, deps);
  registerPlans(app, deps);
  registerPartyKeys(app, deps);
  registerGrants(app, deps);
  registerAgreements(app, deps);
  registerExits(app, deps);
  registerPlanAssessment(app, deps);
  registerPlanLife(app, deps);
  registerOnboarding(app, deps);
  registerTimeLimits(app, deps);
  registerBudgets(app, deps);
  registerPrivacyRegister(app, deps);
  registerAudit(app, deps);
  registerErasures(app, deps);
  registerFreezes(app, deps);
  registerCanaries(app, deps);
  registerProducts(app, deps);
  registerIntakes(app, deps);
  registerConsents(app, deps);
  registerLookups(app, deps);
  registerMeta(app, deps);
  registerOpenApi(app, deps);
  return app;
}

interface Validated {
  readonly target: string;
  readonly success: boolean;
  readonly error?: unknown;
}

const PARTS: Readonly<Record<string, string>> = { json: 'body', query: 'query', header: 'headers', param: 'path' };

/** An id that cannot exist is absent like any other; the rest of what a schema refuses is an invalid request. */
function refuseInvalid(result: Validated, c: AppContext): undefined {
  if (result.success) return;
  if (result.target === 'param') throw absent(c.req.path, c.req.param('id') ?? '');
  throw requestInvalid(
    sentencesOf(result.error as Parameters<typeof sentencesOf>[0], PARTS[result.target] ?? 'request'),
  );
}

function absent(path: string, id: string): AppError {
  if (path.startsWith('/v1/jobs/')) return new AppError('JOB_NOT_FOUND', { id });
  if (path.startsWith('/v1/resources/')) return new AppError('RESOURCE_NOT_FOUND', { id });
  if (path.startsWith('/v1/plans/')) return new AppError('PLAN_NOT_FOUND', { id });
  if (path.startsWith('/v1/grants/')) return new AppError('GRANT_NOT_FOUND', { id });
  if (path.startsWith('/v1/agreements/')) return new AppError('AGREEMENT_NOT_FOUND', { id });
  if (path.startsWith('/v1/incidents/')) return new AppError('INCIDENT_NOT_FOUND', { id });
  if (path.startsWith('/v1/freezes/')) return new AppError('FREEZE_NOT_FOUND', { id });
  if (path.startsWith('/v1/canaries/')) return new AppError('CANARY_NOT_FOUND', { id });
  if (path.startsWith('/v1/products/')) return new AppError('PRODUCT_NOT_FOUND', { id });
  if (path.startsWith('/v1/intakes/')) return new AppError('INTAKE_NOT_FOUND', { id });
  if (path.startsWith('/v1/sync-peers/')) return new AppError('SYNC_NOT_FOUND', { id });
  if (path.startsWith('/v1/consent-keys/')) return new AppError('CONSENT_KEY_NOT_FOUND', { id });
  return new AppError('ROUTE_NOT_FOUND', { path });
}
