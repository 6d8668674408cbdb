import {
  type ConsentKey,
  consentedSince,
  consentState,
  type Db,
  findConsentKey,
  type InterfaceProduct,
} from '#catalog';
import { type ConsentFault, type ConsentQuestion, consentFault } from '#policies';
import type { SignedConsent } from './consent-tokens.ts';
import type { SubjectDigests } from './subject-digests.ts';

/** A question as consents are held against it. */
export interface Asked extends ConsentQuestion {
  /** ISO date in Asia/Shanghai. */
  readonly today: string;
}

/**
 * Whether everybody who has to consents to the question, now. In the transaction that then counts the use: of two questions at a time
 * with one consent for one, one is covered.
 *
 * @param signed in the order of `consentBy`; null where a token is none.
 */
export function consentStanding(
  tx: Db,
  { id, content }: InterfaceProduct,
  signed: readonly (SignedConsent | null)[],
  asked: Asked,
  digests: SubjectDigests,
): 'consented' | ConsentFault {
  if (signed.length !== content.subject.consentBy.length) return 'missing';
  for (const one of signed) {
    const fault = one === null ? 'unsigned' : (signerFault(tx, one, digests) ?? consentFault(one.consent, asked));
    if (one === null || fault !== null) return fault ?? 'unsigned';
    const { used, isWithdrawn } = consentState(tx, one.digest);
    if (isWithdrawn) return 'withdrawn';
    if (used >= one.consent.uses) return 'used-up';
  }
  const { times, period } = content.limits.perSubject;
  const since = period === 'day' ? asked.today : `${asked.today.slice(0, 7)}-01`;
  return consentedSince(tx, id, digests.subject(asked.subject), since) < times ? 'consented' : 'asked-too-often';
}

/** The key as it is registered now; a subject's own key consents for that subject and nobody else. */
function signerFault(tx: Db, { key, consent }: SignedConsent, digests: SubjectDigests): ConsentFault | null {
  const known: ConsentKey | null = findConsentKey(tx, key.id);
  if (known === null || known.jwk !== key.jwk) return 'unsigned';
  return known.subject === null || known.subject === digests.subject(consent.by) ? null : 'another-signer';
}
