import { z } from '@hono/zod-openapi';
import {
  InstantSchema,
  JobIdSchema,
  LimitSchema,
  PlanIdSchema,
  pageOf,
  ResourceIdSchema,
  RhoSchema,
} from './common.ts';

/** How much of one unit an answer looks at. */
const share = z
  .strictObject({
    groupsMax: z.int().min(1).max(1_000).optional(),
    rowsMax: z.int().min(1).max(100).optional(),
    unitRowsMax: z.int().min(1).max(255).optional(),
  })
  .optional()
  .openapi({
    description:
      'most groups that one unit counts in, and most rows’ worth that it counts with in each, where no table declares less: the more, the more noise, and the less is left out. ' +
      '`unitRowsMax` instead of both: most rows of a unit in all, those that its table stores first in a random order',
  });

const error = z.number().min(1e-9).max(1e15);

/** How much of the privacy budget a request may take. */
export const PrivacyOptionSchema = z
  .union([
    z.strictObject({ rho: RhoSchema.max(1), share }),
    z.strictObject({
      epsilon: z.number().min(0.001).max(10),
      delta: z.number().min(1e-12).max(1e-4).optional().openapi({ description: 'the profile’s, 1e-6, if absent' }),
      share,
    }),
    z.strictObject({ targetError: z.union([error, z.record(z.string().min(1).max(128), error)]), share }),
  ])
  .openapi('PrivacyOption', {
    description:
      'mode `dp`: what the whole answer may cost per unit, as `rho` (zCDP), as `epsilon` (at `delta`), or by the largest standard ' +
      'error that sums and counts may have, all or by the name of an output column. Other modes cost nothing and ignore it. Without it the profile’s default applies',
    example: { rho: 0.001 },
  });

const AmountsSchema = z
  .object({
    limit: z.number().nullable().openapi({ description: 'null: no limit' }),
    spent: z.number(),
    reserved: z.number().openapi({ description: 'held by jobs that have not ended' }),
    remaining: z.number().nullable(),
  })
  .openapi('Amounts');

export const PrivacyAmountsSchema = z
  .object({
    rho: AmountsSchema,
    epsilon: AmountsSchema.openapi({ description: 'each of these ρ as ε at `delta`; ε does not add up, ρ does' }),
  })
  .openapi('PrivacyAmounts');

export const PrivacyBudgetSchema = z
  .object({
    resource: ResourceIdSchema.openapi({ description: 'whose budget: withdrawn resources pass theirs on' }),
    unit: z.string().openapi({ description: 'the column that names whose privacy it is' }),
    delta: z.number().openapi({ description: 'the δ at which ε is told' }),
    everybody: PrivacyAmountsSchema.openapi({
      description: 'shared by all analysts, plans, views and versions, for all time',
    }),
    selection: AmountsSchema.openapi({ description: 'δ for groups without a public list, a pool of its own' }),
    organisation: PrivacyAmountsSchema.nullable().openapi({
      description: 'the caller’s own; null for who does not ask',
    }),
    analyst: PrivacyAmountsSchema.nullable(),
    plans: z.array(PrivacyAmountsSchema.extend({ plan: PlanIdSchema })),
    forecast: z
      .object({
        last: z.number().nullable().openapi({ description: 'ρ of the newest release' }),
        releasesLikeLast: z
          .int()
          .nullable()
          .openapi({ description: 'how many more of its cost are left to the caller' }),
        releasesAtDefault: z.int().openapi({ description: 'the same at the profile’s default ρ' }),
        rhoPerDay: z.number().openapi({ description: 'taken by everybody, mean of the last 30 days' }),
        exhaustedOn: z.string().nullable().openapi({
          format: 'date',
          description: 'at that pace, the day on which nothing is left to anybody; null: not within a hundred years',
        }),
      })
      .openapi('PrivacyForecast', { description: 'from what was charged, not from any value' }),
  })
  .openapi('PrivacyBudget');

export const PrivacyReleaseSchema = z
  .object({
    seq: z.int(),
    job: JobIdSchema,
    org: z.string(),
    plan: z.string(),
    at: InstantSchema,
    logIndex: z.int().openapi({ description: 'the entry of the access log that tells of the release' }),
    resource: ResourceIdSchema,
    lineage: ResourceIdSchema.openapi({ description: 'whose budget was charged' }),
    unit: z.string(),
    statistic: z.string(),
    mechanism: z.string(),
    groupsMax: z
      .int()
      .nullable()
      .openapi({ description: 'L0: most groups that a unit contributes to; null: its rows are bounded' }),
    contributionMax: z.number().openapi({ description: 'L∞: most that a unit changes one cell by' }),
    sensitivity: z.number().openapi({ description: 'most that a unit changes all cells by, L2' }),
    variance: z.number().openapi({ description: 'σ² of the noise of one cell' }),
    rho: z.number(),
    delta: z.number(),
    epsilonAtDelta: z
      .object({ epsilon: z.number(), delta: z.number() })
      .openapi({ description: '(ε, δ) of this statistic' }),
  })
  .openapi('PrivacyRelease');

export const PrivacyRegisterSchema = pageOf(PrivacyReleaseSchema).openapi('PrivacyRegister');
export const PrivacyRegisterQuerySchema = z.strictObject({
  resource: ResourceIdSchema.optional(),
  plan: PlanIdSchema.optional(),
  after: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number)
    .optional()
    .openapi({
      type: 'integer',
      minimum: 1,
      maximum: 999_999_999_999_999,
      description: 'the `next` of the page before',
    }),
  limit: LimitSchema,
});
