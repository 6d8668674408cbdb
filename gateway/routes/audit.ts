import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { type AuditFilters, type FoundEntry, searchEntries } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Caller } from '../identity/index.ts';
import { readLogged } from '../reading/read-logged.ts';
import { LOG_TARGET, requirePermit } from './access.ts';
import { registerAuditReading } from './audit-reading.ts';
import { registerAuditTiles } from './audit-tiles.ts';
import { AuditPageSchema, AuditQuerySchema } from './schemas/audit.ts';
import { AUTHENTICATED, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';

const searchRoute = createRoute({
  method: 'get',
  path: '/v1/audit/entries',
  operationId: 'searchAuditEntries',
  summary: 'Search the access log',
  description:
    'Newest first. The security office and the data bureau see every entry, a provider those that touch its tables, a ' +
    'developer or operator its own, not its colleagues’. Reading the log is itself logged.',
  tags: [TAG.security, TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: { query: AuditQuerySchema },
  responses: { 200: json(AuditPageSchema, 'a page of entries'), ...problems(400, 401, 403, 503) },
});

export function registerAudit(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(searchRoute, async (c) => {
    const caller = c.get('caller');
    const { after, limit, ...filters } = c.req.valid('query');
    await requirePermit(deps, caller, 'audit:read', LOG_TARGET);
    const scoped = { ...filters, ...scopeOf(caller) };
    const found = await readLogged(deps, { caller, note: noteOf(filters) }, (db) =>
      searchEntries(db, scoped, { before: after, limit }),
    );
    return c.json({ items: found.entries.map(entryJson), next: found.next === null ? null : String(found.next) }, 200);
  });
  registerAuditTiles(app, deps);
  registerAuditReading(app, deps);
}

/**
 * INVARIANT: a filter of the caller's own never widens its scope: the scope is written over it. A developer who filters
 * by another organisation or person sees its own entries, as if that filter were not there.
 *
 * WHY the account and not its organisation: what colleagues ask tells what they look for, and nobody but the account itself may
 * read its jobs either (policies/access/access-policies.ts).
 */
function scopeOf(caller: Caller): AuditFilters {
  switch (caller.role) {
    case 'security':
    case 'bureau':
      return {};
    case 'provider':
      return { provider: caller.org };
    case 'developer':
    case 'operator':
    case 'custodian':
    case 'platform':
    case 'public':
      return { org: caller.org, person: caller.sub };
  }
}

/** Which filters, not all of their words: those may name people. */
function noteOf(filters: AuditFilters): string {
  const names = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return names.length === 0 ? 'search' : `search by ${names.join(', ')}`;
}

/** WHY a plain copy: entries are what the canonical bytes of the log say, already JSON. */
function entryJson({ index, entry }: FoundEntry): z.output<typeof AuditPageSchema>['items'][number] {
  return { index, ...(entry as Omit<z.output<typeof AuditPageSchema>['items'][number], 'index'>) };
}
