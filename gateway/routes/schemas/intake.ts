import { z } from '@hono/zod-openapi';
import { DaySchema, InstantSchema, oneLine, PlanIdSchema, TitleSchema } from './common.ts';
import { TableDeclarationSchema } from './resource.ts';

const SourceSchema = oneLine(1_000).openapi({ description: 'where the data come from' });
const BasisSchema = oneLine(1_000).openapi({ description: 'by what right they are used here' });

export const IntakeRequestSchema = z
  .strictObject({
    plan: PlanIdSchema,
    title: TitleSchema,
    source: SourceSchema,
    basis: BasisSchema,
    validUntil: DaySchema.openapi({ description: 'the last day that it may be used; then it is destroyed' }),
    schema: TableDeclarationSchema,
  })
  .openapi('IntakeRequest');

export const IntakeSchema = z
  .object({
    id: z.string().openapi({ description: 'the name of the table' }),
    plan: z.string(),
    org: z.string(),
    source: SourceSchema,
    basis: BasisSchema,
    validUntil: z.string(),
    state: z.enum(['opened', 'quarantined', 'accepted', 'refused', 'ended']),
    version: z.int().nullable(),
    hash: z.string().nullable().openapi({ description: 'of what is accepted: terms, declaration and content' }),
    createdBy: z.string(),
    decidedBy: z.string().nullable(),
    decidedAt: InstantSchema.nullable(),
  })
  .openapi('Intake');
export const IntakeListSchema = z.object({ items: z.array(IntakeSchema) }).openapi('IntakeList');
export const IntakeListQuerySchema = z.strictObject({ plan: PlanIdSchema.optional() });
export const IntakeDecisionRequestSchema = z
  .strictObject({ verdict: z.enum(['approve', 'refuse']), hash: oneLine(64) })
  .openapi('IntakeDecisionRequest');
