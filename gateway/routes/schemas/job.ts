import { z } from '@hono/zod-openapi';
import type { JSONValue } from 'hono/utils/types';
import { CIPHER_SCHEMES, MECHANISMS } from '#policies';
import { sealingKey } from '../../custodian/sealing-key.ts';
import { freeText, InstantSchema, JobIdSchema, LimitSchema, ModeSchema, PlanIdSchema, pageOf } from './common.ts';
import { PrivacyOptionSchema } from './privacy.ts';
import { ProblemSchema } from './problem.ts';
import { BecauseSchema, CostSchema, ResultColumnSchema, ResultSchema, VersionsSchema } from './result.ts';

export const JOB_STATES = ['queued', 'running', 'finished', 'refused', 'failed', 'cancelled'] as const;
const SQL_LENGTH_MAX = 1_000_000;
const DEADLINE_MS_MAX = 600_000;

const SqlSchema = freeText(SQL_LENGTH_MAX).min(1).openapi({
  description: 'one SELECT statement (WITH before it is accepted)',
  example: 'SELECT count(*) AS n FROM water',
});

export const JobRequestSchema = z
  .strictObject({
    plan: PlanIdSchema.openapi({ description: 'the approved usage plan under which the job runs' }),
    sql: SqlSchema,
    sealFor: sealingKey.optional().openapi({
      description:
        'mode `homomorphic`: your X25519 public key (JWK). The custodian seals what it opens for it, and the gateway passes that on unread',
    }),
    options: z
      .strictObject({
        deadlineMs: z
          .int()
          .min(1)
          .max(DEADLINE_MS_MAX)
          .optional()
          .openapi({ description: 'stop the job after this long; the gateway’s own limit holds in any case' }),
        privacy: PrivacyOptionSchema.optional(),
        language: z.enum(['zh-CN', 'en']).optional().openapi({ description: 'goes before Accept-Language' }),
      })
      .optional(),
  })
  .openapi('JobRequest', {
    example: {
      plan: 'S1',
      sql: 'SELECT div_code, count(DISTINCT uscc) AS firms FROM water GROUP BY div_code ORDER BY firms DESC',
    },
  });

export const ExplainRequestSchema = z
  .strictObject({
    plan: PlanIdSchema,
    sql: SqlSchema,
    options: z.strictObject({ privacy: PrivacyOptionSchema.optional() }).optional(),
  })
  .openapi('ExplainRequest');

const LinksSchema = z
  .object({ self: z.string(), events: z.string(), result: z.string(), receipt: z.string() })
  .openapi('JobLinks');

const JOB_FIELDS = {
  id: JobIdSchema,
  state: z.enum(JOB_STATES).openapi({ description: '`finished`, `refused`, `failed` and `cancelled` are final' }),
  plan: z.string(),
  org: z.string(),
  submittedBy: z.string(),
  createdAt: InstantSchema,
  startedAt: InstantSchema.nullable(),
  finishedAt: InstantSchema.nullable(),
  mode: ModeSchema.nullable().openapi({ description: 'the release mode; null before it is known' }),
  problem: ProblemSchema.nullable().openapi({ description: 'why a job was refused or failed' }),
  links: LinksSchema,
};

export const JobSummarySchema = z.object(JOB_FIELDS).openapi('JobSummary');
export const JobSchema = z
  .object({
    ...JOB_FIELDS,
    sql: z.string(),
    result: ResultSchema.nullable().openapi({ description: 'the released result of a finished job' }),
  })
  .openapi('Job');
export const JobPageSchema = pageOf(JobSummarySchema).openapi('JobPage');

export const JobListQuerySchema = z.strictObject({
  after: JobIdSchema.optional().openapi({ description: 'the `next` of the page before' }),
  limit: LimitSchema,
});

export const JobParamsSchema = z.object({ id: JobIdSchema.openapi({ example: 'job_01JB' }) });

export const PreferSchema = z.string().max(1_000).optional().openapi({
  description:
    'RFC 7240. `wait=N`: wait up to N seconds (at most 60) for the job to end; other preferences are ignored',
  example: 'wait=10',
});

export const IdempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/)
  .optional()
  .openapi({
    description: 'the same key with the same body gives the first job again; with another body it is refused',
    example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
  });

const StageValueSchema = z
  .custom<JSONValue>()
  .openapi({ type: 'object', description: 'the stage value as JSON; `kind` names it' });

const BoundingSchema = z.union([
  z.object({ kind: z.literal('declared') }).openapi({ description: 'as the tables declare: nothing is left out' }),
  z
    .object({ kind: z.literal('groups'), groupsMax: z.int(), rowsMax: z.int() })
    .openapi({ description: 'a unit counts in so many groups, with so many rows’ worth in each' }),
  z
    .object({ kind: z.literal('rows'), unit: z.int(), rowsMax: z.int() })
    .openapi({ description: 'so many rows of each unit of that position count' }),
  z.object({ kind: z.literal('ranked'), rowsMax: z.int() }).openapi({
    description: 'of each table so many rows of a unit count, those that it stores first in a random order',
  }),
  z.object({ kind: z.literal('nested'), rowsMax: z.int() }).openapi({
    description: 'below the query’s own grouping, so many rows count of each unit of the kind that no table bounds',
  }),
]);

const ExplainedPrivacySchema = z
  .object({
    charges: z.array(
      z.object({ resource: z.string(), unit: z.string(), rho: z.number(), delta: z.number() }).openapi('PrivacyCharge'),
    ),
    mechanisms: z.array(
      z
        .object({
          statistic: z.string(),
          mechanism: z.enum(MECHANISMS),
          resource: z.string(),
          unit: z.string(),
          groupsMax: z.int().nullable(),
          contributionMax: z.number(),
          sensitivity: z.number(),
          variance: z.number(),
          rho: z.number(),
          delta: z.number(),
        })
        .openapi('MechanismUse'),
    ),
    outputs: z
      .array(
        z.object({
          name: z.string(),
          certainty: z.enum(['exact', 'stated', 'unknown']),
          halfWidth: z.number().nullable(),
        }),
      )
      .openapi({
        description:
          'per output column what the answer will say: whether each value has its 95% interval, and half its width where that is the same whatever the data hold',
      }),
    errors: z
      .array(z.object({ name: z.string(), standardError: z.number() }))
      .openapi({ description: 'of output columns that are released sums or counts: the standard error of one cell' }),
    choices: z.array(z.object({ name: z.string(), candidates: z.int(), rowsMissedMax: z.number() })).openapi({
      description:
        'of output columns of mode(): how many values the list has; with 95% the value that is told has at most so many rows fewer, of those that count, than the most frequent one',
    }),
    boundaries: z.array(
      z.object({
        bounding: BoundingSchema,
        rowsTaken: z.int().nullable().openapi({
          description:
            'values made per unit that nothing bounds are clamped to what so many rows can make of them (`share.unitRowsMax` says otherwise); null where there are none',
        }),
        groups: z.enum(['public', 'selected']),
      }),
    ),
  })
  .openapi('ExplainedPrivacy');

export const ExplanationSchema = z
  .object({
    plan: z.string(),
    mode: ModeSchema,
    because: z.array(BecauseSchema),
    columns: z.array(ResultColumnSchema),
    unitsMin: z.int().nullable().openapi({ description: 'fewest distinct units behind a released cell' }),
    rules: z
      .array(z.object({ rule: z.enum(['threshold', 'dominance', 'noise', 'row-cap', 'custodian']), limit: z.number() }))
      .openapi({ description: 'the rules that may withhold cells or groups of this query' }),
    cipher: z
      .object({ scheme: z.enum(CIPHER_SCHEMES), storage: z.enum(['words', 'blocks']) })
      .nullable()
      .openapi({
        description:
          'of encrypted columns: their cipher, and whether the engine sums words or a process of its own blocks',
      }),
    cost: CostSchema.extend({ jobs: z.int() }).openapi({
      description:
        'what it would cost, and what is left to the caller now; an answered question costs no privacy again',
    }),
    privacy: ExplainedPrivacySchema.nullable().openapi({ description: 'modes `dp` and `homomorphic` only' }),
    versions: VersionsSchema,
    stages: z
      .array(z.object({ stage: z.string(), value: StageValueSchema }))
      .openapi({ description: 'every stage of the compiler, in order' }),
  })
  .openapi('Explanation', { description: 'from public metadata only: nothing is run, nothing is charged' });
