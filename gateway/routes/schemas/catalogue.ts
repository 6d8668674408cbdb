import { z } from '@hono/zod-openapi';
import { PLAN_CLASSES } from '#policies';
import { freeText, InstantSchema, LimitSchema, OrgIdSchema, oneLine, pageOf, ResourceIdSchema } from './common.ts';

const BATCH_TABLES_MAX = 500;
const TablesSchema = z.array(ResourceIdSchema).max(BATCH_TABLES_MAX);

export const ListBatchRequestSchema = z
  .strictObject({ comment: oneLine(500), add: TablesSchema.optional(), remove: TablesSchema.optional() })
  .openapi('ListBatchRequest', { example: { comment: '第一批', add: ['water'] } });
export const ListBatchSchema = z
  .object({
    batch: z.int().min(1),
    comment: z.string(),
    org: z.string(),
    by: z.string(),
    proposedAt: InstantSchema,
    inForceAt: InstantSchema.nullable().openapi({ description: 'once all have signed' }),
    refusedAt: InstantSchema.nullable(),
    changes: z.array(z.object({ resource: ResourceIdSchema, provider: z.string(), change: z.enum(['add', 'remove']) })),
    signatures: z.array(
      z.object({
        org: z.string(),
        role: z.enum(['bureau', 'provider']),
        by: z.string(),
        verdict: z.enum(['approve', 'refuse']),
        at: InstantSchema,
      }),
    ),
  })
  .openapi('ListBatch');
export const AuthorizedListSchema = z
  .object({
    items: z.array(
      z.object({ resource: ResourceIdSchema, provider: z.string(), batch: z.int(), since: InstantSchema }),
    ),
    batches: z.array(ListBatchSchema).openapi({ description: 'its history, newest first' }),
  })
  .openapi('AuthorizedList');
export const BatchParamsSchema = z.object({
  batch: z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number)
    .openapi({ type: 'integer', minimum: 1, maximum: 999_999_999, example: 1 }),
});
export const BatchSignatureSchema = z
  .strictObject({ verdict: z.enum(['approve', 'refuse']) })
  .openapi('ListSignatureRequest');

export const DemandRequestSchema = z
  .strictObject({
    provider: OrgIdSchema,
    title: oneLine(200),
    need: freeText(4_000).min(1),
    class: z.enum(PLAN_CLASSES),
  })
  .openapi('DemandRequest', {
    example: { provider: 'water-group', title: '企业用水(月度)', need: '按月的用水量', class: 'industry' },
  });
const DemandIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
export const DemandSchema = z
  .object({
    id: DemandIdSchema,
    org: z.string(),
    by: z.string(),
    provider: z.string(),
    title: z.string(),
    need: z.string(),
    class: z.enum(PLAN_CLASSES),
    filedAt: InstantSchema,
    answerDue: z.string().openapi({ description: 'last day in time, in Asia/Shanghai' }),
    isLate: z.boolean(),
    verdict: z.enum(['accept', 'decline']).nullable(),
    comment: z.string().nullable(),
    answeredBy: z.string().nullable(),
    answeredAt: InstantSchema.nullable(),
    resource: ResourceIdSchema.nullable().openapi({ description: 'the draft that came of it' }),
  })
  .openapi('Demand');
export const DemandPageSchema = pageOf(DemandSchema).openapi('DemandPage');
export const DemandListQuerySchema = z.strictObject({ after: DemandIdSchema.optional(), limit: LimitSchema });
export const DemandParamsSchema = z.object({ id: DemandIdSchema.openapi({ example: 'demand-1' }) });
export const DemandAnswerSchema = z
  .strictObject({ verdict: z.enum(['accept', 'decline']), comment: freeText(2_000).optional() })
  .openapi('DemandAnswer');
export const DemandProposalSchema = z.strictObject({ resource: ResourceIdSchema }).openapi('DemandProposal');

export const DcatInSchema = z
  .looseObject({})
  .openapi('DcatInput', { description: 'DCAT-3 as JSON-LD', example: { '@type': 'dcat:Catalog', 'dcat:dataset': [] } });
export const DcatImportSchema = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        outcome: z.enum(['draft', 'refused']),
        code: z.string().nullable(),
        problem: z.string().nullable().openapi({ description: 'where in the dataset, and what' }),
      }),
    ),
  })
  .openapi('DcatImport');
