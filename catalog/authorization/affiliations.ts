import { type AffiliationFact, type AffiliationKind, affiliatesOf } from '#policies';
import type { Db } from '../db.ts';
import { and, eq } from '../orm.ts';
import { sealedRows } from '../sealed-rows.ts';
import { affiliations } from './operator-tables.ts';

/** What is known of whom an organisation belongs to. */
export interface Affiliation extends AffiliationFact {
  /** Where it is known from: `declared`, or the register that was asked. */
  readonly source: string;
  /** `org/sub`. */
  readonly declaredBy: string;
  readonly declaredAt: string;
}

const factsOf = sealedRows('affiliations', 'WHERE org = ? ORDER BY kind, value', { isChosen: true });
const factsWith = sealedRows('affiliations', 'WHERE kind = ? AND value = ?', { isChosen: true });

/** Nothing where it is known already. */
export function declareAffiliation(tx: Db, fact: Omit<Affiliation, 'declaredAt'>): void {
  tx.orm
    .insert(affiliations)
    .values({ ...fact, declaredAt: tx.now() })
    .onConflictDoNothing()
    .run();
}

/** @returns whether there was such a fact. */
export function withdrawAffiliation(tx: Db, { org, kind, value }: AffiliationFact): boolean {
  const isIt = and(eq(affiliations.org, org), eq(affiliations.kind, kind), eq(affiliations.value, value));
  return tx.orm.delete(affiliations).where(isIt).run().changes > 0;
}

export function affiliationsOf(db: Db, org: string): readonly Affiliation[] {
  return factsOf(db, org);
}

function affiliationsWith(db: Db, kind: AffiliationKind, value: string): readonly Affiliation[] {
  return factsWith(db, kind, value);
}

/** Everyone affiliated with an organisation, directly or over others, each with the chain that leads to it. */
export function findAffiliates(db: Db, org: string): ReadonlyMap<string, readonly string[]> {
  return affiliatesOf(org, {
    of: (one) => affiliationsOf(db, one),
    with: (kind, value) => affiliationsWith(db, kind, value),
  });
}
