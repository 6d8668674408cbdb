import * as z from 'zod';
import type { ListedEnvelope } from '#policies';
import type { Db } from '../db.ts';
import { readJson } from '../json-column.ts';
import { and, desc, eq, sql } from '../orm.ts';
import { prepared } from '../prepared.ts';
import { syncLists } from '../schema.ts';

/** What a peer says that it signed on a day, signed by it. */
export interface SyncList {
  readonly peer: string;
  /** ISO date in Asia/Shanghai. */
  readonly day: string;
  readonly digest: string;
  readonly items: readonly ListedEnvelope[];
  readonly jws: string;
  readonly listedBy: string;
  readonly listedAt: string;
}

const itemsSchema: z.ZodType<readonly ListedEnvelope[]> = z.array(
  z.strictObject({ key: z.string(), digest: z.string() }),
);

export function insertList(tx: Db, list: Omit<SyncList, 'listedAt'>): void {
  tx.orm
    .insert(syncLists)
    .values({ ...list, items: JSON.stringify(list.items), listedAt: tx.now() })
    .run();
}

const listOfDay = prepared((db) =>
  db.orm
    .select()
    .from(syncLists)
    .where(and(eq(syncLists.peer, sql.placeholder('peer')), eq(syncLists.day, sql.placeholder('day'))))
    .prepare(),
);

export function findList(db: Db, peer: string, day: string): SyncList | null {
  const row = db.sealed('sync_lists', listOfDay(db).get({ peer, day }));
  return row === undefined ? null : { ...row, items: readJson(itemsSchema, row.items) };
}

/** The last day of which a peer's list is here; null before the first. */
export function lastListedDay(db: Db, peer: string): string | null {
  const query = db.orm.select({ day: syncLists.day }).from(syncLists).where(eq(syncLists.peer, peer));
  return query.orderBy(desc(syncLists.day)).limit(1).get()?.day ?? null;
}
