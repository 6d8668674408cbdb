import { z } from 'zod';
import { canonicalJson, DESTRUCTION_REASONS, type Destruction, type ResourceVersion, sha256Hex } from '#catalog';
import type { Erasure } from './erase-data.ts';
import { heldRows } from './held-rows.ts';
import type { StoredSegment } from './shared-segments.ts';

/**
 * A destruction certificate: what was destroyed, when, on whose order, and what a scan found afterwards. It says no value of the data. The
 * log vouches for it: an entry names its digest, and the entry's receipt is signed with the log's key.
 */
export const CertificateSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal('destruction-certificate'),
  resource: z.string(),
  version: z.int(),
  reason: z.enum(DESTRUCTION_REASONS),
  orderedBy: z.string(),
  orderedAt: z.string(),
  completedAt: z.string(),
  rows: z.int().nullable(),
  /** SHA-256 of the file that was uploaded, hex. */
  contentSha256: z.string().nullable(),
  /**
   * As they lay in the vault: bytes of the plain file, SHA-256 of the sealed one. `heldBy`: versions that hold the same rows still, because
   * one grew from the other; they are gone only once none does. Absent where software from before versions shared anything wrote it.
   */
  segments: z.array(
    z.strictObject({
      name: z.string(),
      bytes: z.int(),
      rows: z.int(),
      sha256: z.string(),
      heldBy: z.array(z.int()).optional(),
    }),
  ),
  keySha256: z.string().nullable(),
  scan: z.strictObject({ files: z.int(), bytes: z.int(), pagesKnown: z.int(), found: z.literal(0) }),
});
export type DestructionCertificate = z.output<typeof CertificateSchema>;

/** Of an erasure after which nothing was found. */
export function certificateOf(
  destruction: Destruction,
  version: ResourceVersion,
  segments: readonly StoredSegment[],
  erasure: Erasure,
  completedAt: string,
): DestructionCertificate {
  const { reason, orderedBy, orderedAt, resource } = destruction;
  return {
    v: 1,
    kind: 'destruction-certificate',
    resource,
    version: version.version,
    reason,
    orderedBy,
    orderedAt,
    completedAt,
    rows: version.rows,
    contentSha256: version.contentSha256,
    segments: segments.map(({ heldBy, ...segment }) => ({ ...segment, heldBy: [...heldBy] })),
    keySha256: erasure.keySha256,
    scan: {
      files: erasure.filesScanned,
      bytes: erasure.bytesScanned,
      pagesKnown: erasure.pagesKnown,
      found: 0,
    },
  };
}

/** What the log entry of the certificate says. */
export function certificateNote(certificate: DestructionCertificate): string {
  const held = heldRows(certificate);
  const still = held.rows === 0 ? '' : `, of its rows ${held.rows} still held by version ${held.versions.join(', ')}`;
  return `destroyed${still}, certificate sha-256 ${sha256Hex(canonicalJson(certificate))}`;
}
