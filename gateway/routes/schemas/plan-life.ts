import { z } from '@hono/zod-openapi';
import { EVERY_ACCOUNT } from '#policies';
import { InstantSchema, OrgIdSchema, oneLine, ResourceIdSchema } from './common.ts';
import { JwsSchema } from './grant.ts';

const DigestSchema = z.string().regex(/^[0-9a-f]{64}$/);
const AccountSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@|+/=~-]{0,127}$/);
const DayOrNull = z.string().nullable().openapi({ description: 'a day in Asia/Shanghai' });
const VerdictSchema = z.enum(['approve', 'refuse']);
const STAFF_MAX = 200;

export const RulesRequestSchema = z
  .strictObject({ title: oneLine(200), text: z.string().min(1).max(100_000) })
  .openapi('RulesRequest', { example: { title: '开发商准入规则', text: '……' } });
export const RulesSchema = z
  .object({
    hash: z.string().openapi({ description: 'SHA-256 of title and text; what decisions cite' }),
    title: z.string(),
    text: z.string(),
    proposedBy: z.string(),
    proposedAt: InstantSchema,
    approvedBy: z.string().nullable(),
    approvedAt: InstantSchema.nullable().openapi({ description: 'the last that were approved are in force' }),
  })
  .openapi('Rules');
export const RulesListSchema = z
  .object({ items: z.array(RulesSchema), inForce: z.string().nullable() })
  .openapi('RulesList');
export const RulesParamsSchema = z.object({ hash: DigestSchema.openapi({ example: 'a'.repeat(64) }) });

export const OnboardingRequestSchema = z
  .strictObject({
    creditCode: z.string().min(1).max(18).openapi({ description: '统一社会信用代码', example: '91350100M000100Y43' }),
    rules: DigestSchema.openapi({ description: 'hash of the rules in force, which this accepts' }),
    staff: z
      .array(z.union([AccountSchema, z.literal(EVERY_ACCOUNT)]))
      .min(1)
      .max(STAFF_MAX)
      .openapi({ description: 'accounts that may ask in its name; `*` for all that its issuer vouches for' }),
  })
  .openapi('OnboardingRequest', {
    example: { creditCode: '91350100M000100Y43', rules: 'a'.repeat(64), staff: ['alice'] },
  });
export const OnboardingSchema = z
  .object({
    org: z.string(),
    creditCode: z.string(),
    rules: z.string(),
    staff: z.array(z.string()),
    appliedBy: z.string(),
    appliedAt: InstantSchema,
    verdict: VerdictSchema.nullable(),
    decidedBy: z.string().nullable(),
    decidedAt: InstantSchema.nullable(),
  })
  .openapi('Onboarding');
export const OnboardingParamsSchema = z.object({ org: OrgIdSchema.openapi({ example: 'linkong-data' }) });
export const OnboardingDecisionSchema = z.strictObject({ verdict: VerdictSchema }).openapi('OnboardingDecision');

export const AgreementRequestSchema = z
  .strictObject({
    planHash: DigestSchema.openapi({ description: 'of the plan that the agreement is about' }),
    sha256: DigestSchema.openapi({ description: 'of the document that both parties signed' }),
    jws: JwsSchema.openapi({
      description:
        'compact JWS, EdDSA, `typ` sluice-plan-agreement+jws, the key as `jwk` in the header, over the canonical JSON ' +
        '{"hash":…,"home":…,"org":…,"plan-agreement":ID,"role":…,"v":1}, where hash is the SHA-256 of the canonical JSON {"plan":ID,"planHash":…,"sha256":…}',
    }),
  })
  .openapi('AgreementRequest', { example: { planHash: 'a'.repeat(64), sha256: 'b'.repeat(64), jws: 'e30.e30.e30' } });
export const AgreementSchema = z
  .object({
    plan: z.string(),
    planHash: z.string(),
    sha256: z.string(),
    developerBy: z.string().nullable(),
    operatorBy: z.string().nullable(),
    signedAt: InstantSchema.nullable(),
    filingDue: DayOrNull,
    filingNo: z.string().nullable(),
    filedBy: z.string().nullable(),
    filedAt: InstantSchema.nullable(),
    developerJws: z.string().nullable(),
    operatorJws: z.string().nullable(),
  })
  .openapi('PlanAgreement');
export const FilingRequestSchema = z
  .strictObject({ number: oneLine(100) })
  .openapi('FilingRequest', { example: { number: '鄂州数备〔2026〕12号' } });

export const SupplyRequestSchema = z
  .strictObject({ resource: ResourceIdSchema })
  .openapi('SupplyRequest', { example: { resource: 'water' } });
export const SupplySchema = z
  .object({
    plan: z.string(),
    resource: ResourceIdSchema,
    basis: z.int(),
    version: z.int().min(1),
    contentSha256: z.string(),
    org: z.string(),
    by: z.string(),
    at: InstantSchema,
  })
  .openapi('SupplyReceipt');

const StepSchema = z
  .object({
    step: z.enum(['supply', 'filing']),
    resource: ResourceIdSchema.nullable(),
    org: z.string().nullable().openapi({ description: 'whose turn it is, or was' }),
    due: DayOrNull,
    doneAt: InstantSchema.nullable(),
    isLate: z.boolean(),
  })
  .openapi('PlanStep');
export const ProgressSchema = z.object({ plan: z.string(), steps: z.array(StepSchema) }).openapi('PlanProgress');
export const LateListSchema = z.object({ items: z.array(ProgressSchema) }).openapi('LateList');
