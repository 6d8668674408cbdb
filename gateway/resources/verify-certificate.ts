import { z } from 'zod';
import { canonicalJson } from '#catalog';
import { checkReceipt, type NoteVerifier } from '../audit/index.ts';
import { CertificateSchema, certificateNote, type DestructionCertificate } from './certificate.ts';

/** What a person was given: the certificate, the log entry that names its digest, and the entry's receipt. */
const CertifiedSchema = z.object({
  certificate: CertificateSchema,
  entry: z.looseObject({
    kind: z.literal('destruction'),
    decision: z.literal('permit'),
    note: z.string(),
    tables: z.array(z.looseObject({ resource: z.string(), version: z.int() })).length(1),
  }),
  receipt: z.string(),
});

/**
 * Checks a destruction certificate, offline, against the key of the log.
 *
 * @returns what it certifies, and where in the signed log; null when anything is wrong.
 */
export function verifyCertificate(
  document: unknown,
  verifier: NoteVerifier,
): { readonly certificate: DestructionCertificate; readonly index: number; readonly size: number } | null {
  const parsed = CertifiedSchema.safeParse(document);
  if (!parsed.success) return null;
  const { certificate, entry, receipt } = parsed.data;
  const [table] = entry.tables;
  const isOfIt =
    entry.note === certificateNote(certificate) &&
    table?.resource === certificate.resource &&
    table.version === certificate.version;
  const inLog = isOfIt ? checkReceipt(receipt, Buffer.from(canonicalJson(entry)), verifier) : null;
  return inLog === null ? null : { certificate, index: inLog.index, size: inLog.checkpoint.size };
}
