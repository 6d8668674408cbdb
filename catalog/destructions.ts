import { AppError, assert } from '#policies';
import type { Db } from './db.ts';
import { and, asc, eq, isNull } from './orm.ts';
import { markVersionDestroyed, requireVersion } from './resource-versions.ts';
import { destructions } from './schema.ts';

/** Why a version is destroyed: its owner or the bureau said so, its table was withdrawn, or its time was over. */
export const DESTRUCTION_REASONS = ['ordered', 'withdrawn', 'retention'] as const;
export type DestructionReason = (typeof DESTRUCTION_REASONS)[number];

/** The end of a version: ordered, and once it is certified, over. */
export interface Destruction {
  readonly resource: string;
  readonly version: number;
  readonly reason: DestructionReason;
  /** `org/sub`, or `gateway`. */
  readonly orderedBy: string;
  readonly orderedAt: string;
  /** Canonical JSON of the certificate; null while the data is being destroyed. */
  readonly certificate: string | null;
  /** The log entry that vouches for the certificate. */
  readonly entryIndex: number | null;
}

const byVersion = (resource: string, version: number) =>
  and(eq(destructions.resource, resource), eq(destructions.version, version));

/**
 * From here on no job reads the version. Its data is destroyed afterwards, by whoever carries the order out. A second order for the same
 * version changes nothing.
 *
 * @returns whether it is new.
 * @throws AppError `RESOURCE_NOT_FOUND` where there is no such version, `RESOURCE_STATE` where it is still written or came to nothing.
 */
export function orderDestruction(
  tx: Db,
  order: Pick<Destruction, 'resource' | 'version' | 'reason' | 'orderedBy'>,
): boolean {
  const { resource, version } = order;
  if (findDestruction(tx, resource, version) !== null) return false;
  const { state } = requireVersion(tx, resource, version);
  if (state === 'writing' || state === 'destroyed') {
    throw new AppError('RESOURCE_STATE', { id: `${resource}@${version}`, state, accepted: ['current', 'superseded'] });
  }
  markVersionDestroyed(tx, resource, version);
  tx.orm
    .insert(destructions)
    .values({ ...order, orderedAt: tx.now() })
    .run();
  return true;
}

/** In the transaction of the entry that vouches for it. */
export function certifyDestruction(
  tx: Db,
  { resource, version }: Pick<Destruction, 'resource' | 'version'>,
  certificate: string,
  entryIndex: number,
): void {
  const before = findDestruction(tx, resource, version);
  assert(before !== null && before.certificate === null, 'a destruction that was ordered is certified once');
  tx.orm.update(destructions).set({ certificate, entryIndex }).where(byVersion(resource, version)).run();
}

export function findDestruction(db: Db, resource: string, version: number): Destruction | null {
  return db.orm.select().from(destructions).where(byVersion(resource, version)).get() ?? null;
}

/** Ordered and not certified, in the order of the orders. */
export function pendingDestructions(db: Db): readonly Destruction[] {
  const pending = db.orm.select().from(destructions).where(isNull(destructions.certificate));
  return pending.orderBy(asc(destructions.orderedAt), asc(destructions.resource), asc(destructions.version)).all();
}
