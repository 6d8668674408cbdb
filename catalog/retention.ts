import type { Db } from './db.ts';
import { eq, sql } from './orm.ts';
import { type ResourceVersion, versionsWithData } from './resource-versions.ts';
import { retentionRules } from './schema.ts';

/** How long versions stay that another one has replaced. The current one stays whatever its age. */
export interface RetentionRule {
  /** Newest versions with data that are kept, the current one among them; at least 1. */
  readonly versionsMax: number;
  /** Days after a version was replaced; null: as long as `versionsMax` lets it. */
  readonly daysMax: number | null;
}

/** WHY a bound where nothing was declared: a table that is sent every day would else fill the disk with data that nobody asks about. */
export const DEFAULT_RETENTION: RetentionRule = Object.freeze({ versionsMax: 8, daysMax: null });

const DAY_MS = 86_400_000;

export function retentionOf(db: Db, resource: string): RetentionRule {
  const row = db.orm.select().from(retentionRules).where(eq(retentionRules.resource, resource)).get();
  const sealed = db.sealed('retention_rules', row);
  return sealed === undefined ? DEFAULT_RETENTION : { versionsMax: sealed.versionsMax, daysMax: sealed.daysMax };
}

/** In the transaction of the log entry that tells it. */
export function setRetention(tx: Db, resource: string, rule: RetentionRule): void {
  const { versionsMax, daysMax } = rule;
  tx.orm
    .insert(retentionRules)
    .values({ resource, ...rule })
    .onConflictDoUpdate({ target: retentionRules.resource, set: { versionsMax, daysMax } })
    .run();
}

/** Versions of all tables whose time is over, the oldest first. */
export function versionsPastRetention(db: Db, now: Date): readonly ResourceVersion[] {
  return resourceIds(db).flatMap((resource) =>
    pastRule(versionsWithData(db, resource), retentionOf(db, resource), now),
  );
}

/**
 * @param versions those with data, the oldest first. Each but the last was replaced when the next one came.
 */
export function pastRule(
  versions: readonly ResourceVersion[],
  { versionsMax, daysMax }: RetentionRule,
  now: Date,
): readonly ResourceVersion[] {
  return versions.filter((version, place) => {
    const next = versions[place + 1];
    if (version.state !== 'superseded' || next === undefined) return false;
    const isTooMany = versions.length - place > versionsMax;
    return isTooMany || (daysMax !== null && now.getTime() - Date.parse(next.createdAt) >= daysMax * DAY_MS);
  });
}

function resourceIds(db: Db): readonly string[] {
  const rows = db.orm.all<{ resource: string }>(
    sql`SELECT DISTINCT resource FROM resource_versions WHERE state = 'superseded' ORDER BY resource`,
  );
  return rows.map(({ resource }) => resource);
}
