import { generateKeyPairSync } from 'node:crypto';
import { findGrant, type NewGrant, type Store } from '#catalog';
import { type SigningKey, signingKeyOf } from '../custodian/signing-key.ts';
import type { Caller } from '../identity/index.ts';
import type { GrantService } from './grant-service.ts';
import type { PartyKeyService } from './party-key-service.ts';
import { signatureType, statementOf } from './statement.ts';

/** What a home needs to be made ready for a trial. */
export interface EstablishDeps {
  readonly store: Store;
  readonly keyOf: TrialKeys;
  readonly grants: GrantService;
  readonly home: string;
}

/** People of the bureau: no one of them may write and sign, or register and confirm. */
export interface BureauPeople {
  readonly author: Caller;
  readonly signer: Caller;
}

/**
 * Has a grant proposed and signed by everybody who is asked, going every step that the parties would go, log included. For homes that
 * are made for trial: the keys are made for the occasion and forgotten, so that whoever wants to sign afterwards registers one.
 */
export async function establishGrant(
  deps: EstablishDeps,
  grant: Omit<NewGrant, 'org' | 'author'>,
  { author, signer }: BureauPeople,
): Promise<void> {
  if (deps.store.read((db) => findGrant(db, grant.id)) !== null) return;
  const proposed = await deps.grants.propose(author, { ...grant, org: author.org, author: author.sub });
  const providers = grant.providers.map((org): Caller => ({ sub: signer.sub, org, role: 'provider' }));
  for (const party of [signer, ...providers]) {
    const key = await deps.keyOf(party, author);
    const role = party.role === 'bureau' ? 'bureau' : 'provider';
    const statement = statementOf('grant', proposed, { org: party.org, role }, deps.home);
    await deps.grants.sign(party, grant.id, await key.sign(statement, signatureType('grant')));
  }
}

/** The key of a party: made for the occasion, registered by it, confirmed by somebody of the bureau. */
export type TrialKeys = (party: Caller, confirmer: Caller) => Promise<SigningKey>;

/** One key for each organisation, made when it is first asked for. */
export function trialKeys(keys: PartyKeyService): TrialKeys {
  const known = new Map<string, Promise<SigningKey>>();
  const establish: TrialKeys = async (party, confirmer) => {
    const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
    const { thumbprint } = await keys.register(party, String(key.publicJwk.x));
    await keys.confirm(confirmer, party.org, thumbprint);
    return key;
  };
  return (party, confirmer) => {
    const key = known.get(party.org) ?? establish(party, confirmer);
    known.set(party.org, key);
    return key;
  };
}
