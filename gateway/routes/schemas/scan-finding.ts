import { z } from '@hono/zod-openapi';
import { IDENTIFIER_KINDS } from '#policies';
import { InstantSchema, LevelSchema, oneLine, ResourceIdSchema } from './common.ts';

export const ScanFindingSchema = z
  .object({
    resource: ResourceIdSchema,
    columnName: ResourceIdSchema,
    kind: z.enum(IDENTIFIER_KINDS),
    schemaHash: z.string().openapi({ description: 'of the declaration that the values were held against' }),
    share: z.number().min(0).max(1).openapi({ description: 'of the distinct values that were looked at' }),
    levelMin: LevelSchema,
    foundAt: InstantSchema,
    state: z.enum(['blocked', 'disputed', 'confirmed', 'refused']),
    reason: z.string().nullable(),
    disputedBy: z.string().nullable().openapi({ description: '`org/sub`' }),
    disputedAt: InstantSchema.nullable(),
    decidedBy: z.string().nullable().openapi({ description: 'another person than the one who disputed' }),
    decidedAt: InstantSchema.nullable(),
    comment: z.string().nullable(),
  })
  .openapi('ScanFinding');

export const ScanFindingListSchema = z.object({ items: z.array(ScanFindingSchema) }).openapi('ScanFindingList');

export const ScanFindingParamsSchema = z.object({
  id: ResourceIdSchema,
  column: ResourceIdSchema,
  kind: z.enum(IDENTIFIER_KINDS),
});

export const ScanDisputeSchema = z
  .strictObject({ reason: oneLine(1_000) })
  .openapi('ScanDispute', { example: { reason: '本列为设备序列号，与手机号同长' } });

export const ScanDecisionSchema = z
  .strictObject({ verdict: z.enum(['confirmed', 'refused']), comment: oneLine(1_000) })
  .openapi('ScanDecision', { example: { verdict: 'confirmed', comment: '已抽查原始系统字段定义' } });
