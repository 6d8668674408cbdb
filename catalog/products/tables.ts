import { PRODUCT_FORMS } from '#policies';
import { blob, integer, primaryKey, sqliteTable, text } from '../orm.ts';

/** Products, version by version, and their reviews. */

export const products = sqliteTable(
  'products',
  {
    id: text('id').notNull(),
    version: integer('version').notNull(),
    form: text('form', { enum: PRODUCT_FORMS }).notNull(),
    titleZh: text('title_zh').notNull(),
    titleEn: text('title_en').notNull(),
    plan: text('plan').notNull(),
    org: text('org').notNull(),
    author: text('author').notNull(),
    content: text('content').notNull(),
    hash: text('hash').notNull(),
    state: text('state', {
      enum: ['submitted', 'approved', 'refused', 'published', 'superseded', 'withdrawn'],
    }).notNull(),
    submittedAt: text('submitted_at').notNull(),
    publishedBy: text('published_by'),
    publishedAt: text('published_at'),
    withdrawnBy: text('withdrawn_by'),
    withdrawnAt: text('withdrawn_at'),
  },
  (table) => [primaryKey({ columns: [table.id, table.version] })],
);

export const productDecisions = sqliteTable(
  'product_decisions',
  {
    product: text('product').notNull(),
    version: integer('version').notNull(),
    role: text('role', { enum: ['bureau', 'provider'] }).notNull(),
    org: text('org').notNull(),
    by: text('by').notNull(),
    verdict: text('verdict', { enum: ['approve', 'refuse'] }).notNull(),
    comment: text('comment').notNull(),
    hash: text('hash').notNull(),
    at: text('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.product, table.version, table.role, table.org] })],
);

export const productMaterials = sqliteTable(
  'product_materials',
  {
    product: text('product').notNull(),
    version: integer('version').notNull(),
    org: text('org').notNull(),
    json: blob('json', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.product, table.version] })],
);
