import { z } from '@hono/zod-openapi';
import { AUDIT_KINDS } from '#catalog';
import { ERROR_CODES, type ErrorCode } from '#policies';
import {
  InstantSchema,
  JobIdSchema,
  LevelSchema,
  LimitSchema,
  ModeSchema,
  OrgIdSchema,
  oneLine,
  PlanIdSchema,
  pageOf,
  ResourceIdSchema,
} from './common.ts';

const IndexSchema = z.int().min(0);

export const AuditEntrySchema = z
  .object({
    index: IndexSchema.openapi({ description: 'place in the log; `proof` shows that it is there' }),
    v: z.literal(1),
    kind: z.enum(AUDIT_KINDS),
    at: InstantSchema,
    job: z.string().optional(),
    who: z.object({ sub: z.string(), org: z.string(), role: z.string() }).optional(),
    plan: z.string().optional(),
    planHash: z.string().optional(),
    purpose: z.string().optional(),
    tables: z
      .array(
        z.object({
          resource: z.string(),
          version: z.int(),
          columns: z.array(z.string()),
          level: LevelSchema,
        }),
      )
      .optional(),
    mode: ModeSchema.optional(),
    decision: z.enum(['permit', 'deny']).optional(),
    code: z.string().optional(),
    policies: z.string().optional(),
    queryHash: z.string().optional(),
    budget: z.record(z.string(), z.unknown()).optional(),
    resultSha256: z.string().optional(),
    timingClass: z.string().optional(),
    note: z.string().optional(),
  })
  .openapi('AuditEntry', { description: 'never a value of protected data' });

export const AuditPageSchema = pageOf(AuditEntrySchema).openapi('AuditPage');

/** An index as text: what a query parameter holds. */
const indexText = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/)
  .transform(Number);
const INDEX_OPENAPI = { type: 'integer', minimum: 0, maximum: 999_999_999_999_999 } as const;

/** WHY without its milliseconds' count fixed: any ISO instant with a zone; it is compared in UTC. */
const InstantFilterSchema = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .openapi({ format: 'date-time' });

export const AuditQuerySchema = z.strictObject({
  person: oneLine(128).optional().openapi({ description: 'the `sub` of a token' }),
  org: OrgIdSchema.optional(),
  plan: PlanIdSchema.optional(),
  job: JobIdSchema.optional(),
  resource: ResourceIdSchema.optional(),
  column: ResourceIdSchema.optional(),
  level: LevelSchema.optional(),
  mode: ModeSchema.optional(),
  decision: z.enum(['permit', 'deny']).optional(),
  kind: z.enum(AUDIT_KINDS).optional(),
  code: z.enum(ERROR_CODES as [ErrorCode]).optional(),
  from: InstantFilterSchema.optional().openapi({ description: 'inclusive' }),
  until: InstantFilterSchema.optional().openapi({ description: 'exclusive' }),
  text: oneLine(200).optional().openapi({ description: 'words that all occur' }),
  after: indexText.optional().openapi({ ...INDEX_OPENAPI, description: 'the `next` of the page before' }),
  limit: LimitSchema,
});

export const ProofQuerySchema = z.strictObject({
  index: indexText.openapi({ ...INDEX_OPENAPI, description: 'the entry to prove' }),
});

export const ConsistencyQuerySchema = z.strictObject({
  from: indexText.openapi({ ...INDEX_OPENAPI, description: 'the size of the log as you knew it' }),
});

export const TileParamsSchema = z.object({
  level: z
    .string()
    .regex(/^([0-9]|[1-5][0-9]|6[0-3])$/)
    .openapi({ description: '0 holds the hashes of entries', example: '0' }),
  tile: z
    .string()
    .regex(/^(x[0-9]{3}\/){0,4}[0-9]{3}(\.p\/[0-9]{1,3})?$/)
    .openapi({
      description: 'C2SP tlog-tiles: groups of three digits, all but the last after `x`; `.p/W` of a partial tile',
      example: '000.p/1',
    }),
});
export const EntriesTileParamsSchema = TileParamsSchema.pick({ tile: true });
