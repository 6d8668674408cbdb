import * as z from 'zod';
import type { UnitKind } from '#policies';
import { AppError, assert, UNIT_KINDS } from '#policies';
import type { Db } from './db.ts';
import { readJson } from './json-column.ts';
import { and, asc, desc, eq, inArray, lt, max, sql } from './orm.ts';
import { boundedLimit } from './page.ts';
import { prepared } from './prepared.ts';
import { getResource } from './resources.ts';
import { resources, resourceVersions } from './schema.ts';

export type VersionState = 'writing' | 'current' | 'superseded' | 'destroyed';

/** One upload's worth of a table. Numbers are used once: an abandoned version stays behind as `destroyed`. */
export interface ResourceVersion {
  readonly resource: string;
  readonly version: number;
  readonly state: VersionState;
  /** Null while writing and when abandoned; so are bytes, contentSha256 and report. */
  readonly rows: number | null;
  readonly bytes: number | null;
  /** Most rows that any one unit has, exact; proves thresholds without counting (release.md). */
  readonly rowsPerUnitMax: Readonly<Partial<Record<UnitKind, number>>>;
  readonly contentSha256: string | null;
  /** What ingest reported, as JSON. Never a protected value. */
  readonly report: unknown;
  readonly createdAt: string;
  /** Keys of rows compare only where this is equal; null where rows have none (sandbox/ingest/row-key.ts). */
  readonly rowKeyScheme: string | null;
}

/** What a version that grew by appending stands on; null where it was uploaded whole. */
export function baseOf({ report }: Pick<ResourceVersion, 'report'>): number | null {
  return APPENDED.safeParse(report).data?.appended?.base ?? null;
}

const APPENDED = z.object({ appended: z.object({ base: z.int() }).nullish() });

export interface CommittedVersion {
  readonly resource: string;
  readonly version: number;
  readonly rows: number;
  readonly bytes: number;
  readonly rowsPerUnitMax: Readonly<Partial<Record<UnitKind, number>>>;
  readonly contentSha256: string;
  readonly rowKeyScheme: string;
  readonly report: unknown;
}

type Row = typeof resourceVersions.$inferSelect;
const rowsPerUnitSchema: z.ZodType<Readonly<Partial<Record<UnitKind, number>>>> = z.partialRecord(
  z.enum(UNIT_KINDS),
  z.number(),
);

const fromRow = (row: Row): ResourceVersion => ({
  ...row,
  rowsPerUnitMax: readJson(rowsPerUnitSchema, row.rowsPerUnitMax),
  report: row.report === null ? null : (JSON.parse(row.report) as unknown),
});

const byNumber = (resource: string, version: number) =>
  and(eq(resourceVersions.resource, resource), eq(resourceVersions.version, version));

const versionByNumber = prepared((db) =>
  db.orm
    .select()
    .from(resourceVersions)
    .where(
      and(
        eq(resourceVersions.resource, sql.placeholder('resource')),
        eq(resourceVersions.version, sql.placeholder('version')),
      ),
    )
    .prepare(),
);

/**
 * Takes the next version number for an upload.
 *
 * @throws AppError `RESOURCE_NOT_FOUND`; `RESOURCE_STATE` when withdrawn or while another upload is being written.
 */
export function beginVersion(tx: Db, resource: string): number {
  const { state } = getResource(tx, resource);
  if (state === 'withdrawn')
    throw new AppError('RESOURCE_STATE', { id: resource, state, accepted: ['draft', 'listed'] });
  const ofResource = eq(resourceVersions.resource, resource);
  const writing = tx.orm
    .select({ version: resourceVersions.version })
    .from(resourceVersions)
    .where(and(ofResource, eq(resourceVersions.state, 'writing')))
    .get();
  if (writing !== undefined) {
    throw new AppError('RESOURCE_STATE', { id: resource, state: 'writing', accepted: ['one upload at a time'] });
  }
  const last = tx.orm
    .select({ version: max(resourceVersions.version) })
    .from(resourceVersions)
    .where(ofResource)
    .get();
  const version = (last?.version ?? 0) + 1;
  const createdAt = tx.now();
  tx.orm
    .insert(resourceVersions)
    .values({ resource, version, state: 'writing', rowsPerUnitMax: '{}', createdAt })
    .run();
  return version;
}

/**
 * Makes a written version the current one. In the same transaction as its audit entry, after the vault has it.
 *
 * @returns the version that it supersedes, whose data the caller may destroy; null for the first.
 * @throws AppError `RESOURCE_STATE` where the resource was withdrawn while the upload ran, or the version that rows were appended to destroyed.
 */
export function commitVersion(tx: Db, committed: CommittedVersion): { readonly superseded: number | null } {
  const { resource, version } = committed;
  assertState(tx, resource, version, ['writing']);
  const { state, currentVersion: superseded } = getResource(tx, resource);
  if (state === 'withdrawn')
    throw new AppError('RESOURCE_STATE', { id: resource, state, accepted: ['draft', 'listed'] });
  const base = baseOf(committed);
  if (base !== null && base !== superseded) {
    throw new AppError('RESOURCE_STATE', { id: `${resource}@${base}`, state: 'destroyed', accepted: ['current'] });
  }
  if (superseded !== null) setState(tx, resource, superseded, 'superseded');
  tx.orm
    .update(resourceVersions)
    .set({
      state: 'current',
      rows: committed.rows,
      bytes: committed.bytes,
      rowsPerUnitMax: JSON.stringify(committed.rowsPerUnitMax),
      contentSha256: committed.contentSha256,
      rowKeyScheme: committed.rowKeyScheme,
      report: JSON.stringify(committed.report ?? null),
    })
    .where(byNumber(resource, version))
    .run();
  tx.orm.update(resources).set({ currentVersion: version }).where(eq(resources.id, resource)).run();
  return { superseded };
}

/** The upload came to nothing. Its number is not used again. */
export function abandonVersion(tx: Db, resource: string, version: number): void {
  assertState(tx, resource, version, ['writing']);
  setState(tx, resource, version, 'destroyed');
}

/** Every version whose data the vault has to have, by name and number. */
export function storedVersions({ client }: Db): readonly Pick<ResourceVersion, 'resource' | 'version'>[] {
  return client
    .prepare<[], Pick<ResourceVersion, 'resource' | 'version'>>(
      `SELECT resource, version FROM resource_versions WHERE state IN ('current', 'superseded') ORDER BY 1, 2`,
    )
    .all();
}

/** Records that a version's data is gone. A current one leaves its resource without data. */
export function markVersionDestroyed(tx: Db, resource: string, version: number): void {
  assertState(tx, resource, version, ['current', 'superseded']);
  setState(tx, resource, version, 'destroyed');
  const wasCurrent = and(eq(resources.id, resource), eq(resources.currentVersion, version));
  tx.orm.update(resources).set({ currentVersion: null }).where(wasCurrent).run();
}

/** Takes the current version out of use: its table is declared otherwise. Its data stays until it is destroyed. */
export function supersedeCurrent(tx: Db, resource: string, version: number): void {
  assertState(tx, resource, version, ['current']);
  setState(tx, resource, version, 'superseded');
  tx.orm.update(resources).set({ currentVersion: null }).where(eq(resources.id, resource)).run();
}

/** On start: uploads that a crash cut off. The caller abandons them and lets the vault sweep. */
export function writingVersions(db: Db): readonly ResourceVersion[] {
  const rows = db.orm.select().from(resourceVersions).where(eq(resourceVersions.state, 'writing')).all();
  return rows.map(fromRow); // to be abandoned, whatever they say
}

export function findVersion(db: Db, resource: string, version: number): ResourceVersion | null {
  const row = db.sealed('resource_versions', versionByNumber(db).get({ resource, version }));
  return row === undefined ? null : fromRow(row);
}

/** @throws AppError `RESOURCE_NOT_FOUND` (id: `resource@version`). */
export function requireVersion(db: Db, resource: string, version: number): ResourceVersion {
  const found = findVersion(db, resource, version);
  if (found === null) throw new AppError('RESOURCE_NOT_FOUND', { id: `${resource}@${version}` });
  return found;
}

/** Versions whose data is in the vault, the oldest first. */
export function versionsWithData(db: Db, resource: string): readonly ResourceVersion[] {
  const withData = inArray(resourceVersions.state, ['current', 'superseded']);
  const query = db.orm.select().from(resourceVersions);
  const rows = query
    .where(and(eq(resourceVersions.resource, resource), withData))
    .orderBy(asc(resourceVersions.version));
  return rows.all().map((row) => fromRow(db.sealed('resource_versions', row)));
}

/** Newest first; `before` is a version number. */
export function listVersions(
  db: Db,
  resource: string,
  page: { readonly before?: number | undefined; readonly limit?: number | undefined } = {},
): readonly ResourceVersion[] {
  const where = and(
    eq(resourceVersions.resource, resource),
    page.before === undefined ? undefined : lt(resourceVersions.version, page.before),
  );
  const query = db.orm.select().from(resourceVersions).where(where).orderBy(desc(resourceVersions.version));
  const rows = query.limit(boundedLimit(page.limit)).all();
  return rows.map((row) => fromRow(db.sealed('resource_versions', row)));
}

function setState(tx: Db, resource: string, version: number, state: VersionState): void {
  tx.orm.update(resourceVersions).set({ state }).where(byNumber(resource, version)).run();
}

function assertState(db: Db, resource: string, version: number, accepted: readonly VersionState[]): void {
  const found = findVersion(db, resource, version);
  assert(found !== null && accepted.includes(found.state), `version ${version} is ${accepted.join(' or ')}`);
}
