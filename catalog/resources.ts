import * as z from 'zod';
import {
  AppError,
  DEFAULT_TERMS,
  type EntryDocument,
  type EntryTerms,
  PLAN_CLASSES,
  type TableSchema,
} from '#policies';
import { contentHash } from './canonical.ts';
import { checkTableSchema } from './check-table-schema.ts';
import type { Db } from './db.ts';
import { documentOf, insertRevision } from './entries/entry-revisions.ts';
import { requireListable } from './entries/listing-gates.ts';
import { readJson, readTableSchema } from './json-column.ts';
import { findOrganisation, type OrganisationKind } from './organisations.ts';
import { and, asc, eq, gt, sql } from './orm.ts';
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
  /** 使用条件, for people. */
  readonly conditions: string;
  /** 使用条件, as they are enforced. */
  readonly terms: EntryTerms;
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

export type NewResource = Omit<
  Resource,
  'id' | 'schemaHash' | 'state' | 'currentVersion' | 'createdAt' | 'lineage' | 'terms'
> &
  Partial<Pick<Resource, 'terms'>>;

const termsSchema: z.ZodType<EntryTerms> = z.strictObject({
  classes: z.array(z.enum(PLAN_CLASSES)),
  service: z.enum(['analysis', 'verify']),
});

type Row = typeof resources.$inferSelect;

const fromRow = (row: Row): Resource => ({
  id: row.id,
  entry: { no: row.entryNo, title: { zh: row.entryTitleZh, en: row.entryTitleEn } },
  title: { zh: row.titleZh, en: row.titleEn },
  provider: row.provider,
  frequency: row.frequency,
  conditions: row.conditions,
  terms: row.terms === null ? DEFAULT_TERMS : readJson(termsSchema, row.terms),
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
  const earlier = lineageAt(tx, resource);
  tx.orm
    .insert(resources)
    .values(toRow(resource, earlier?.lineage ?? earlier?.id ?? null, tx.now()))
    .run();
  const made = getResource(tx, schema.table);
  // WHY against the withdrawn entry: what was offered at one level and is offered again at a lower one shows as that.
  const before = earlier === null ? null : documentOf(earlier);
  insertRevision(tx, made.id, { before, after: documentOf(made), by: `${resource.provider}/${resource.createdBy}` });
  return made;
}

/**
 * A provider's table that has all columns of one that it withdrew is taken for the same data under another name: its privacy budget
 * is not a new one. SAD PATH: a provider that changes a column escapes it; providers are trusted for what their tables are.
 */
function lineageAt(tx: Db, { provider, schema }: NewResource): Resource | null {
  const withdrawn = tx.orm
    .select()
    .from(resources)
    .where(and(eq(resources.provider, provider), eq(resources.state, 'withdrawn')))
    .orderBy(asc(resources.createdAt), asc(resources.id));
  const columns = columnsText(schema);
  for (const row of withdrawn.all()) {
    const earlier = fromRow(tx.sealed('resources', row));
    if (columnsText(earlier.schema) === columns) return earlier;
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
    terms: resource.terms === undefined ? null : JSON.stringify(resource.terms),
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
 * @throws AppError `RESOURCE_NOT_FOUND`, `RESOURCE_STATE`; of a listing `ENTRY_INCOMPLETE`, `GATE_CLOSED`.
 */
export function setResourceState(tx: Db, id: string, state: ResourceState): Resource {
  const resource = getResource(tx, id);
  if (resource.state === state) return resource;
  const accepted = STATES_BEFORE[state];
  if (!accepted.includes(resource.state)) {
    throw new AppError('RESOURCE_STATE', { id, state: resource.state, accepted });
  }
  if (state === 'listed') requireListable(tx, id, documentOf(resource));
  tx.orm.update(resources).set({ state }).where(eq(resources.id, id)).run();
  return { ...resource, state };
}

/** Every class of plans, for analysis, where nothing is said. */
export function termsOf({ terms }: Pick<NewResource, 'terms'>): EntryTerms {
  return terms ?? DEFAULT_TERMS;
}

/** Only for `entries/revise-resource.ts`: what a version of the entry changes of its row. */
export function replaceEntry(tx: Db, id: string, document: EntryDocument, state: ResourceState): void {
  const { title, entry, format, frequency, conditions, terms, schema } = document;
  tx.orm
    .update(resources)
    .set({
      entryNo: entry.no,
      entryTitleZh: entry.title.zh,
      entryTitleEn: entry.title.en,
      titleZh: title.zh,
      titleEn: title.en,
      format,
      frequency,
      conditions,
      terms: JSON.stringify(terms),
      schema: JSON.stringify(schema),
      schemaHash: contentHash(schema),
      state,
    })
    .where(eq(resources.id, id))
    .run();
}
