import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { listPrivacyReleases, type PrivacyRelease, type PrivacyReleaseFilters } from '#catalog';
import { epsilonOf } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Caller } from '../identity/index.ts';
import { REGISTER_TARGET, requirePermit } from './access.ts';
import { AUTHENTICATED, TAG } from './schemas/common.ts';
import { PrivacyRegisterQuerySchema, PrivacyRegisterSchema, type PrivacyReleaseSchema } from './schemas/privacy.ts';
import { json, problems } from './schemas/problem.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/v1/privacy-registry',
  operationId: 'listPrivacyReleases',
  summary: 'Read the register of private releases',
  description:
    'Every statistic that left in mode `dp`: whose privacy, by which mechanism, with which bounds, noise and cost. Newest ' +
    'first. The security office and the data bureau see all, a provider those of its tables, a developer those of its organisation.',
  tags: [TAG.security, TAG.bureau, TAG.providers, TAG.developers],
  security: AUTHENTICATED,
  request: { query: PrivacyRegisterQuerySchema },
  responses: { 200: json(PrivacyRegisterSchema, 'a page of the register'), ...problems(400, 401, 403) },
});

export function registerPrivacyRegister(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(listRoute, async (c) => {
    const caller = c.get('caller');
    const { limit, ...filters } = c.req.valid('query');
    await requirePermit(deps, caller, 'privacy:read', REGISTER_TARGET);
    const scoped = { ...filters, ...scopeOf(caller), limit: limit + 1 };
    const found = deps.store.read((db) => listPrivacyReleases(db, scoped));
    const items = found
      .slice(0, limit)
      .map((release) => releaseJson(release, deps.profile.privacyBudgets.epsilonDelta));
    return c.json({ items, next: found.length > limit ? String(items.at(-1)?.seq) : null }, 200);
  });
}

/** INVARIANT: written over the caller's own filters, none of which can widen it. */
function scopeOf({ role, org }: Caller): PrivacyReleaseFilters {
  if (role === 'security' || role === 'bureau') return {};
  return role === 'provider' ? { provider: org } : { org };
}

function releaseJson(release: PrivacyRelease, delta: number): z.output<typeof PrivacyReleaseSchema> {
  const epsilon = epsilonOf(release.rho, delta);
  return { ...release, epsilonAtDelta: { epsilon, delta: delta + release.delta } };
}
