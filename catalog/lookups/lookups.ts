import type { ConsentFault, LookupCounts } from '#policies';
import { assert } from '#policies';
import type { Db } from '../db.ts';
import { and, eq, gte, lte, ne, or, sql } from '../orm.ts';
import { lookups } from './tables.ts';

/** What is kept of a question about one subject: who asked, when, and digests to count by. Never the subject, never the answer. */
export interface Lookup {
  readonly id: string;
  readonly product: string;
  readonly version: number;
  readonly org: string;
  readonly sub: string;
  readonly plan: string;
  /** ISO date in Asia/Shanghai. */
  readonly day: string;
  /** Keyed digests. */
  readonly subject: string;
  readonly stem: string;
  readonly standing: 'consented' | ConsentFault;
  readonly state: 'begun' | 'answered' | 'unanswered' | 'failed';
}

export function beginLookup(tx: Db, lookup: Omit<Lookup, 'state'>): void {
  tx.orm
    .insert(lookups)
    .values({ ...lookup, state: 'begun' })
    .run();
}

export function endLookup(tx: Db, id: string, state: Exclude<Lookup['state'], 'begun'>): void {
  const { changes } = tx.orm
    .update(lookups)
    .set({ state })
    .where(and(eq(lookups.id, id), eq(lookups.state, 'begun')))
    .run();
  assert(changes === 1, 'a lookup ends once');
}

/** What a crash cut off. */
export function unfinishedLookups(db: Db): readonly Lookup[] {
  return db.orm.select().from(lookups).where(eq(lookups.state, 'begun')).all() as readonly Lookup[];
}

/** Questions that a consent covered about one subject, of all who asked, since a day. */
export function consentedSince(db: Db, product: string, subject: string, day: string): number {
  const isMeant = and(
    eq(lookups.product, product),
    eq(lookups.subject, subject),
    eq(lookups.standing, 'consented'),
    gte(lookups.day, day),
  );
  return count(db, sql`count(*)`, isMeant);
}

/** Questions of an organisation to a product on a day, whatever became of them. */
export function askedOn(db: Db, product: string, org: string, day: string): number {
  return count(db, sql`count(*)`, and(eq(lookups.product, product), eq(lookups.org, org), eq(lookups.day, day)));
}

/** Different subjects that an organisation asked about on a day, and how many of them gave no answer. */
export function lookupCounts(db: Db, org: string, day: string, stem: string): LookupCounts {
  const ofDay = and(eq(lookups.org, org), eq(lookups.day, day));
  const unanswered = and(ofDay, or(ne(lookups.standing, 'consented'), eq(lookups.state, 'unanswered')));
  const distinct = sql`count(DISTINCT ${lookups.subject})`;
  return {
    asked: count(db, distinct, ofDay),
    unanswered: count(db, distinct, unanswered),
    neighbours: count(db, distinct, and(unanswered, eq(lookups.stem, stem))),
  };
}

/** Questions of an account without an answer, from one day to another, both included. */
export function unansweredLookups(
  db: Db,
  { org, sub }: Pick<Lookup, 'org' | 'sub'>,
  days: { readonly first: string; readonly last: string },
): readonly Pick<Lookup, 'id' | 'day' | 'subject' | 'stem'>[] {
  const { id, day, subject, stem } = lookups;
  const isUnanswered = or(ne(lookups.standing, 'consented'), eq(lookups.state, 'unanswered'));
  const where = and(
    eq(lookups.org, org),
    eq(lookups.sub, sub),
    gte(day, days.first),
    lte(day, days.last),
    isUnanswered,
  );
  return db.orm.select({ id, day, subject, stem }).from(lookups).where(where).all();
}

/** The accounts of an organisation that asked without an answer on a day. */
export function accountsUnanswered(db: Db, org: string, day: string): readonly string[] {
  const where = and(
    eq(lookups.org, org),
    eq(lookups.day, day),
    or(ne(lookups.standing, 'consented'), eq(lookups.state, 'unanswered')),
  );
  const rows = db.orm.selectDistinct({ sub: lookups.sub }).from(lookups).where(where).all();
  return rows.map(({ sub }) => sub);
}

function count(db: Db, what: ReturnType<typeof sql>, where: ReturnType<typeof and>): number {
  const row = db.orm
    .select({ n: what.mapWith(Number) })
    .from(lookups)
    .where(where)
    .get();
  return row?.n ?? 0;
}
