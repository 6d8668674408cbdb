import { z } from '@hono/zod-openapi';
import { PLAN_OUTPUTS } from '#policies';
import {
  DaySchema,
  freeText,
  InstantSchema,
  LimitSchema,
  OrgIdSchema,
  oneLine,
  PlanIdSchema,
  pageOf,
  ResourceIdSchema,
  RhoSchema,
} from './common.ts';
import { PrivacyBudgetSchema } from './privacy.ts';

export const PLAN_STATES = ['submitted', 'approved', 'refused', 'revoked'] as const;
export const PLAN_CLASSES = ['governance', 'welfare', 'industry'] as const;

const PlanTableSchema = z
  .strictObject({ resource: ResourceIdSchema, columns: z.array(ResourceIdSchema).min(1).max(500) })
  .openapi('PlanTable', { description: 'the columns of a table that jobs may use' });

const JoinColumnSchema = z.string().regex(/^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$/);

const PLAN_FIELDS = {
  title: oneLine(200),
  purpose: oneLine(4_000),
  class: z.enum(PLAN_CLASSES).openapi({ description: 'public governance, public welfare, or industry' }),
  tables: z.array(PlanTableSchema).min(1).max(100),
  unitsMin: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .openapi({ description: 'raises the threshold; null: the profile’s' }),
  jobsMax: z.int().min(1).max(9_000_000).nullable().openapi({ description: 'most jobs in all; null: no limit' }),
  rhoMax: RhoSchema.max(10).nullable().openapi({
    description:
      'most privacy (ρ of zCDP) that jobs may take from each resource and kind of unit; null: the profile’s caps',
  }),
  joins: z
    .array(z.array(JoinColumnSchema).min(2).max(100))
    .max(100)
    .nullable()
    .openapi({
      description: 'keys that tables may be joined by: columns that may be equal. Null: any columns of the plan',
      example: [['water.uscc', 'power.uscc']],
    }),
  outputs: z
    .array(z.enum(PLAN_OUTPUTS))
    .min(1)
    .nullable()
    .openapi({
      description: 'modes in which answers may leave; null: what the levels ask for',
      example: ['aggregate'],
    }),
  validFrom: DaySchema,
  validUntil: DaySchema.openapi({ description: 'the last valid day, in Asia/Shanghai' }),
};

export const PlanRequestSchema = z
  .strictObject({
    ...PLAN_FIELDS,
    id: PlanIdSchema.optional().openapi({ description: 'made by the gateway if absent' }),
    org: OrgIdSchema.optional().openapi({ description: 'the developer’s organisation; the caller’s own if absent' }),
    operator: OrgIdSchema.optional().openapi({ description: 'who serves it; the only operator if absent' }),
    unitsMin: PLAN_FIELDS.unitsMin.optional(),
    jobsMax: PLAN_FIELDS.jobsMax.optional(),
    rhoMax: PLAN_FIELDS.rhoMax.optional(),
    joins: PLAN_FIELDS.joins.optional(),
    outputs: PLAN_FIELDS.outputs.optional(),
  })
  .openapi('PlanRequest', {
    example: {
      title: '小微信贷指数',
      purpose: '按行业与乡镇的用水活跃度',
      class: 'industry',
      tables: [{ resource: 'water', columns: ['uscc', 'div_code', 'm3_used'] }],
      validFrom: '2026-01-01',
      validUntil: '2026-12-31',
    },
  });

export const PlanDecisionSchema = z
  .object({
    role: z.enum(['bureau', 'provider']),
    org: z.string(),
    by: z.string(),
    verdict: z.enum(['approve', 'refuse']),
    comment: z.string(),
    planHash: z.string().openapi({ description: 'the plan as the reviewer had it' }),
    at: InstantSchema,
  })
  .openapi('PlanDecision');

export const PlanSchema = z
  .object({
    id: PlanIdSchema,
    ...PLAN_FIELDS,
    tables: z.array(PlanTableSchema).openapi({ description: 'a provider’s refusal removes its tables' }),
    org: z.string(),
    operator: z.string().nullable().openapi({ description: 'who serves it; null: nobody, and nothing runs under it' }),
    author: z.string(),
    validFrom: z.string(),
    validUntil: z.string(),
    state: z.enum(PLAN_STATES),
    suspendedBy: z.array(ResourceIdSchema).openapi({
      description: 'tables whose entries changed since the review: nothing runs until it is reviewed again',
    }),
    hash: z.string().openapi({ description: 'SHA-256 of the canonical plan; a job carries it' }),
    home: z.string().openapi({ description: 'which home signatures are for' }),
    decisions: z.array(PlanDecisionSchema),
    submittedAt: InstantSchema,
    revocation: z.object({ org: z.string(), by: z.string(), comment: z.string(), at: InstantSchema }).nullable(),
  })
  .openapi('Plan');
export const PlanPageSchema = pageOf(PlanSchema).openapi('PlanPage');
export const PlanListQuerySchema = z.strictObject({
  org: OrgIdSchema.optional(),
  state: z.enum(PLAN_STATES).optional(),
  after: PlanIdSchema.optional(),
  limit: LimitSchema,
});
export const PlanParamsSchema = z.object({ id: PlanIdSchema.openapi({ example: 'S1' }) });

export const PlanDecisionRequestSchema = z
  .strictObject({
    verdict: z.enum(['approve', 'refuse']),
    comment: freeText(2_000).optional(),
  })
  .openapi('PlanDecisionRequest', { example: { verdict: 'approve', comment: '同意' } });

export const BudgetSchema = z
  .object({
    account: z.string().openapi({ example: 'plan:S1:jobs' }),
    plan: PlanIdSchema,
    unit: z.enum(['jobs']),
    limit: z.number().nullable().openapi({ description: 'null: no limit' }),
    spent: z.number(),
    reserved: z.number().openapi({ description: 'held by jobs that have not ended' }),
    remaining: z.number().nullable(),
  })
  .openapi('Budget');
export const BudgetPageSchema = pageOf(BudgetSchema)
  .extend({
    privacy: z
      .array(PrivacyBudgetSchema)
      .openapi({ description: 'of the resources of these plans that leave in mode `dp`' }),
  })
  .openapi('BudgetPage');
