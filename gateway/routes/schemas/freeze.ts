import { z } from '@hono/zod-openapi';
import { FREEZE_SCOPES } from '#policies';
import { InstantSchema, LimitSchema, OrgIdSchema, oneLine, PlanIdSchema, pageOf, ResourceIdSchema } from './common.ts';

const ReasonSchema = oneLine(1_000);
const DeveloperSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\/[A-Za-z0-9][A-Za-z0-9._:@|+/=~-]{0,127}$/)
  .openapi({ description: 'organisation and `sub` of a token, as `org/sub`' });
const GrantSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\/[a-z][a-z0-9_]{0,62}$/)
  .openapi({ description: 'one table of a plan, as `plan/resource`' });

const order = <S extends string, T extends z.ZodType>(scope: S, target: T) =>
  z.strictObject({ scope: z.literal(scope), target, reason: ReasonSchema });

export const FreezeRequestSchema = z
  .discriminatedUnion('scope', [
    order('platform', z.literal('*')),
    order('organisation', OrgIdSchema),
    order('developer', DeveloperSchema),
    order('plan', PlanIdSchema),
    order('grant', GrantSchema),
    order('resource', ResourceIdSchema),
  ])
  .openapi('FreezeRequest', {
    description: 'what is to stop, and why',
    example: { scope: 'plan', target: 'plan-demo-farms', reason: '疑似差分攻击' },
  });

export const FreezeSchema = z
  .object({
    id: z.string(),
    scope: z.enum(FREEZE_SCOPES),
    target: z.string(),
    reason: z.string(),
    frozenBy: z.string().openapi({ description: '`org/sub`' }),
    frozenAt: InstantSchema,
    thawAskedBy: z.string().nullable().openapi({ description: 'the first of the two people that a thaw takes' }),
    thawAskedAt: InstantSchema.nullable(),
    thawedBy: z.string().nullable(),
    thawedAt: InstantSchema.nullable(),
  })
  .openapi('Freeze');

export const FreezeEffectSchema = FreezeSchema.extend({
  jobsStopped: z.int().min(0),
  workersStopped: z.int().min(0),
  closureMs: z.number().min(0).openapi({ description: 'to the last worker dead and the last release stopped' }),
}).openapi('FreezeEffect');

export const FreezePageSchema = pageOf(FreezeSchema).openapi('FreezePage');
export const FreezeParamsSchema = z.object({ id: z.uuid() });
export const FreezeListQuerySchema = z.strictObject({
  active: z
    .enum(['true', 'false'])
    .optional()
    .openapi({ type: 'boolean', enum: [true, false] }),
  after: z.uuid().optional(),
  limit: LimitSchema,
});
