import { z } from '@hono/zod-openapi';
import { GRANT_KINDS } from '#policies';
import {
  DaySchema,
  InstantSchema,
  LimitSchema,
  OrgIdSchema,
  oneLine,
  PlanIdSchema,
  pageOf,
  ResourceIdSchema,
} from './common.ts';
import { PLAN_CLASSES } from './plan.ts';

export const GrantIdSchema = PlanIdSchema;
export const ThumbprintSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** A compact JWS, no longer than one over a short statement can be. */
export const JwsSchema = z
  .string()
  .max(4_096)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/);

const GRANT_FIELDS = {
  kind: z
    .enum(GRANT_KINDS)
    .openapi({ description: 'whole: all that its providers have listed; individual: the tables named' }),
  operator: OrgIdSchema,
  providers: z.array(OrgIdSchema).min(1).max(200).openapi({ description: 'whose data it is: each signs for its own' }),
  tables: z
    .array(z.strictObject({ resource: ResourceIdSchema, columns: z.array(ResourceIdSchema).min(1).max(500) }))
    .max(200)
    .openapi({ description: 'of an individual grant' }),
  classes: z.array(z.enum(PLAN_CLASSES)).min(1).max(3).openapi({ description: 'classes of purposes that it is for' }),
  purpose: oneLine(4_000),
  validFrom: DaySchema,
  validUntil: DaySchema.openapi({ description: 'the last valid day, in Asia/Shanghai' }),
};

export const GrantRequestSchema = z
  .strictObject({ ...GRANT_FIELDS, id: GrantIdSchema, tables: GRANT_FIELDS.tables.optional() })
  .openapi('GrantRequest', {
    example: {
      id: 'grant-water',
      kind: 'individual',
      operator: 'operator',
      providers: ['water-group'],
      tables: [{ resource: 'water', columns: ['uscc', 'm3_used'] }],
      classes: ['industry'],
      purpose: '小微信贷指数',
      validFrom: '2026-01-01',
      validUntil: '2026-12-31',
    },
  });

const PartSchema = z.object({
  org: z.string(),
  role: z.enum(['bureau', 'provider']),
  by: z.string(),
  at: InstantSchema,
});
export const GrantSchema = z
  .object({
    id: z.string(),
    ...GRANT_FIELDS,
    validFrom: z.string(),
    validUntil: z.string(),
    org: z.string(),
    author: z.string(),
    hash: z.string().openapi({ description: 'SHA-256 of the canonical grant: what is signed' }),
    home: z.string().openapi({ description: 'verifier key of the log: which gateway a signature is for' }),
    proposedAt: InstantSchema,
    signatures: z.array(PartSchema.extend({ thumbprint: z.string(), jws: z.string() })),
    revocations: z.array(PartSchema.extend({ reason: z.string() })),
  })
  .openapi('Grant');
export const GrantPageSchema = pageOf(GrantSchema).openapi('GrantPage');
export const GrantListQuerySchema = z.strictObject({
  operator: OrgIdSchema.optional(),
  after: GrantIdSchema.optional(),
  limit: LimitSchema,
});
export const GrantParamsSchema = z.object({ id: GrantIdSchema.openapi({ example: 'grant-first-batch' }) });
export const SignatureRequestSchema = z.strictObject({ jws: JwsSchema }).openapi('SignatureRequest');
export const RevocationRequestSchema = z.strictObject({ reason: oneLine(1_000) }).openapi('GrantRevocationRequest');
export const GrantRevokedSchema = GrantSchema.extend({
  jobsStopped: z.int(),
  closureMs: z
    .number()
    .openapi({ description: 'from the order to the last job that leaned on it recorded as stopped' }),
}).openapi('GrantRevoked');

export const PartyKeyRequestSchema = z
  .strictObject({
    x: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .openapi({ description: 'Ed25519, JWK member `x`' }),
  })
  .openapi('PartyKeyRequest');
export const PartyKeySchema = z
  .object({
    org: z.string(),
    thumbprint: z.string(),
    publicKey: z.string(),
    registeredBy: z.string(),
    registeredAt: InstantSchema,
    confirmedBy: z.string().nullable(),
    confirmedAt: z.string().nullable(),
    retiredBy: z.string().nullable(),
    retiredAt: z.string().nullable(),
  })
  .openapi('PartyKey');
export const PartyKeyListSchema = z.object({ items: z.array(PartyKeySchema) }).openapi('PartyKeyList');
export const PartyKeyQuerySchema = z.strictObject({ org: OrgIdSchema.optional() });
export const PartyKeyParamsSchema = z.object({ org: OrgIdSchema, thumbprint: ThumbprintSchema });
