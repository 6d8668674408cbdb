import { AppError } from '#policies';
import type { Db } from '../db.ts';
import { and, asc, eq, isNull, sql } from '../orm.ts';
import { consentKeys, consentUses, consentWithdrawals } from './tables.ts';

/** A public key whose signatures make a consent: of an issuer that establishes who consents, or of one subject for itself. */
export interface ConsentKey {
  /** RFC 7638 thumbprint. */
  readonly id: string;
  readonly title: string;
  /** JSON of the public JWK. */
  readonly jwk: string;
  /** Keyed digest of the one subject that it may consent for; null of an issuer, which may for all. */
  readonly subject: string | null;
  readonly addedBy: string;
  readonly addedAt: string;
  readonly revokedBy: string | null;
  readonly revokedAt: string | null;
}

export type NewConsentKey = Pick<ConsentKey, 'id' | 'title' | 'jwk' | 'subject' | 'addedBy'>;

/** @throws AppError `CONSENT_INVALID` where the key is known, revoked ones included: a revoked key never comes back. */
export function addConsentKey(tx: Db, key: NewConsentKey): ConsentKey {
  const known = tx.orm.select().from(consentKeys).where(eq(consentKeys.id, key.id)).get();
  if (known !== undefined) throw new AppError('CONSENT_INVALID', { problem: 'the key is registered already' });
  tx.orm
    .insert(consentKeys)
    .values({ ...key, addedAt: tx.now() })
    .run();
  return getConsentKey(tx, key.id);
}

/** For good: what it signed is no consent any more. @throws AppError `CONSENT_KEY_NOT_FOUND`. */
export function revokeConsentKey(tx: Db, id: string, by: string): ConsentKey {
  if (getConsentKey(tx, id).revokedAt !== null) throw new AppError('CONSENT_KEY_NOT_FOUND', { id });
  tx.orm.update(consentKeys).set({ revokedBy: by, revokedAt: tx.now() }).where(eq(consentKeys.id, id)).run();
  return getConsentKey(tx, id);
}

/** @throws AppError `CONSENT_KEY_NOT_FOUND`. */
function getConsentKey(db: Db, id: string): ConsentKey {
  const row = db.orm.select().from(consentKeys).where(eq(consentKeys.id, id)).get();
  if (row === undefined) throw new AppError('CONSENT_KEY_NOT_FOUND', { id });
  return db.sealed('consent_keys', row);
}

/** Null where it is not known or was revoked. */
export function findConsentKey(db: Db, id: string): ConsentKey | null {
  const row = db.orm
    .select()
    .from(consentKeys)
    .where(and(eq(consentKeys.id, id), isNull(consentKeys.revokedAt)))
    .get();
  return row === undefined ? null : db.sealed('consent_keys', row);
}

export function listConsentKeys(db: Db): readonly ConsentKey[] {
  const rows = db.orm.select().from(consentKeys).orderBy(asc(consentKeys.id)).all();
  return rows.map((row) => db.sealed('consent_keys', row));
}

/** Of a consent, by the digest of what names it: how often it was used, and whether it was withdrawn. */
export function consentState(db: Db, consent: string): { readonly used: number; readonly isWithdrawn: boolean } {
  const used = db.orm.select().from(consentUses).where(eq(consentUses.consent, consent)).get()?.used ?? 0;
  const withdrawn = db.orm.select().from(consentWithdrawals).where(eq(consentWithdrawals.consent, consent)).all();
  return { used, isWithdrawn: db.sealedChosen('consent_withdrawals', withdrawn).length > 0 };
}

export function useConsent(tx: Db, consent: string): void {
  tx.orm
    .insert(consentUses)
    .values({ consent, used: 1 })
    .onConflictDoUpdate({ target: consentUses.consent, set: { used: sql`${consentUses.used} + 1` } })
    .run();
}

/** For good; once more changes nothing. */
export function withdrawConsent(tx: Db, consent: string, by: string): void {
  const values = { consent, withdrawnBy: by, withdrawnAt: tx.now() };
  tx.orm.insert(consentWithdrawals).values(values).onConflictDoNothing().run();
}
