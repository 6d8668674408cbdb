import { z } from '@hono/zod-openapi';
import {
  CIPHER_SCHEMES,
  COLUMN_ROLES,
  COLUMN_TYPES,
  DEFAULT_CIPHER,
  IDENTIFIER_KINDS,
  PLAN_CLASSES,
  UNIT_KINDS,
} from '#policies';
import {
  InstantSchema,
  LevelSchema,
  LimitSchema,
  OrgIdSchema,
  oneLine,
  pageOf,
  ResourceIdSchema,
  TitleSchema,
} from './common.ts';
import { RejectedRowSchema } from './problem.ts';

export const RESOURCE_STATES = ['draft', 'listed', 'withdrawn'] as const;
export const VERSION_STATES = ['writing', 'current', 'superseded', 'destroyed'] as const;
const COLUMNS_MAX = 500;
const VALUES_MAX = 100_000;
const BINS_MAX = 1_000;

const BoundsSchema = z.strictObject({ min: z.number(), max: z.number() }).openapi('Bounds');

const ColumnEncryptionSchema = z
  .strictObject({
    scheme: z.enum(CIPHER_SCHEMES).default(DEFAULT_CIPHER),
    key: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,128}$/)
      .openapi({ description: 'id of the custodian’s key' }),
    signer: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .openapi({
        description: 'RFC 7638 thumbprint of the provider’s Ed25519 key, which signs uploads; one per table',
      }),
    squares: z.literal(true).optional().openapi({ description: 'squares are kept too: variances can be asked' }),
  })
  .openapi('ColumnEncryption');

export const ColumnSchemaSchema = z
  .strictObject({
    name: ResourceIdSchema.openapi({ description: 'lower-case identifier, as SQL uses it' }),
    title: TitleSchema,
    type: z.enum(COLUMN_TYPES),
    level: LevelSchema,
    role: z.enum(COLUMN_ROLES).openapi({
      description: 'identifier: never output, never compared with a literal. dimension: a declared public list',
    }),
    unit: z.enum(UNIT_KINDS).optional().openapi({ description: 'identifiers only: a row belongs to this unit' }),
    rowsPerUnitMax: z.int().min(1).max(1_000_000).optional().openapi({
      description: 'unit columns only: most rows of one unit, for mode `dp`; a version with a unit of more is rejected',
    }),
    domain: z
      .string()
      .regex(/^[a-z][a-z0-9_.]{0,126}$/)
      .optional()
      .openapi({ description: 'identifiers only: columns of one domain may be joined' }),
    scale: z
      .int()
      .min(0)
      .max(9)
      .optional()
      .openapi({ description: 'decimal only: digits after the point; 2 if absent' }),
    bounds: BoundsSchema.optional().openapi({ description: 'numbers only, inclusive: a row outside is rejected' }),
    values: z.array(oneLine(200)).min(1).max(VALUES_MAX).optional().openapi({
      description: 'dimensions: the complete public list; a row outside is rejected',
    }),
    bins: z
      .array(z.union([z.number(), z.iso.date()]))
      .min(1)
      .max(BINS_MAX)
      .optional()
      .openapi({
        description:
          'quasi-identifiers that are numbers or dates: the ascending cut points at which it may be compared',
      }),
    nullable: z.boolean().optional().openapi({ description: 'true if absent' }),
    lengthMax: z.int().min(1).max(1_000_000).optional().openapi({ description: 'text only; 4,000 if absent' }),
    measure: oneLine(40).optional().openapi({ description: 'unit of measure', example: 'kWh' }),
    health: z.boolean().optional().openapi({ description: 'a health column raises the threshold' }),
    encryption: ColumnEncryptionSchema.optional().openapi({
      description:
        'level `important` only, and required there: only ciphertext is uploaded (`sluice encrypt`). A measure with bounds, not nullable',
    }),
  })
  .openapi('ColumnSchema');

/** The stored declaration: what `policies` calls a TableSchema. */
const TABLE_FIELDS = {
  table: ResourceIdSchema.openapi({ description: 'the name that SQL uses, unique in the catalogue' }),
  columns: z.array(ColumnSchemaSchema).min(1).max(COLUMNS_MAX),
};
export const TableSchemaSchema = z.object({ ...TABLE_FIELDS, level: LevelSchema }).openapi('TableSchema');
export const TableDeclarationSchema = z
  .strictObject({
    ...TABLE_FIELDS,
    level: LevelSchema.optional().openapi({
      description: 'of a row’s mere existence; if absent general-2 where a column names a privacy unit, else general-1',
    }),
  })
  .openapi('TableDeclaration');

export const TermsSchema = z
  .strictObject({
    classes: z.array(z.enum(PLAN_CLASSES)).min(1).max(PLAN_CLASSES.length).openapi({
      description: 'classes of plans that may use the table',
    }),
    service: z.enum(['analysis', 'verify']).openapi({
      description: '`verify`: only yes or no about one consenting subject; no query reads the table',
    }),
  })
  .openapi('EntryTerms', { description: '使用条件, as they are enforced' });

export const ResourceRequestSchema = z
  .strictObject({
    entry: z
      .strictObject({ no: z.int().min(1).max(9_999).nullable(), title: TitleSchema })
      .optional()
      .openapi({ description: 'the catalogue entry that the table belongs to; the table’s own title if absent' }),
    title: TitleSchema,
    frequency: oneLine(100).openapi({ description: '更新频率', example: 'monthly' }),
    conditions: oneLine(2_000).openapi({ description: '使用条件', example: '仅限批准的使用方案' }),
    terms: TermsSchema.optional().openapi({ description: 'analysis under plans of every class if absent' }),
    format: oneLine(100).optional().openapi({ description: '数据格式; `csv` if absent', example: 'csv' }),
    schema: TableDeclarationSchema,
  })
  .openapi('ResourceRequest', {
    example: {
      title: { zh: '企业用水', en: 'enterprise water' },
      frequency: 'two-monthly',
      conditions: '仅限批准的使用方案',
      schema: {
        table: 'water',
        columns: [
          {
            name: 'uscc',
            title: { zh: '统一社会信用代码', en: 'credit code' },
            type: 'text',
            level: 'general-2',
            role: 'identifier',
            unit: 'enterprise',
          },
          {
            name: 'm3_used',
            title: { zh: '用水量', en: 'water used' },
            type: 'decimal',
            level: 'general-2',
            role: 'measure',
            bounds: { min: 0, max: 1_000_000 },
            measure: 'm3',
          },
        ],
      },
    },
  });

export const ResourceSchema = z
  .object({
    id: ResourceIdSchema,
    entry: z.object({ no: z.int().nullable(), title: TitleSchema }),
    title: TitleSchema,
    provider: OrgIdSchema,
    frequency: z.string(),
    conditions: z.string(),
    terms: TermsSchema,
    format: z.string(),
    state: z.enum(RESOURCE_STATES).openapi({ description: 'only a listed resource can be used by a plan' }),
    schema: TableSchemaSchema,
    schemaHash: z.string(),
    currentVersion: z.int().min(1).nullable(),
    createdAt: InstantSchema,
  })
  .openapi('Resource');
export const ResourcePageSchema = pageOf(ResourceSchema).openapi('ResourcePage');
export const ResourceListQuerySchema = z.strictObject({
  provider: OrgIdSchema.optional(),
  state: z.enum(RESOURCE_STATES).optional(),
  after: ResourceIdSchema.optional(),
  limit: LimitSchema,
});
export const ResourceParamsSchema = z.object({ id: ResourceIdSchema.openapi({ example: 'water' }) });

/** JSON-LD is open by nature: the members that are always there. */
export const DcatSchema = z
  .looseObject({ '@context': z.unknown(), '@id': z.string(), '@type': z.string() })
  .openapi('DcatDocument', { description: 'DCAT-3 as JSON-LD: a dcat:Catalog, or a dcat:Dataset' });

const COLUMN_QUALITY = {
  name: ResourceIdSchema,
  nullShare: z.number().min(0).max(1).openapi({ description: 'rounded to hundredths' }),
  nulls: z.int().min(0).nullable().openapi({ description: 'for the provider alone' }),
  min: z
    .string()
    .nullable()
    .openapi({ description: 'least value; in the answer to the upload alone, and kept nowhere' }),
  max: z.string().nullable(),
};
const QualitySchema = z
  .object({
    duplicateShare: z
      .number()
      .min(0)
      .max(1)
      .openapi({ description: 'of rows equal to an earlier one, rounded to hundredths' }),
    duplicateRows: z.int().min(0).nullable().openapi({ description: 'for the provider alone' }),
    columns: z.array(z.object(COLUMN_QUALITY)),
    findings: z
      .array(
        z.object({
          column: ResourceIdSchema,
          kind: z.enum(IDENTIFIER_KINDS),
          share: z.number().min(0).max(1),
          verdict: z.enum(['declared', 'partly', 'under-declared', 'excused']),
          levelMin: LevelSchema,
        }),
      )
      .openapi({
        description:
          'columns whose distinct values look like identifiers: declared so, `partly` where only some do, or `excused` where the bureau has ' +
          'confirmed that they are none; `share` of a sample of them',
      }),
  })
  .openapi('QualityReport');

export const IngestReportSchema = z
  .object({
    rows: z.int().min(0).openapi({ description: 'of the whole version' }),
    appended: z
      .object({ base: z.int().min(1), rows: z.int().min(0) })
      .nullable()
      .default(null)
      .openapi({ description: 'rows that were added, and to which version; null where the file was the whole table' }),
    rejectedRows: z.int().min(0),
    rejected: z
      .array(RejectedRowSchema)
      .openapi({ description: 'the first 1,000 rejected rows, without their values' }),
    bytes: z.int().min(0),
    encoding: z.string().nullable(),
    rowsPerUnitMax: z.partialRecord(z.enum(UNIT_KINDS), z.int()),
    contentSha256: z.string(),
    quality: QualitySchema.nullable().openapi({ description: 'null for versions of older software' }),
  })
  .openapi('IngestReport');

export const ResourceVersionSchema = z
  .object({
    resource: ResourceIdSchema,
    version: z.int().min(1),
    state: z.enum(VERSION_STATES),
    rows: z.int().min(0).nullable().openapi({
      description:
        'null while written, when abandoned, and for those who may not see the report: a count is a statistic',
    }),
    bytes: z.int().min(0).nullable(),
    contentSha256: z.string().nullable(),
    createdAt: InstantSchema,
    updateDueAt: InstantSchema.nullable().openapi({
      description:
        'of the current version: when the declared frequency asks for the next; null where it is in no known words',
    }),
    isStale: z.boolean().openapi({ description: 'the current version, and its update is due' }),
    report: IngestReportSchema.nullable().openapi({ description: 'for the provider and the data bureau; else null' }),
  })
  .openapi('ResourceVersion');
export const VersionListSchema = z.object({ items: z.array(ResourceVersionSchema) }).openapi('ResourceVersionList');

export const RetentionSchema = z
  .strictObject({
    versionsMax: z
      .int()
      .min(1)
      .max(10_000)
      .openapi({ description: 'newest versions that are kept, the current one among them' }),
    daysMax: z
      .int()
      .min(0)
      .max(36_500)
      .nullable()
      .openapi({ description: 'days after a version was replaced; null: no such bound' }),
  })
  .openapi('Retention', { example: { versionsMax: 8, daysMax: 90 } });

export const UploadQuerySchema = z.strictObject({
  rejectShareMax: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,30})?([eE][+-]?\d{1,3})?$/)
    .transform(Number)
    .pipe(z.number().min(0).max(1))
    .optional()
    .transform((share) => share ?? 0.5)
    .openapi({
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'the upload fails, and leaves nothing, when a larger share of rows is rejected',
    }),
});
export const AppendQuerySchema = UploadQuerySchema.extend({
  mode: z.literal('append').openapi({ description: 'a file that replaces the table goes by PUT' }),
  base: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number)
    .optional()
    .openapi({
      type: 'integer',
      description:
        'the version that the rows are added to: refused where the current one is another, so that a request can be repeated safely',
    }),
});
export const UploadHeadersSchema = z.object({
  'Content-Digest': z.string().max(1_000).optional().openapi({
    description: 'RFC 9530; `sha-256` is checked before the version becomes visible',
    example: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
  }),
  'Sluice-Manifest': z.string().max(4_000).optional().openapi({
    description:
      'tables with encrypted columns: the provider’s signature over them, as `sluice encrypt` wrote it (compact JWS)',
  }),
});
