import { AppError, type FreezeScope } from '#policies';
import type { Db } from './db.ts';
import { and, asc, eq, gt, isNull } from './orm.ts';
import type { Page } from './page.ts';
import { boundedLimit } from './page.ts';
import { freezes } from './schema.ts';

/** A stop that the security office has put on something. People are named `org/sub`, as in their tokens. */
export interface Freeze {
  readonly id: string;
  readonly scope: FreezeScope;
  /** `*` of the platform; an organisation; `org/sub` of a developer; a plan; `plan/resource` of a grant; a resource. */
  readonly target: string;
  readonly reason: string;
  readonly frozenBy: string;
  readonly frozenAt: string;
  /** The first of the two people that a thaw takes. */
  readonly thawAskedBy: string | null;
  readonly thawAskedAt: string | null;
  readonly thawedBy: string | null;
  readonly thawedAt: string | null;
}

export type NewFreeze = Pick<Freeze, 'id' | 'scope' | 'target' | 'reason' | 'frozenBy'>;

export function insertFreeze(tx: Db, freeze: NewFreeze): Freeze {
  tx.orm
    .insert(freezes)
    .values({ ...freeze, frozenAt: tx.now() })
    .run();
  return getFreeze(tx, freeze.id);
}

/** @throws AppError `FREEZE_NOT_FOUND`. */
export function getFreeze(db: Db, id: string): Freeze {
  const row = db.sealed('freezes', db.orm.select().from(freezes).where(eq(freezes.id, id)).get());
  if (row === undefined) throw new AppError('FREEZE_NOT_FOUND', { id });
  return row;
}

/** By id; `after` is a freeze's id. */
export function listFreezes(db: Db, page: Page & { readonly isActive?: boolean | undefined } = {}): readonly Freeze[] {
  const where = and(
    page.after === undefined ? undefined : gt(freezes.id, page.after),
    page.isActive === true ? isNull(freezes.thawedAt) : undefined,
  );
  const query = db.orm.select().from(freezes).where(where).orderBy(asc(freezes.id));
  const rows = query.limit(boundedLimit(page.limit)).all();
  return db.sealedChosen('freezes', rows);
}

/** Everything that is frozen now. WHY all rows are read: one that was edited to look thawed must not be passed over. */
export function activeFreezes(db: Db): readonly Freeze[] {
  const rows = db.orm.select().from(freezes).all();
  return db.sealedChosen('freezes', rows).filter(({ thawedAt }) => thawedAt === null);
}

/**
 * Two people thaw: the first call asks, another person's grants. The one who froze may be either, the one who is frozen neither.
 *
 * @throws AppError `FREEZE_NOT_FOUND`; `FREEZE_STATE` when it is thawed, when the same person asks twice, or when it freezes who asks.
 */
export function thawFreeze(tx: Db, id: string, person: string): Freeze {
  const { thawAskedBy, thawedAt, scope, target } = getFreeze(tx, id);
  if (thawedAt !== null)
    throw new AppError('FREEZE_STATE', { id, state: 'thawed', accepted: 'a freeze that is in force' });
  if (scope === 'developer' && target === person) {
    throw new AppError('FREEZE_STATE', { id, state: 'in-force', accepted: 'two people whom it does not freeze' });
  }
  if (thawAskedBy === person) {
    throw new AppError('FREEZE_STATE', { id, state: 'thaw-asked', accepted: 'agreement of another person' });
  }
  const at = tx.now();
  const change = thawAskedBy === null ? { thawAskedBy: person, thawAskedAt: at } : { thawedBy: person, thawedAt: at };
  tx.orm.update(freezes).set(change).where(eq(freezes.id, id)).run();
  return getFreeze(tx, id);
}
