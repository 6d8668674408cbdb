import { z } from '@hono/zod-openapi';
import { AUDIT_KINDS } from '#catalog';
import { ERROR_CODES, type ErrorCode, LOOKUP_MODES, MODES, RISKS, SIGNALS } from '#policies';
import {
  InstantSchema,
  JobIdSchema,
  LevelSchema,
  LimitSchema,
  OrgIdSchema,
  oneLine,
  PlanIdSchema,
  pageOf,
  ResourceIdSchema,
} from './common.ts';
import { BudgetSchema } from './plan.ts';
import { PrivacyAmountsSchema } from './privacy.ts';

const IndexSchema = z.int().min(0);

const EntryModeSchema = z.enum([...MODES, ...LOOKUP_MODES]);

const PersonSchema = z.object({
  sub: z.string().openapi({ description: '`-`: erased' }),
  org: z.string(),
  person: z
    .string()
    .optional()
    .openapi({ description: 'base64url of SHA-256(salt ‖ `["org","sub"]`): all that the signed entry holds of `sub`' }),
  salt: z.string().optional().openapi({ description: 'base64url; with it the name can be checked' }),
});

export const AuditEntrySchema = z
  .object({
    index: IndexSchema.openapi({ description: 'place in the log; `proof` shows that it is there' }),
    v: z.literal(1),
    kind: z.enum(AUDIT_KINDS),
    at: InstantSchema,
    job: z.string().optional(),
    who: PersonSchema.extend({ role: z.string() }).optional(),
    about: PersonSchema.optional().openapi({ description: 'whom it is about, where that is somebody else' }),
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
    grants: z.array(z.string()).optional().openapi({ description: 'that cover the tables' }),
    mode: EntryModeSchema.optional(),
    decision: z.enum(['permit', 'deny']).optional(),
    code: z.string().optional(),
    policies: z.string().optional(),
    queryHash: z.string().optional(),
    product: z.string().optional(),
    subject: z.string().optional().openapi({ description: 'a keyed digest, of another key for each organisation' }),
    budget: z.record(z.string(), z.unknown()).optional(),
    resultSha256: z.string().optional(),
    timingClass: z.string().optional(),
    repeats: z.int().optional().openapi({ description: 'the outcome whose answer is given again: nothing ran' }),
    erased: z.int().optional().openapi({ description: 'names taken out of earlier entries' }),
    note: z.string().optional(),
    drill: z.literal(true).optional().openapi({ description: 'part of a drill' }),
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
  mode: EntryModeSchema.optional(),
  decision: z.enum(['permit', 'deny']).optional(),
  kind: z.enum(AUDIT_KINDS).optional(),
  code: z.enum(ERROR_CODES as [ErrorCode]).optional(),
  risk: z.enum(RISKS).optional().openapi({ description: 'what makes an entry worth a second look' }),
  from: InstantFilterSchema.optional().openapi({ description: 'inclusive' }),
  until: InstantFilterSchema.optional().openapi({ description: 'exclusive' }),
  text: oneLine(200)
    .optional()
    .openapi({ description: 'words that all occur in the entry or, of an intent, in the canonical plan of its query' }),
  after: indexText.optional().openapi({ ...INDEX_OPENAPI, description: 'the `next` of the page before' }),
  limit: LimitSchema,
});

export const PeriodQuerySchema = z.strictObject({
  from: InstantFilterSchema.optional().openapi({ description: 'inclusive; 30 days before `until` if absent' }),
  until: InstantFilterSchema.optional().openapi({ description: 'exclusive; now if absent' }),
});

const IsCompleteSchema = z.boolean().openapi({ description: 'false: the period has more entries than were read' });

export const ExposureSchema = z
  .object({
    resource: z.string(),
    released: z.int().openapi({ description: 'answers that left' }),
    refused: z.record(z.string(), z.int()).openapi({ description: 'by code' }),
    people: z.int(),
    organisations: z.int(),
    plans: z.int(),
    queries: z.int().openapi({ description: 'different canonical plans that were answered' }),
    knownSets: z.int().openapi({ description: 'different sets of rows that answers stand on, for all time' }),
    guardRefusals: z
      .array(
        z.object({
          at: InstantSchema,
          job: z.string(),
          why: z.enum(['near', 'sum', 'too-many']).openapi({
            description:
              '`near`: to what an earlier answer, or the rest of the table, stands on; `sum`: what its cells add up to is; ' +
              '`too-many`: distinct sets of rows in one region',
          }),
          near: z.string().nullable().openapi({ description: 'the job whose answer it came near to' }),
        }),
      )
      .openapi({ description: 'the newest answers of the period that the differencing guard hid something of' }),
    columns: z.array(z.object({ column: z.string(), released: z.int() })),
    jobs: z.array(BudgetSchema).openapi({ description: 'of the approved plans over the resource' }),
    privacy: z
      .array(PrivacyAmountsSchema.extend({ unit: z.string() }))
      .openapi({ description: 'mode `dp`: of everybody together, for each kind of unit' }),
    first: InstantSchema.nullable(),
    last: InstantSchema.nullable(),
    isComplete: IsCompleteSchema,
  })
  .openapi('Exposure', { description: 'how exposed a resource is in a period' });

const BehaviourSignalSchema = z.object({
  signal: z.enum(SIGNALS),
  grade: z.enum(['alarm', 'notice']).openapi({ description: '`alarm`: to act on at once' }),
  value: z.number(),
  threshold: z.number(),
  isRaised: z.boolean(),
  of: z.int().openapi({ description: 'questions that it rests on' }),
  because: z
    .string()
    .openapi({ description: 'what the signal counts and from where on it is raised, in the language of the answer' }),
  entries: z.array(z.int()).openapi({ description: 'log entries to look at first' }),
});

export const BehaviourSchema = z
  .object({ questions: z.int(), signals: z.array(BehaviourSignalSchema), isComplete: IsCompleteSchema })
  .openapi('Behaviour', { description: 'signals for a person to judge; no decision rests on them' });

export const RaisedQuerySchema = PeriodQuerySchema.extend({ org: OrgIdSchema.optional() });
export const RaisedSchema = z
  .object({
    items: z.array(
      z.object({ org: z.string(), sub: z.string(), questions: z.int(), signals: z.array(BehaviourSignalSchema) }),
    ),
    isComplete: IsCompleteSchema,
  })
  .openapi('RaisedSignals', { description: 'signals for a person to judge; no decision rests on them' });

export const PersonParamsSchema = z.object({
  org: OrgIdSchema,
  sub: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@|+=~-]{0,127}$/),
});
export const ErasureSchema = z
  .object({ erased: z.int().min(0).openapi({ description: 'names that were taken out' }) })
  .openapi('Erasure');
export const ExposureParamsSchema = z.object({ id: ResourceIdSchema });

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
