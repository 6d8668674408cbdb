import { z } from '@hono/zod-openapi';
import { COMPARISONS, FEATURE_AGGREGATES, NUMBER_OPERATIONS, PRODUCT_FORMS } from '#policies';
import {
  freeText,
  InstantSchema,
  JobIdSchema,
  LimitSchema,
  OrgIdSchema,
  oneLine,
  PlanIdSchema,
  pageOf,
  ResourceIdSchema,
  TitleSchema,
} from './common.ts';
import { CellSchema } from './result.ts';

export const ProductIdSchema = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/);
const CodeSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/);
const ComparisonSchema = z.enum(COMPARISONS);

const ValueSchema = z.union([
  z.string().max(200),
  z.number(),
  z.boolean(),
  z.strictObject({ daysBack: z.int().min(0) }).openapi({ description: 'of a date: so many days before today' }),
  z
    .strictObject({ monthsBack: z.int().min(0) })
    .openapi({ description: 'of a month as text: so many before this one' }),
]);

const FeatureSchema = z
  .strictObject({
    code: CodeSchema,
    title: TitleSchema,
    resource: ResourceIdSchema,
    key: ResourceIdSchema.openapi({ description: 'the identifier by which rows are the subject’s' }),
    aggregate: z.enum(FEATURE_AGGREGATES),
    column: ResourceIdSchema.nullable().openapi({ description: 'null of `count`' }),
    where: z.array(z.strictObject({ column: ResourceIdSchema, op: ComparisonSchema, value: ValueSchema })).max(8),
  })
  .openapi('LookupFeature', { description: 'one number about the subject: an aggregate over its rows of a table' });

const VerificationSchema = z
  .strictObject({
    mode: z.literal('verify'),
    holds: z.array(z.strictObject({ feature: CodeSchema, op: ComparisonSchema, value: z.number() })).min(1),
  })
  .openapi('Verification', { description: 'yes where every comparison holds' });

const ScaleSchema = z
  .strictObject({
    mode: z.literal('band'),
    points: z.array(
      z.strictObject({
        feature: CodeSchema,
        steps: z
          .array(z.strictObject({ from: z.number().nullable(), points: z.int().min(-10_000).max(10_000) }))
          .min(1),
        none: z.int().min(-10_000).max(10_000),
      }),
    ),
    bands: z.array(z.strictObject({ label: CodeSchema, from: z.number().nullable() })),
    reasonsMax: z.int().min(0),
  })
  .openapi('Scale', { description: 'a scorecard: points of features, and bands of their sum' });

const InterfaceSchema = z
  .strictObject({
    form: z.literal('interface'),
    subject: z.strictObject({
      resource: ResourceIdSchema,
      key: ResourceIdSchema,
      also: z.array(ResourceIdSchema).max(4),
      consentBy: z.array(ResourceIdSchema).min(1).max(4),
    }),
    features: z.array(FeatureSchema).min(1).max(40),
    answer: z.discriminatedUnion('mode', [VerificationSchema, ScaleSchema]),
    limits: z.strictObject({
      perSubject: z.strictObject({ times: z.int().min(1).max(1_000), period: z.enum(['day', 'month']) }),
      perDay: z.int().min(1).max(1_000_000),
    }),
  })
  .openapi('DataInterface', { description: 'a question about one consenting subject, registered in advance' });

const ColumnNameSchema = oneLine(200);
const DatasetSchema = z
  .strictObject({
    form: z.literal('dataset'),
    columns: z.array(z.strictObject({ name: ColumnNameSchema, title: TitleSchema })).max(50),
    keys: z.array(ColumnNameSchema).max(4).openapi({ description: 'columns that tell rows apart' }),
  })
  .openapi('Dataset', { description: 'rows of one source; no column may hold identifiers' });

const ModelSchema = z
  .strictObject({
    form: z.literal('model'),
    target: ColumnNameSchema,
    features: z.array(ColumnNameSchema).max(8),
    support: ColumnNameSchema.openapi({ description: 'the column with the number of units behind a row' }),
  })
  .openapi('DataModel', { description: 'a linear model of one source’s groups, which the gateway fits' });

const ReportSchema = z
  .strictObject({
    form: z.literal('report'),
    text: z.strictObject({ zh: freeText(20_000), en: freeText(20_000) }),
    numbers: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
          of: z.enum(NUMBER_OPERATIONS),
          cells: z
            .array(
              z.strictObject({
                source: z.int().min(0),
                column: ColumnNameSchema,
                where: z.record(z.string(), z.string()).openapi({ description: 'cells of the one row that is meant' }),
              }),
            )
            .max(100),
          decimals: z.int().min(0).max(6),
        }),
      )
      .max(500),
    said: z
      .array(z.strictObject({ text: oneLine(100), why: oneLine(200) }))
      .max(50)
      .openapi({ description: 'phrases with a number that is no finding, each with the reason' }),
  })
  .openapi('DataReport', {
    description: 'text with `{{name}}` wherever a number stands; the gateway writes the numbers',
  });

const IndexSchema = z
  .strictObject({
    form: z.literal('index'),
    keys: z.array(ColumnNameSchema).max(4).openapi({ description: 'columns that every source has: what is rated' }),
    features: z
      .array(z.strictObject({ code: CodeSchema, title: TitleSchema, source: z.int().min(0), column: ColumnNameSchema }))
      .max(40),
    scale: ScaleSchema,
  })
  .openapi('EvaluationIndex', {
    description: 'points of features by a registered formula; the band alone is delivered',
  });

const SourceNamedSchema = z
  .union([z.strictObject({ job: JobIdSchema }), z.strictObject({ product: ProductIdSchema, version: z.int().min(1) })])
  .openapi('SourceNamed', {
    description: 'an answer of one’s own under the plan, or a published version of a product',
  });
const SourceSchema = z
  .union([
    z.object({
      kind: z.literal('answer'),
      job: z.string(),
      sha256: z.string(),
      tables: z.array(z.object({ resource: z.string(), version: z.int() })),
    }),
    z.object({ kind: z.literal('product'), id: z.string(), version: z.int(), hash: z.string() }),
  ])
  .openapi('ProductSource');

const sources = { sources: z.array(SourceNamedSchema).min(1).max(8) };
const FiledContentSchema = z.discriminatedUnion('form', [
  InterfaceSchema,
  DatasetSchema.extend(sources).openapi('FiledDataset'),
  ModelSchema.extend(sources).openapi('FiledModel'),
  ReportSchema.extend(sources).openapi('FiledReport'),
  IndexSchema.extend(sources).openapi('FiledIndex'),
]);
const made = {
  sources: z.array(SourceSchema),
  madeSha256: z.string().openapi({ description: 'SHA-256 of what is delivered: canonical JSON (RFC 8785)' }),
};
const ContentSchema = z.discriminatedUnion('form', [
  InterfaceSchema,
  DatasetSchema.extend(made).openapi('MadeDataset'),
  ModelSchema.extend(made).openapi('MadeModel'),
  ReportSchema.extend(made).openapi('MadeReport'),
  IndexSchema.extend(made).openapi('MadeIndex'),
]);

export const ProductRequestSchema = z
  .strictObject({ id: ProductIdSchema, title: TitleSchema, plan: PlanIdSchema, content: FiledContentSchema })
  .openapi('ProductRequest');

export const MaterialSchema = z
  .discriminatedUnion('kind', [
    z
      .object({
        kind: z.literal('table'),
        columns: z.array(z.object({ name: z.string(), title: TitleSchema, isNumber: z.boolean() })),
        rows: z.array(z.array(CellSchema)),
        suppressed: z.object({
          cells: z.int(),
          groups: z.int(),
          reasons: z.array(z.enum(['threshold', 'dominance', 'complementary', 'row-cap'])),
        }),
      })
      .openapi('MaterialTable'),
    z
      .object({
        kind: z.literal('model'),
        target: z.string(),
        intercept: z.number(),
        coefficients: z.array(z.object({ term: z.string(), value: z.number() })),
        rSquared: z.number(),
        groups: z.int(),
        groupsLeftOut: z.int(),
        units: z.number(),
      })
      .openapi('MaterialModel'),
    z
      .object({
        kind: z.literal('report'),
        text: z.object({ zh: z.string(), en: z.string() }),
        numbers: z.array(z.object({ name: z.string(), text: z.string() })),
      })
      .openapi('MaterialReport'),
  ])
  .openapi('ProductMaterial');

export const LineageSchema = z
  .object({
    nodes: z.array(
      z.object({
        kind: z.enum(['product', 'answer', 'table']),
        id: z.string().openapi({ description: '`product@version`, a job’s id, `table@version`' }),
        sha256: z.string().nullable(),
      }),
    ),
    edges: z
      .array(z.object({ from: z.int(), to: z.int() }))
      .openapi({ description: 'places in `nodes`: `from` is made of `to`' }),
    usedBy: z.array(z.string()).openapi({ description: 'versions of products that are made of this one' }),
  })
  .openapi('ProductLineage');

export const ProductSchema = z
  .object({
    id: ProductIdSchema,
    version: z.int(),
    form: z.enum(PRODUCT_FORMS),
    title: TitleSchema,
    plan: z.string(),
    org: z.string(),
    author: z.string(),
    content: ContentSchema,
    hash: z.string().openapi({ description: 'SHA-256 of all that is reviewed; what is released has the same' }),
    state: z.enum(['submitted', 'approved', 'refused', 'published', 'superseded', 'withdrawn']),
    decisions: z.array(
      z.object({
        role: z.enum(['bureau', 'provider']),
        org: z.string(),
        by: z.string(),
        verdict: z.enum(['approve', 'refuse']),
        comment: z.string(),
        hash: z.string(),
        at: InstantSchema,
      }),
    ),
    submittedAt: InstantSchema,
    publishedBy: z.string().nullable(),
    publishedAt: InstantSchema.nullable(),
    withdrawnBy: z.string().nullable(),
    withdrawnAt: InstantSchema.nullable(),
  })
  .openapi('Product');
export const ProductPageSchema = pageOf(ProductSchema).openapi('ProductPage');

export const ProductParamsSchema = z.object({
  id: ProductIdSchema.openapi({ example: 'vehicle-pledged' }),
  version: z
    .string()
    .regex(/^[1-9]\d{0,5}$/)
    .transform(Number)
    .openapi({ type: 'integer', minimum: 1 }),
});
export const ProductListQuerySchema = z.strictObject({
  org: OrgIdSchema.optional(),
  after: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}@[1-9]\d{0,5}$/)
    .optional()
    .openapi({ example: 'vehicle-pledged@1', description: 'the `next` of the page before' }),
  limit: LimitSchema,
});
export const ProductDecisionRequestSchema = z
  .strictObject({
    verdict: z.enum(['approve', 'refuse']),
    comment: freeText(2_000).optional(),
    hash: oneLine(64).openapi({ description: 'of the product as it was read' }),
  })
  .openapi('ProductDecisionRequest');
