import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { type AuditFilters, type Db, type FoundEntry, findResource, searchEntries } from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Caller } from '../identity/index.ts';
import type { Change } from '../log-change.ts';
import { readLogged } from '../reading/read-logged.ts';
import { LOG_TARGET, requirePermit } from './access.ts';
import { registerAuditReading } from './audit-reading.ts';
import { registerAuditTiles } from './audit-tiles.ts';
import { requireOrder } from './period-order.ts';
import { AuditPageSchema, AuditQuerySchema } from './schemas/audit.ts';
import { AUTHENTICATED, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';

const searchRoute = createRoute({
  method: 'get',
  path: '/v1/audit/entries',
  operationId: 'searchAuditEntries',
  summary: 'Search the access log',
  description:
    'Newest first. The security office and the data bureau see every entry, a provider those that touch its tables, ' +
    'and of them its own tables alone, a developer or operator its own, not its colleagues’. Reading the log is itself logged, ' +
    'with what was asked for.',
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
    requireOrder(filters);
    const scoped = { ...filters, ...scopeOf(caller) };
    const found = await readLogged(deps, { caller, ...readingOf(filters) }, (db) => {
      const { entries, next } = searchEntries(db, scoped, { before: after, limit });
      const shown = caller.role === 'provider' ? ownUses(db, caller.org, filters, entries) : entries;
      return { items: shown.map(entryJson), next: next === null ? null : String(next) };
    });
    return c.json(found, 200);
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

/**
 * What a provider may see of entries that touch its tables: its own tables, not those that a job or a batch used beside them. A filter by
 * resource, column or level finds nothing by what is not shown, so that a page may hold less than its limit.
 */
function ownUses(db: Db, provider: string, filters: AuditFilters, found: readonly FoundEntry[]): readonly FoundEntry[] {
  const isOwn = ({ resource }: LoggedTable) => findResource(db, resource)?.provider === provider;
  const { resource, column, level } = filters;
  const isMeant = (table: LoggedTable) =>
    (resource === undefined || table.resource === resource) &&
    (column === undefined || table.columns.includes(column)) &&
    (level === undefined || table.level === level);
  return found.flatMap(({ index, entry }) => {
    const tables = (entry.tables ?? []).filter(isOwn);
    return tables.some(isMeant) ? [{ index, entry: { ...entry, tables } }] : [];
  });
}
type LoggedTable = NonNullable<FoundEntry['entry']['tables']>[number];

/** WHY not every word: a person's name goes where it can be erased, and a text that was searched for may hold one. */
function readingOf({ person, org, text, ...plain }: AuditFilters): Pick<Change, 'about' | 'note'> {
  const isNamed = person !== undefined && org !== undefined;
  const words = Object.entries({ ...plain, ...(isNamed ? {} : { org }) }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value}`],
  );
  const hidden = Object.entries({ person, text }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const named = [...hidden, ...words];
  return {
    ...(isNamed ? { about: { org, sub: person } } : {}),
    note: named.length === 0 ? 'search' : `search by ${named.join(', ')}`,
  };
}

/** WHY a plain copy: entries are what the canonical bytes of the log say, already JSON. */
function entryJson({ index, entry }: FoundEntry): z.output<typeof AuditPageSchema>['items'][number] {
  return { index, ...(entry as Omit<z.output<typeof AuditPageSchema>['items'][number], 'index'>) };
}
