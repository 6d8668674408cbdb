import { z } from '@hono/zod-openapi';
import { GATES, PLAN_CLASSES } from '#policies';
import { AuditEntrySchema } from './audit.ts';
import { freeText, InstantSchema, ResourceIdSchema, TitleSchema } from './common.ts';
import { TableSchemaSchema, TermsSchema } from './resource.ts';

const NumberSchema = z
  .string()
  .regex(/^[1-9]\d{0,8}$/)
  .transform(Number)
  .openapi({ type: 'integer', minimum: 1, maximum: 999_999_999, example: 1 });

export const RevisionParamsSchema = z.object({
  id: ResourceIdSchema.openapi({ example: 'water' }),
  revision: NumberSchema,
});
export const GateParamsSchema = z.object({
  id: ResourceIdSchema.openapi({ example: 'water' }),
  gate: z.enum(GATES).openapi({ example: 'secrecy' }),
});

export const GateRequestSchema = z
  .strictObject({ verdict: z.enum(['approve', 'refuse']), comment: freeText(2_000).optional() })
  .openapi('GateRequest', { example: { verdict: 'approve', comment: '不涉密' } });

const GateDecisionSchema = z
  .object({
    gate: z.enum(GATES),
    verdict: z.enum(['approve', 'refuse']),
    org: z.string(),
    by: z.string(),
    comment: z.string(),
    at: InstantSchema,
  })
  .openapi('GateDecision');
export const GateListSchema = z
  .object({
    decisions: z.array(GateDecisionSchema).openapi({ description: 'about the entry as it stands' }),
    left: z.array(z.enum(GATES)).openapi({ description: 'gates that are not passed' }),
  })
  .openapi('GateList');

const EntryChangeSchema = z
  .object({
    path: z.string().openapi({ example: 'schema.columns.m3_used.level' }),
    before: z.string().nullable().openapi({ description: 'JSON; null where it was not there' }),
    after: z.string().nullable(),
    isMaterial: z
      .boolean()
      .openapi({ description: 'reviewers judged by it: gates, listing and plans over the table are open again' }),
    isWeaker: z.boolean().openapi({ description: 'less is protected than before, such as by a lower level' }),
  })
  .openapi('EntryChange');

export const RevisionSchema = z
  .object({
    resource: ResourceIdSchema,
    revision: z.int().min(1),
    basis: z.int().min(1).openapi({ description: 'the last revision that changed what reviewers judge by' }),
    sha256: z.string().openapi({ description: 'of the canonical JSON (RFC 8785) of the document' }),
    changes: z.array(EntryChangeSchema),
    by: z.string(),
    at: InstantSchema,
  })
  .openapi('EntryRevision');
export const RevisionListSchema = z.object({ items: z.array(RevisionSchema) }).openapi('EntryRevisionList');

export const SignedRevisionSchema = RevisionSchema.extend({
  suspends: z
    .array(z.string())
    .openapi({ description: 'approved plans that rest because of the entry as it stands now' }),
  document: z.object({
    title: TitleSchema,
    entry: z.object({ no: z.int().nullable(), title: TitleSchema }),
    provider: z.string(),
    format: z.string(),
    frequency: z.string(),
    conditions: z.string(),
    terms: z.object({ classes: z.array(z.enum(PLAN_CLASSES)), service: TermsSchema.shape.service }),
    schema: TableSchemaSchema,
  }),
  entry: AuditEntrySchema.omit({ index: true }).openapi({ description: 'the log entry whose note names the digest' }),
  receipt: z.string().openapi({ description: 'the entry’s `.tlog-proof`: inclusion under a signed checkpoint' }),
}).openapi('SignedEntryRevision');
