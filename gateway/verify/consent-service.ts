import {
  addConsentKey,
  type ConsentKey,
  findConsentKey,
  revokeConsentKey,
  type Store,
  withdrawConsent,
} from '#catalog';
import { AppError } from '#policies';
import { canonicalIdentifier } from '#sandbox';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import { publicKeyOf, readConsent } from './consent-tokens.ts';
import type { SubjectDigests } from './subject-digests.ts';

export interface NewKey {
  readonly title: string;
  readonly jwk: unknown;
  /** The one identifier that the key may consent for; null: it is an issuer's. */
  readonly subject: string | null;
}

/** Whose signatures count, and the end of consents, each in one transaction with its log entry. Authorization is the routes' part. */
export interface ConsentService {
  /** Errors: CONSENT_INVALID. */
  addKey(caller: Caller, key: NewKey): Promise<ConsentKey>;
  /** For good. Errors: CONSENT_KEY_NOT_FOUND. */
  revokeKey(caller: Caller, id: string): Promise<ConsentKey>;
  /** At once and for good; whoever holds the token may (PIPL art. 15). Errors: CONSENT_INVALID. */
  withdraw(caller: Caller, token: string): Promise<void>;
}

export function createConsentService({
  store,
  digests,
}: {
  readonly store: Store;
  readonly digests: SubjectDigests;
}): ConsentService {
  return {
    async addKey(caller, { title, jwk, subject }) {
      const key = await publicKeyOf(jwk);
      const identifier = subject === null ? null : canonicalIdentifier(subject);
      if (subject !== null && identifier === null)
        throw new AppError('CONSENT_INVALID', { problem: 'an empty subject' });
      return store.commit((tx) => {
        knowOrganisation(tx, caller);
        const whose = identifier === null ? 'an issuer’s' : 'one subject’s';
        appendChange(tx, { kind: 'consent', caller, note: `register key ${key.id}, ${whose}: ${title}` });
        const digest = identifier === null ? null : digests.subject(identifier);
        return addConsentKey(tx, { ...key, title, subject: digest, addedBy: `${caller.org}/${caller.sub}` });
      });
    },
    revokeKey: (caller, id) =>
      store.commit((tx) => {
        knowOrganisation(tx, caller);
        appendChange(tx, { kind: 'consent', caller, note: `revoke key ${id}` });
        return revokeConsentKey(tx, id, `${caller.org}/${caller.sub}`);
      }),
    async withdraw(caller, token) {
      const signed = await readConsent(token, (id) => store.read((db) => findConsentKey(db, id)));
      if (signed === null)
        throw new AppError('CONSENT_INVALID', { problem: 'no consent that a registered key signed' });
      await store.commit((tx) => {
        knowOrganisation(tx, caller);
        withdrawConsent(tx, signed.digest, `${caller.org}/${caller.sub}`);
        appendChange(tx, {
          kind: 'consent',
          caller,
          plan: signed.consent.plan,
          note: `withdraw consent ${signed.digest}`,
        });
      });
    },
  };
}
