import { type Db, type EntryRevision, listPlans, plansSuspendedBy, type Resource, vouchForRevision } from '#catalog';
import type { Caller } from '../identity/index.ts';
import { appendChange } from '../log-change.ts';
import { tableEntry } from './table-entry.ts';

/** WHY: an entry of the log is bounded; the rest stands in the revision, which the entry names. */
const PATHS_TOLD_MAX = 50;
const PLANS_MAX = 1_000;

/** The entry by which the log vouches for a version: its digest, what it changed, and whom it stops. */
export function logRevision(
  tx: Db,
  caller: Caller,
  resource: Resource,
  revision: EntryRevision | null,
  what: 'registered' | 'revised',
): void {
  if (revision === null) return;
  const suspended = plansSuspendedBy(tx, listPlans(tx, { resource: resource.id, limit: PLANS_MAX }), resource.id);
  const weaker = revision.changes.filter(({ isWeaker }) => isWeaker).map(({ path }) => path);
  const note = [
    `${what}, revision ${revision.revision}, sha-256 ${revision.sha256}`,
    ...(weaker.length === 0 ? [] : [`less protected: ${weaker.slice(0, PATHS_TOLD_MAX).join(' ')}`]),
    ...(suspended.length === 0
      ? []
      : [`suspends ${suspended.length} plans: ${suspended.slice(0, PATHS_TOLD_MAX).join(' ')}`]),
  ].join('; ');
  const index = appendChange(tx, { kind: 'resource', caller, tables: [tableEntry(resource)], note });
  vouchForRevision(tx, revision, index);
}
