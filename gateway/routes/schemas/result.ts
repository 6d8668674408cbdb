import { z } from '@hono/zod-openapi';
import { sealedAnswer } from '../../formats/sealed-answer.ts';
import { JobIdSchema, LevelSchema, ModeSchema, ResourceIdSchema } from './common.ts';

const SQL_TYPE_KINDS = [
  'boolean',
  'integer',
  'hugeint',
  'decimal',
  'double',
  'text',
  'date',
  'timestamp',
  'interval',
  'token',
  'null',
] as const;

export const BecauseSchema = z
  .object({ column: z.string(), level: LevelSchema })
  .openapi('Because', { description: 'a source column (or `table.*`) and the level that helped to set the mode' });

export const ResultColumnSchema = z
  .object({
    name: z.string(),
    type: z.enum(SQL_TYPE_KINDS),
    precision: z.int().optional().openapi({ description: 'decimal only' }),
    scale: z.int().optional().openapi({ description: 'decimal only' }),
    mode: ModeSchema,
    because: z.array(BecauseSchema),
    certainty: z.enum(['exact', 'stated', 'unknown']).optional().openapi({
      description:
        'modes `dp` and `homomorphic`: noise has no part in it; it has its `intervals`; or noise has a part in it and no interval is known, because it is no number, or for a function of noisy numbers that keeps none',
    }),
  })
  .openapi('ResultColumn');

export const CellSchema = z.union([z.null(), z.boolean(), z.number(), z.string()]).openapi('Cell', {
  description:
    'null: absent or withheld. Integers and decimals are numbers where a double holds them exactly (15 significant ' +
    'digits, integers to 2^53 − 1), else decimal text. Dates and timestamps are ISO text.',
});

export const VersionsSchema = z
  .object({
    tables: z.array(z.object({ resource: ResourceIdSchema, version: z.int().min(1) })),
    profile: z.string().openapi({ description: 'version of the policy profile' }),
    plan: z.string().openapi({ description: 'SHA-256 of the usage plan' }),
    query: z.string().openapi({ description: 'SHA-256 of the canonical query: equal for spellings of one query' }),
  })
  .openapi('ResultVersions');

export const CostSchema = z
  .object({
    rho: z.number().openapi({ description: 'zCDP: the most that is taken from any one kind of unit' }),
    epsilonAtDelta: z.number().openapi({ description: 'the same as ε at the profile’s δ' }),
    remaining: z
      .number()
      .nullable()
      .openapi({ description: 'the least ρ that is left to the caller; null where no privacy is at stake' }),
  })
  .openapi('Cost', { description: 'privacy loss; 0 in modes other than `dp` and for an answer that is given again' });

export const ResultSchema = z
  .object({
    job: JobIdSchema,
    mode: ModeSchema,
    columns: z.array(ResultColumnSchema),
    rows: z.array(z.array(CellSchema)).openapi({ description: 'each row in the order of `columns`' }),
    rowCount: z.int().min(0),
    intervals: z.record(z.string(), z.array(z.tuple([z.number(), z.number()]).nullable())).openapi({
      description:
        '95% interval per cell by column name, of what is computed from released numbers, too; null where nothing bounds the value, ' +
        'such as a quotient whose divisor may be zero; empty in modes that add no noise',
    }),
    suppressed: z
      .object({
        cells: z.int().min(0).openapi({ description: 'values shown as null because protection withheld them' }),
        groups: z.int().min(0).openapi({ description: 'groups left out whole' }),
        reasons: z.array(z.enum(['threshold', 'dominance', 'complementary', 'row-cap'])),
      })
      .openapi('Suppressed', { description: 'what was withheld, in kind: never which reason a single cell had' }),
    cost: CostSchema,
    versions: VersionsSchema,
    custody: z
      .array(z.object({ statement: z.string(), entry: z.string(), receipt: z.string() }).openapi('CustodyProof'))
      .optional()
      .openapi({
        description:
          'mode `homomorphic`: compact JWS in which the custodian says what it opened, with its noise; the entry of its own log, and the `.tlog-proof` of that',
      }),
    sealed: sealedAnswer.optional().openapi({
      description:
        'of a job with `sealFor`: a compact JWE that its key opens, of the statement that the custodian signed; and which of the statement’s numbers make which value',
    }),
    receipt: z
      .object({ index: z.int().min(0), href: z.string() })
      .openapi('ReceiptLink', { description: 'the log entry of this answer and where its proof is' }),
  })
  .openapi('Result', {
    example: {
      job: 'job_01JB',
      mode: 'aggregate',
      columns: [
        { name: 'div_code', type: 'text', mode: 'aggregate', because: [{ column: 'water.*', level: 'general-2' }] },
        { name: 'firms', type: 'integer', mode: 'aggregate', because: [{ column: 'water.*', level: 'general-2' }] },
      ],
      rows: [
        ['420704001', 31],
        ['420704002', null],
      ],
      rowCount: 2,
      intervals: {},
      suppressed: { cells: 1, groups: 3, reasons: ['threshold'] },
      cost: { rho: 0, epsilonAtDelta: 0, remaining: null },
      versions: {
        tables: [{ resource: 'water', version: 1 }],
        profile: 'ezhou-2026-1',
        plan: '0'.repeat(64),
        query: '0'.repeat(64),
      },
      receipt: { index: 41, href: '/v1/jobs/job_01JB/receipt' },
    },
  });
