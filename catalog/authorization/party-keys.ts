import { AppError } from '#policies';
import type { Db } from '../db.ts';
import { and, asc, eq } from '../orm.ts';
import { partyKeys } from './tables.ts';

/** A key that an organisation signs with (Ed25519). It counts once a person of the bureau has vouched for it. */
export interface PartyKey {
  readonly org: string;
  /** RFC 7638, of the public key. */
  readonly thumbprint: string;
  /** JWK member `x`. */
  readonly publicKey: string;
  readonly registeredBy: string;
  readonly registeredAt: string;
  readonly confirmedBy: string | null;
  readonly confirmedAt: string | null;
  readonly retiredBy: string | null;
  readonly retiredAt: string | null;
}

export type NewPartyKey = Pick<PartyKey, 'org' | 'thumbprint' | 'publicKey' | 'registeredBy'>;

/**
 * INVARIANT: a key belongs to one organisation, once: with two, a signature would not tell whose it is.
 *
 * @throws AppError `KEY_STATE`.
 */
export function registerPartyKey(tx: Db, key: NewPartyKey): PartyKey {
  const taken = tx.orm.select().from(partyKeys).where(eq(partyKeys.thumbprint, key.thumbprint)).get();
  if (taken !== undefined) throw keyState(key.thumbprint, 'registered', 'a key that nobody has registered');
  tx.orm
    .insert(partyKeys)
    .values({ ...key, registeredAt: tx.now() })
    .run();
  return getPartyKey(tx, key.org, key.thumbprint);
}

/** @throws AppError `KEY_NOT_FOUND`; `KEY_STATE` when it is confirmed or retired, or when who registered it confirms. */
export function confirmPartyKey(
  tx: Db,
  org: string,
  thumbprint: string,
  confirmer: { readonly org: string; readonly sub: string },
): PartyKey {
  const key = getPartyKey(tx, org, thumbprint);
  const state = key.retiredAt !== null ? 'retired' : 'confirmed';
  if (key.retiredAt !== null || key.confirmedAt !== null) throw keyState(thumbprint, state, 'a key that is new');
  if (confirmer.org === key.org && confirmer.sub === key.registeredBy)
    throw keyState(thumbprint, 'registered by the same person', 'agreement of another person');
  const confirmedBy = `${confirmer.org}/${confirmer.sub}`;
  update(tx, key, { confirmedBy, confirmedAt: tx.now() });
  return getPartyKey(tx, org, thumbprint);
}

/** What was signed with it before stays signed; nothing more is. @throws AppError `KEY_NOT_FOUND`, `KEY_STATE`. */
export function retirePartyKey(tx: Db, org: string, thumbprint: string, by: string): PartyKey {
  const key = getPartyKey(tx, org, thumbprint);
  if (key.retiredAt !== null) throw keyState(thumbprint, 'retired', 'a key that is in use');
  update(tx, key, { retiredBy: by, retiredAt: tx.now() });
  return getPartyKey(tx, org, thumbprint);
}

/** @throws AppError `KEY_NOT_FOUND`. */
export function getPartyKey(db: Db, org: string, thumbprint: string): PartyKey {
  const row = db.sealed('party_keys', db.orm.select().from(partyKeys).where(isKey({ org, thumbprint })).get());
  if (row === undefined) throw new AppError('KEY_NOT_FOUND', { id: thumbprint });
  return row;
}

/** Keys by thumbprint, of one organisation or all. */
export function listPartyKeys(db: Db, org?: string): readonly PartyKey[] {
  const where = org === undefined ? undefined : eq(partyKeys.org, org);
  const rows = db.orm.select().from(partyKeys).where(where).orderBy(asc(partyKeys.thumbprint)).all();
  return rows.map((row) => db.sealed('party_keys', row));
}

/** The thumbprints that sign for an organisation now. WHY all rows are read: one edited to look unretired must not pass. */
export function signingKeysOf(db: Db, org: string): ReadonlySet<string> {
  const inUse = listPartyKeys(db, org).filter(
    ({ confirmedAt, retiredAt }) => confirmedAt !== null && retiredAt === null,
  );
  return new Set(inUse.map(({ thumbprint }) => thumbprint));
}

const isKey = ({ org, thumbprint }: Pick<PartyKey, 'org' | 'thumbprint'>) =>
  and(eq(partyKeys.org, org), eq(partyKeys.thumbprint, thumbprint));

function update(tx: Db, key: PartyKey, change: Partial<PartyKey>): void {
  tx.orm.update(partyKeys).set(change).where(isKey(key)).run();
}

const keyState = (id: string, state: string, accepted: string) => new AppError('KEY_STATE', { id, state, accepted });
