import { z } from '@hono/zod-openapi';
import { DESTRUCTION_REASONS } from '#catalog';
import { AuditEntrySchema } from './audit.ts';
import { InstantSchema, ResourceIdSchema } from './common.ts';

/** A number in a path. WHY text first: coercion would read `1e2` and `0x10` as numbers. */
const VersionNumberSchema = z
  .string()
  .regex(/^[1-9]\d{0,8}$/)
  .transform(Number)
  .openapi({ type: 'integer', minimum: 1, maximum: 999_999_999, example: 1 });

export const VersionParamsSchema = z.object({
  id: ResourceIdSchema.openapi({ example: 'water' }),
  version: VersionNumberSchema,
});

const DigestSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** As `gateway/resources/certificate.ts` makes it; its digest is over the canonical JSON (RFC 8785). */
const DestructionCertificateSchema = z
  .object({
    v: z.literal(1),
    kind: z.literal('destruction-certificate'),
    resource: ResourceIdSchema,
    version: z.int().min(1),
    reason: z.enum(DESTRUCTION_REASONS).openapi({ description: 'who or what ended the version' }),
    orderedBy: z.string().openapi({ description: '`org/sub`, or `gateway` where its time was over' }),
    orderedAt: InstantSchema,
    completedAt: InstantSchema,
    rows: z.int().nullable(),
    contentSha256: DigestSchema.nullable().openapi({ description: 'of the file that was uploaded' }),
    segments: z
      .array(
        z.object({
          name: z.string(),
          bytes: z.int(),
          rows: z.int(),
          sha256: DigestSchema,
          heldBy: z.array(z.int()).optional(),
        }),
      )
      .openapi({
        description:
          'what lay in the vault: bytes of the plain file, SHA-256 of the sealed one; `heldBy`: versions that hold the same rows still',
      }),
    keySha256: DigestSchema.nullable().openapi({ description: 'of the wrapped key that was overwritten' }),
    scan: z.object({ files: z.int(), bytes: z.int(), pagesKnown: z.int(), found: z.literal(0) }).openapi({
      description: 'of the gateway’s folders, after the erasure; `pagesKnown` of the plain data were looked for',
    }),
  })
  .openapi('DestructionCertificate');

export const CertifiedDestructionSchema = z
  .object({
    certificate: DestructionCertificateSchema,
    entry: AuditEntrySchema.omit({ index: true }).openapi({
      description: 'the log entry whose note names the SHA-256 of the certificate’s canonical JSON',
    }),
    receipt: z.string().openapi({ description: 'the entry’s `.tlog-proof`: inclusion under a signed checkpoint' }),
  })
  .openapi('CertifiedDestruction', { description: 'checked offline by `sluice certificate verify`' });
