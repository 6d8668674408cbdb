import { createHmac, createSecretKey } from 'node:crypto';
import { stemOf } from '#policies';

/** Subjects as they are stored and logged. HMAC-SHA-256: whoever has the file or the log cannot try identifiers. Hex. */
export interface SubjectDigests {
  /** Within the gateway: one subject has one digest, so that limits hold across all who ask. Takes canonical identifiers. */
  subject(identifier: string): string;
  /** What neighbours have in common (`stemOf`). */
  stem(identifier: string): string;
  /**
   * For the log, which others read: another digest for each organisation that asks, so that whoever asked about a subject does not
   * recognise it where others did.
   */
  logged(org: string, identifier: string): string;
}

/** @param key of this purpose alone. */
export function createSubjectDigests(key: Uint8Array): SubjectDigests {
  const secret = createSecretKey(key);
  const mac = (...parts: readonly string[]) => createHmac('sha256', secret).update(JSON.stringify(parts)).digest('hex');
  return {
    subject: (identifier) => mac('subject', identifier),
    stem: (identifier) => mac('stem', stemOf(identifier)),
    logged: (org, identifier) => mac('logged', org, identifier),
  };
}
