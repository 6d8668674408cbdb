import { AppError, type CanaryReaction } from '#policies';
import type { Db } from './db.ts';
import { asc, eq, gt } from './orm.ts';
import type { Page } from './page.ts';
import { boundedLimit } from './page.ts';
import { canaries } from './schema.ts';

/** A value that must never leave, known by its digest alone. People are named `org/sub`, as in their tokens. */
export interface Canary {
  readonly id: string;
  /** Hex of 32 bytes, keyed (gateway/canaries/canary-digests.ts). */
  readonly digest: string;
  /** An encrypted 32-bit hash of the value. */
  readonly hint: number;
  readonly label: string;
  readonly onHit: CanaryReaction;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly retiredBy: string | null;
  readonly retiredAt: string | null;
}

export type NewCanary = Omit<Canary, 'createdAt' | 'retiredBy' | 'retiredAt'>;

export function insertCanary(tx: Db, canary: NewCanary): Canary {
  tx.orm
    .insert(canaries)
    .values({ ...canary, createdAt: tx.now() })
    .run();
  return getCanary(tx, canary.id);
}

/** For good. @throws AppError `CANARY_NOT_FOUND`: also of one that is retired. */
export function retireCanary(tx: Db, id: string, person: string): Canary {
  if (getCanary(tx, id).retiredAt !== null) throw new AppError('CANARY_NOT_FOUND', { id });
  tx.orm.update(canaries).set({ retiredBy: person, retiredAt: tx.now() }).where(eq(canaries.id, id)).run();
  return getCanary(tx, id);
}

/** By id; `after` is a canary's id. */
export function listCanaries(db: Db, { after, limit }: Page = {}): readonly Canary[] {
  const where = after === undefined ? undefined : gt(canaries.id, after);
  const query = db.orm.select().from(canaries).where(where).orderBy(asc(canaries.id));
  const rows = query.limit(boundedLimit(limit)).all();
  return rows.map((row) => db.sealed('canaries', row));
}

/** Everything that is watched for. WHY all rows are read: one that was edited to look retired must not be passed over. */
export function activeCanaries(db: Db): readonly Canary[] {
  const rows = db.orm.select().from(canaries).all();
  return rows.map((row) => db.sealed('canaries', row)).filter(({ retiredAt }) => retiredAt === null);
}

function getCanary(db: Db, id: string): Canary {
  const row = db.orm.select().from(canaries).where(eq(canaries.id, id)).get();
  if (row === undefined) throw new AppError('CANARY_NOT_FOUND', { id });
  return db.sealed('canaries', row);
}
