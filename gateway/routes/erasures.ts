import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { eraseOpenings, notePurgeDue } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { appendChange } from '../log-change.ts';
import { LOG_TARGET, requirePermit } from './access.ts';
import { ErasureSchema, PersonParamsSchema } from './schemas/audit.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';

const eraseRoute = createRoute({
  method: 'delete',
  path: '/v1/audit/people/{org}/{sub}',
  operationId: 'erasePerson',
  summary: 'Erase a person’s name from the log',
  description:
    'For good: entries keep the organisation, the role and all else, and every receipt and proof stays valid, but nobody can tell ' +
    'whose they were. Not for people of one’s own office. Jobs and plans keep their accounts. The erasure is itself logged, without the name.',
  tags: [TAG.security],
  security: AUTHENTICATED,
  request: { params: PersonParamsSchema, query: NO_QUERY },
  responses: { 200: json(ErasureSchema, 'erased'), ...problems(400, 401, 403, 404, 503) },
});

export function registerErasures(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(eraseRoute, async (c) => {
    const caller = c.get('caller');
    const person = c.req.valid('param');
    await requirePermit(deps, caller, 'audit:erase', { ...LOG_TARGET, attrs: { erased: person.org } });
    const erased = await deps.store.commit((tx) => {
      const names = eraseOpenings(tx, person);
      notePurgeDue(tx);
      appendChange(tx, { kind: 'erasure', caller, erased: names, note: `names of one account of ${person.org}` });
      return names;
    });
    await deps.store.purge();
    return c.json({ erased }, 200);
  });
}
