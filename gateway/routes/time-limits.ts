import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { listTimeLimits, type TimeLimitsVersion, timeLimitsInForce } from '#catalog';
import { USUAL_LIMITS } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { PLATFORM_TARGET, requirePermit } from './access.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';
import {
  TimeLimitsListSchema,
  TimeLimitsParamsSchema,
  TimeLimitsRequestSchema,
  TimeLimitsSchema,
} from './schemas/time-limits.ts';

const CHANGES = problems(400, 401, 403, 408, 409, 413, 415, 422, 503);

const readRoute = createRoute({
  method: 'get',
  path: '/v1/time-limits',
  operationId: 'readTimeLimits',
  summary: 'Read the time limits and the holidays',
  description:
    'How many working days things may take, and every version. Holidays of 2025 and 2026 are known without being set.',
  tags: [TAG.everyone],
  security: AUTHENTICATED,
  request: { query: NO_QUERY },
  responses: { 200: json(TimeLimitsListSchema, 'what is in force, and every version'), ...problems(400, 401, 503) },
});

const proposeRoute = createRoute({
  method: 'post',
  path: '/v1/time-limits',
  operationId: 'proposeTimeLimits',
  summary: 'Propose time limits and holidays',
  description:
    'Whole: what a version leaves out is not taken from the one before. A year that it names takes the place of the same year that is known without it.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: TimeLimitsRequestSchema } } },
  },
  responses: { 201: json(TimeLimitsSchema, 'proposed'), ...CHANGES },
});

const approveRoute = createRoute({
  method: 'post',
  path: '/v1/time-limits/{version}/approval',
  operationId: 'approveTimeLimits',
  summary: 'Bring time limits into force',
  description:
    'By another person of the bureau than who proposed them. Limits hold for what begins after that day; holidays count at once. No body.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { params: TimeLimitsParamsSchema, query: NO_QUERY },
  responses: { 200: json(TimeLimitsSchema, 'in force'), ...CHANGES, ...problems(404) },
});

export function registerTimeLimits(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(readRoute, (c) => {
    const { versions, inForce } = deps.store.read((db) => ({
      versions: listTimeLimits(db),
      inForce: timeLimitsInForce(db),
    }));
    const { limits, holidays } = inForce === null ? { limits: USUAL_LIMITS, holidays: [] } : versionJson(inForce);
    const items = versions.map(versionJson).reverse();
    return c.json({ inForce: inForce?.version ?? null, limits: { ...limits }, holidays: [...holidays], items }, 200);
  });

  app.openapi(proposeRoute, async (c) => {
    await requirePermit(deps, c.get('caller'), 'time-limits:keep', PLATFORM_TARGET);
    const proposed = await deps.planLife.proposeTimeLimits(c.get('caller'), c.req.valid('json'));
    return c.json(versionJson(proposed), 201);
  });

  app.openapi(approveRoute, async (c) => {
    await requirePermit(deps, c.get('caller'), 'time-limits:keep', PLATFORM_TARGET);
    const approved = await deps.planLife.approveTimeLimits(c.get('caller'), c.req.valid('param').version);
    return c.json(versionJson(approved), 200);
  });
}

function versionJson({ limits, holidays, ...rest }: TimeLimitsVersion): z.output<typeof TimeLimitsSchema> {
  const years = holidays.map(({ year, daysOff, daysWorked }) => ({
    year,
    daysOff: [...daysOff],
    daysWorked: [...daysWorked],
  }));
  return { ...rest, limits: { ...limits }, holidays: years };
}
