import { z } from '@hono/zod-openapi';
import { AFFILIATION_KINDS, AGREEMENT_STEPS } from '#policies';
import { DaySchema, InstantSchema, NO_QUERY, OrgIdSchema, oneLine, PlanIdSchema } from './common.ts';
import { JwsSchema } from './grant.ts';

export { NO_QUERY };

export const AgreementRequestSchema = z
  .strictObject({
    id: PlanIdSchema,
    operator: OrgIdSchema,
    kind: z.enum(['award', 'renewal']),
    validFrom: DaySchema.openapi({ description: 'the first day; the term is five years' }),
    publicityDays: z.int().min(0).max(60).openapi({ description: '公示期, working days' }),
    note: oneLine(2_000),
  })
  .openapi('AgreementRequest', {
    example: {
      id: 'agreement-2026',
      operator: 'operator',
      kind: 'award',
      validFrom: '2026-01-01',
      publicityDays: 5,
      note: '遴选结果',
    },
  });

export const AgreementSchema = z
  .object({
    id: z.string(),
    operator: z.string(),
    kind: z.enum(['award', 'renewal']),
    validFrom: z.string(),
    validEnd: z.string().openapi({ description: 'the first day after the term' }),
    publicityDays: z.int(),
    hash: z.string().openapi({ description: 'what is signed' }),
    home: z.string().openapi({ description: 'verifier key of the log: which gateway a signature is for' }),
    openedBy: z.string(),
    openedAt: InstantSchema,
    steps: z.array(
      z.object({
        step: z.enum(AGREEMENT_STEPS),
        org: z.string(),
        by: z.string(),
        note: z.string(),
        jws: z.string().nullable(),
        day: z.string(),
        at: InstantSchema,
      }),
    ),
  })
  .openapi('Agreement');
export const AgreementListSchema = z.object({ items: z.array(AgreementSchema) }).openapi('AgreementList');
export const AgreementParamsSchema = z.object({ id: PlanIdSchema.openapi({ example: 'agreement-seed' }) });
export const StepRequestSchema = z
  .strictObject({
    step: z.enum(AGREEMENT_STEPS),
    note: oneLine(2_000),
    jws: JwsSchema.optional().openapi({ description: 'of the two signatures: `typ` `sluice-agreement+jws`' }),
  })
  .openapi('AgreementStepRequest', { example: { step: 'review', note: '专家评审通过' } });

export const IncidentRequestSchema = z
  .strictObject({ id: PlanIdSchema, operator: OrgIdSchema, day: DaySchema, note: oneLine(2_000) })
  .openapi('IncidentRequest');
export const IncidentSchema = z
  .object({
    id: z.string(),
    operator: z.string(),
    day: z.string(),
    note: z.string(),
    recordedBy: z.string(),
    recordedAt: InstantSchema,
    verdict: z.enum(['dismissed', 'confirmed']).nullable(),
    decidedBy: z.string().nullable(),
    decidedAt: z.string().nullable(),
  })
  .openapi('Incident');
export const IncidentParamsSchema = z.object({ id: PlanIdSchema });
export const IncidentDecisionSchema = z
  .strictObject({ verdict: z.enum(['dismissed', 'confirmed']) })
  .openapi('IncidentDecision');

export const AffiliationSchema = z
  .strictObject({
    org: OrgIdSchema,
    kind: z.enum(AFFILIATION_KINDS),
    value: oneLine(200).openapi({ description: 'the other organisation of an ownership, else what is shared' }),
    source: oneLine(200).openapi({ description: '`declared`, or the register that was asked' }),
  })
  .openapi('Affiliation');
export const AffiliatesSchema = z
  .object({
    org: z.string(),
    affiliates: z.array(z.object({ org: z.string(), chain: z.array(z.string()) })),
  })
  .openapi('Affiliates', { description: 'directly or over others, each with the chain that leads to it' });
export const AffiliatesParamsSchema = z.object({ org: OrgIdSchema });

export const ExitRequestSchema = z
  .strictObject({
    operator: OrgIdSchema,
    cause: z.enum(['expiry', 'application', 'breach']),
    reason: oneLine(2_000),
  })
  .openapi('ExitRequest');
export const ExitSchema = z
  .object({
    operator: z.string(),
    cause: z.enum(['expiry', 'application', 'breach']),
    reason: z.string(),
    orderedBy: z.string(),
    orderedAt: InstantSchema,
    packageSha256: z.string().nullable(),
    destroyedAt: z.string().nullable(),
    certificate: z.unknown().openapi({ description: 'null until nothing of it is left' }),
  })
  .openapi('Exit');
export const ExitEffectSchema = ExitSchema.extend({
  jobsStopped: z.int(),
  workersStopped: z.int(),
  closureMs: z.number().openapi({ description: 'until no token is taken, no job runs and no release waits' }),
}).openapi('ExitEffect');
export const ExitParamsSchema = z.object({ operator: OrgIdSchema });
export const HandedOverSchema = z
  .object({ package: z.unknown(), entry: z.unknown(), receipt: z.string() })
  .openapi('HandedOver', { description: '`sluice operators verify` checks it offline' });
export const ExitDestructionRequestSchema = z
  .strictObject({ packageSha256: z.string().regex(/^[0-9a-f]{64}$/) })
  .openapi('ExitDestructionRequest', { description: 'the package that the receiver has' });
