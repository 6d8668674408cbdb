import { z } from '@hono/zod-openapi';
import { COMPARISONS, FEATURE_AGGREGATES, PRODUCT_FORMS } from '#policies';
import {
  freeText,
  InstantSchema,
  LimitSchema,
  OrgIdSchema,
  oneLine,
  PlanIdSchema,
  pageOf,
  ResourceIdSchema,
  TitleSchema,
} from './common.ts';

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

const ContentSchema = InterfaceSchema;

export const ProductRequestSchema = z
  .strictObject({ id: ProductIdSchema, title: TitleSchema, plan: PlanIdSchema, content: ContentSchema })
  .openapi('ProductRequest');

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
