import { calculateJwkThumbprint } from 'jose';
import { confirmPartyKey, type Db, type PartyKey, registerPartyKey, retirePartyKey, type Store } from '#catalog';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';

/** Keys that organisations sign with, each change in one transaction with its log entry. Authorization is the routes' part. */
export interface PartyKeyService {
  /** An Ed25519 public key, as JWK member `x`. Errors: KEY_STATE. */
  register(caller: Caller, x: string): Promise<PartyKey>;
  /** By the bureau, another person than who registered it. Errors: KEY_NOT_FOUND, KEY_STATE. */
  confirm(caller: Caller, org: string, thumbprint: string): Promise<PartyKey>;
  /** Errors: KEY_NOT_FOUND, KEY_STATE. */
  retire(caller: Caller, org: string, thumbprint: string): Promise<PartyKey>;
}

export function createPartyKeyService({ store }: { readonly store: Store }): PartyKeyService {
  return {
    async register(caller, x) {
      const thumbprint = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x });
      return store.commit((tx) => {
        knowOrganisation(tx, caller);
        const { org, sub: registeredBy } = caller;
        return logged(tx, caller, registerPartyKey(tx, { org, thumbprint, publicKey: x, registeredBy }), 'registered');
      });
    },
    confirm: (caller, org, thumbprint) =>
      store.commit((tx) => {
        knowOrganisation(tx, caller);
        return logged(tx, caller, confirmPartyKey(tx, org, thumbprint, caller), 'confirmed');
      }),
    retire: (caller, org, thumbprint) =>
      store.commit((tx) => {
        knowOrganisation(tx, caller);
        const by = `${caller.org}/${caller.sub}`;
        return logged(tx, caller, retirePartyKey(tx, org, thumbprint, by), 'retired');
      }),
  };
}

function logged(tx: Db, caller: Caller, key: PartyKey, what: string): PartyKey {
  appendChange(tx, { kind: 'party-key', caller, note: `key ${key.thumbprint} of ${key.org} ${what}` });
  return key;
}
