import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { TableSchema } from '#policies';
import { AppError } from '#policies';
import { contentHash } from './canonical.ts';
import { checkTableSchema } from './check-table-schema.ts';
import type { Db } from './db.ts';
import { readTableSchema } from './json-column.ts';
import { findOrganisation, type OrganisationKind } from './organisations.ts';
import type { Page } from './page.ts';
import { boundedLimit } from './page.ts';
import { prepared } from './prepared.ts';
import { resources } from './schema.ts';

export type ResourceState = 'draft' | 'listed' | 'withdrawn';

/** A table of the catalogue, with the seven fields that the city requires of an entry (domain.md, 01). */
export interface Resource {
  /** The table's name in SQL, unique. */
  readonly id: string;
  /** The row of the authorized-operation list that the table belongs to; `no` is null for tables outside the list. */
  readonly entry: { readonly no: number | null; readonly title: { readonly zh: string; readonly en: string } };
  readonly title: { readonly zh: string; readonly en: string };
  /** The providing organisation's id. */
  readonly provider: string;
  readonly frequency: string;
  readonly conditions: string;
  readonly format: string;
  readonly schema: TableSchema;
  /** SHA-256 of the schema's canonical JSON, hex. */
  readonly schemaHash: string;
  readonly state: ResourceState;
  readonly currentVersion: number | null;
  readonly createdAt: string;
  readonly createdBy: string;
  /** The withdrawn resource whose privacy budget this one goes on with; null: one of its own. */
  readonly lineage: string | null;
}

export type NewResource = Omit<Resource, 'id' | 'schemaHash' | 'state' | 'currentVersion' | 'createdAt' | 'lineage'>;

type Row = typeof resources.$inferSelect;

const fromRow = (row: Row): Resource => ({
  id: row.id,
  entry: { no: row.entryNo, title: { zh: row.entryTitleZh, en: row.entryTitleEn } },
  title: { zh: row.titleZh, en: row.titleEn },
  provider: row.provider,
  frequency: row.frequency,
  conditions: row.conditions,
  format: row.format,
  schema: readTableSchema(row.schema),
  schemaHash: row.schemaHash,
  state: row.state,
  currentVersion: row.currentVersion,
  createdAt: row.createdAt,
  createdBy: row.createdBy,
  lineage: row.lineage,
});

const resourceById = prepared((db) =>
  db.orm
    .select()
    .from(resources)
    .where(eq(resources.id, sql.placeholder('id')))
    .prepare(),
);

/**
 * Adds a draft; its id is the schema's table name.
 *
 * @param owner what the organisation has to be that it is of: another kind for tables that are none of the catalogue's (intakes).
 * @throws AppError `RESOURCE_EXISTS`; `RESOURCE_INVALID` (path, problem).
 */
export function createResource(tx: Db, resource: NewResource, owner: OrganisationKind = 'provider'): Resource {
  const { schema } = resource;
  checkTableSchema(schema);
  if (findOrganisation(tx, resource.provider)?.kind !== owner) {
    throw new AppError('RESOURCE_INVALID', { path: 'provider', problem: 'not a registered provider' });
  }
  if (findResource(tx, schema.table) !== null) throw new AppError('RESOURCE_EXISTS', { id: schema.table });
  tx.orm
    .insert(resources)
    .values(toRow(resource, lineageAt(tx, resource), tx.now()))
    .run();
  return getResource(tx, schema.table);
}

/**
 * A provider's table that has all columns of one that it withdrew is taken for the same data under another name: its privacy budget
 * is not a new one. SAD PATH: a provider that changes a column escapes it; providers are trusted for what their tables are.
 */
function lineageAt(tx: Db, { provider, schema }: NewResource): string | null {
  const withdrawn = tx.orm
    .select()
    .from(resources)
    .where(and(eq(resources.provider, provider), eq(resources.state, 'withdrawn')))
    .orderBy(asc(resources.createdAt), asc(resources.id));
  const columns = columnsText(schema);
  for (const row of withdrawn.all()) {
    const earlier = fromRow(tx.sealed('resources', row));
    if (columnsText(earlier.schema) === columns) return earlier.lineage ?? earlier.id;
  }
  return null;
}

/** What the columns hold, in whatever order and under whatever titles and levels. */
function columnsText({ columns }: TableSchema): string {
  return JSON.stringify(
    columns.map(({ name, type, role, unit }) => JSON.stringify([name, type, role, unit ?? null])).sort(),
  );
}

function toRow(resource: NewResource, lineage: string | null, now: string): Row {
  return {
    id: resource.schema.table,
    entryNo: resource.entry.no,
    entryTitleZh: resource.entry.title.zh,
    entryTitleEn: resource.entry.title.en,
    titleZh: resource.title.zh,
    titleEn: resource.title.en,
    provider: resource.provider,
    frequency: resource.frequency,
    conditions: resource.conditions,
    format: resource.format,
    schema: JSON.stringify(resource.schema),
    schemaHash: contentHash(resource.schema),
    state: 'draft',
    currentVersion: null,
    createdAt: now,
    createdBy: resource.createdBy,
    lineage,
  };
}

export function findResource(db: Db, id: string): Resource | null {
  const row = db.sealed('resources', resourceById(db).get({ id }));
  return row === undefined ? null : fromRow(row);
}

/** @throws AppError `RESOURCE_NOT_FOUND`. */
export function getResource(db: Db, id: string): Resource {
  const resource = findResource(db, id);
  if (resource === null) throw new AppError('RESOURCE_NOT_FOUND', { id });
  return resource;
}

/** By id; `after` is a resource's id. */
export function listResources(
  db: Db,
  page: Page & { readonly provider?: string | undefined; readonly state?: ResourceState | undefined } = {},
): readonly Resource[] {
  const where = and(
    page.after === undefined ? undefined : gt(resources.id, page.after),
    page.provider === undefined ? undefined : eq(resources.provider, page.provider),
    page.state === undefined ? undefined : eq(resources.state, page.state),
  );
  const query = db.orm.select().from(resources).where(where).orderBy(asc(resources.id));
  const rows = query.limit(boundedLimit(page.limit)).all();
  return rows.map((row) => fromRow(db.sealed('resources', row)));
}

/** A withdrawal is for good: what is offered anew is registered anew. */
const STATES_BEFORE: Readonly<Record<ResourceState, readonly ResourceState[]>> = {
  draft: [],
  listed: ['draft'],
  withdrawn: ['draft', 'listed'],
};

/**
 * draft → listed → withdrawn. To ask for the state it is in changes nothing.
 *
 * @throws AppError `RESOURCE_NOT_FOUND`, `RESOURCE_STATE`.
 */
export function setResourceState(tx: Db, id: string, state: ResourceState): Resource {
  const resource = getResource(tx, id);
  if (resource.state === state) return resource;
  const accepted = STATES_BEFORE[state];
  if (!accepted.includes(resource.state)) {
    throw new AppError('RESOURCE_STATE', { id, state: resource.state, accepted });
  }
  tx.orm.update(resources).set({ state }).where(eq(resources.id, id)).run();
  return { ...resource, state };
}
