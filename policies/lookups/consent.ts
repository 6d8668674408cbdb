/** What somebody consented to, as their signed token says: one interface, for one purpose, to one organisation, for a time. */
export interface Consent {
  /** Who consents, by the identifier that the register knows them by. */
  readonly by: string;
  /** What is asked about, where that is not who consents: a car, a home. */
  readonly about: string | null;
  readonly org: string;
  readonly plan: string;
  /** The plan's purpose, word for word: what was agreed to. */
  readonly purpose: string;
  readonly product: string;
  /** Most questions that it is good for. */
  readonly uses: number;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly expiresAt: number;
}

/** Why a consent does not cover a question. Never told to who asks: it would say what others did. */
export const CONSENT_FAULTS = [
  'missing',
  'unsigned',
  'another-signer',
  'expired',
  'not-yet',
  'too-long',
  'another-subject',
  'another-organisation',
  'another-plan',
  'another-purpose',
  'another-interface',
  'withdrawn',
  'used-up',
  'asked-too-often',
] as const;
export type ConsentFault = (typeof CONSENT_FAULTS)[number];

export interface ConsentQuestion {
  readonly subject: string;
  readonly org: string;
  readonly plan: string;
  readonly purpose: string;
  readonly product: string;
  readonly nowSeconds: number;
}

/** PIPL art. 14–16: consent is specific and can be withdrawn; one without an end is none. */
export const CONSENT_SECONDS_MAX = 366 * 86_400;
export const CONSENT_USES_MAX = 366;
const SKEW_SECONDS = 60;

/** Whether a consent whose signature is good covers the question; null where it does. Identifiers are compared in canonical form. */
export function consentFault(consent: Consent, question: ConsentQuestion): ConsentFault | null {
  const { nowSeconds } = question;
  if (consent.expiresAt - consent.issuedAt > CONSENT_SECONDS_MAX || consent.uses > CONSENT_USES_MAX) return 'too-long';
  if (nowSeconds >= consent.expiresAt) return 'expired';
  if (nowSeconds + SKEW_SECONDS < Math.max(consent.notBefore, consent.issuedAt)) return 'not-yet';
  if ((consent.about ?? consent.by) !== question.subject) return 'another-subject';
  if (consent.org !== question.org) return 'another-organisation';
  if (consent.plan !== question.plan) return 'another-plan';
  if (consent.purpose !== question.purpose) return 'another-purpose';
  return consent.product === question.product ? null : 'another-interface';
}
