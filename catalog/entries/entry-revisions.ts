import * as z from 'zod';
import { assert, type EntryChange, type EntryDocument, entryChanges } from '#policies';
import { canonicalJson, sha256Hex } from '../canonical.ts';
import type { Db } from '../db.ts';
import { readJson } from '../json-column.ts';
import { and, desc, eq, lt } from '../orm.ts';
import { boundedLimit } from '../page.ts';
import { prepared } from '../prepared.ts';
import type { Resource } from '../resources.ts';
import { entryRevisions } from '../schema.ts';

/** One version of a catalogue entry. None is ever changed or deleted; the log vouches for each by its digest. */
export interface EntryRevision {
  readonly resource: string;
  /** 1, 2, 3 … */
  readonly revision: number;
  /** Canonical JSON of the `EntryDocument`. */
  readonly document: string;
  /** SHA-256 of `document`, hex. */
  readonly sha256: string;
  /** Against the version before it; of a first one, against the withdrawn entry whose budget it goes on with. */
  readonly changes: readonly EntryChange[];
  /** The revision that reviewers have to judge: this one, or the last whose changes were material. */
  readonly basis: number;
  /** `org/sub`. */
  readonly by: string;
  readonly at: string;
  /** The log entry that names the digest; null where the store was filled without a log. */
  readonly entryIndex: number | null;
}

type Row = typeof entryRevisions.$inferSelect;

const changesSchema: z.ZodType<readonly EntryChange[]> = z.array(
  z.strictObject({
    path: z.string(),
    before: z.string().nullable(),
    after: z.string().nullable(),
    isMaterial: z.boolean(),
    isWeaker: z.boolean(),
  }),
);

function fromRow(db: Db, found: Row): EntryRevision {
  const row = db.sealed('entry_revisions', found);
  return { ...row, changes: readJson(changesSchema, row.changes) };
}

const byNumber = (resource: string, revision: number) =>
  and(eq(entryRevisions.resource, resource), eq(entryRevisions.revision, revision));

export function documentOf({
  title,
  entry,
  provider,
  format,
  frequency,
  conditions,
  terms,
  schema,
}: Pick<Resource, keyof EntryDocument>): EntryDocument {
  return { title, entry, provider, format, frequency, conditions, terms, schema };
}

/** Only for `resources.ts` and `revise-resource.ts`: in the transaction that changes the entry. */
export function insertRevision(
  tx: Db,
  resource: string,
  { before, after, by }: { readonly before: EntryDocument | null; readonly after: EntryDocument; readonly by: string },
): EntryRevision {
  const last = lastRevision(tx, resource);
  const revision = (last?.revision ?? 0) + 1;
  const changes = entryChanges(before, after);
  const isMaterial = last === null || changes.some((change) => change.isMaterial);
  const document = canonicalJson(after);
  tx.orm
    .insert(entryRevisions)
    .values({
      resource,
      revision,
      document,
      sha256: sha256Hex(document),
      changes: JSON.stringify(changes),
      basis: isMaterial ? revision : last.basis,
      by,
      at: tx.now(),
    })
    .run();
  const written = lastRevision(tx, resource);
  assert(written !== null, 'a version that was written is there');
  return written;
}

/** In the transaction of the log entry that names its digest. */
export function vouchForRevision(tx: Db, { resource, revision }: EntryRevision, entryIndex: number): void {
  tx.orm.update(entryRevisions).set({ entryIndex }).where(byNumber(resource, revision)).run();
}

/** The entry as it stands; null in a home whose entries are older than their versions. */
export function lastRevision(db: Db, resource: string): EntryRevision | null {
  const newest = db.orm.select().from(entryRevisions).where(eq(entryRevisions.resource, resource));
  const row = newest.orderBy(desc(entryRevisions.revision)).limit(1).get();
  return row === undefined ? null : fromRow(db, row);
}

const selectBasis = prepared((db) =>
  db.client
    .prepare<[string], number>('SELECT basis FROM entry_revisions WHERE resource = ? ORDER BY revision DESC LIMIT 1')
    .pluck(),
);

/**
 * The version of an entry that its reviewers, and those of plans over it, have to judge; 0 where there is none.
 *
 * WHY without a look at the row's seal: every job asks, within its transactions, whether it is still what it was; a write of others is
 * noticed at the beginning of each.
 */
export function entryBasis(db: Db, resource: string): number {
  return selectBasis(db).get(resource) ?? 0;
}

/** Newest first; `before` is a revision. */
export function listRevisions(
  db: Db,
  resource: string,
  page: { readonly before?: number | undefined; readonly limit?: number | undefined } = {},
): readonly EntryRevision[] {
  const where = and(
    eq(entryRevisions.resource, resource),
    page.before === undefined ? undefined : lt(entryRevisions.revision, page.before),
  );
  const newest = db.orm.select().from(entryRevisions).where(where).orderBy(desc(entryRevisions.revision));
  const rows = newest.limit(boundedLimit(page.limit)).all();
  return rows.map((row) => fromRow(db, row));
}

export function findRevision(db: Db, resource: string, revision: number): EntryRevision | null {
  const row = db.orm.select().from(entryRevisions).where(byNumber(resource, revision)).get();
  return row === undefined ? null : fromRow(db, row);
}
