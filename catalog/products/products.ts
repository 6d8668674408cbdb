import { AppError, type InterfaceContent, type ProductContent, type ProductForm } from '#policies';
import { contentHash } from '../canonical.ts';
import type { Db } from '../db.ts';
import { and, asc, desc, eq, gt, or } from '../orm.ts';
import type { Page } from '../page.ts';
import { boundedLimit } from '../page.ts';
import { keepMaterial } from './product-materials.ts';
import { productDecisions, products } from './tables.ts';

export type ProductState = (typeof products.$inferSelect)['state'];

export interface ProductDecision {
  readonly role: 'bureau' | 'provider';
  readonly org: string;
  readonly by: string;
  readonly verdict: 'approve' | 'refuse';
  readonly comment: string;
  /** The product's hash as the reviewer had it before them. */
  readonly hash: string;
  readonly at: string;
}

/** One version of a product. What it says never changes: another content is another version, reviewed by itself. */
export interface Product {
  readonly id: string;
  readonly version: number;
  readonly form: ProductForm;
  readonly title: { readonly zh: string; readonly en: string };
  /** Under which its data may be used. */
  readonly plan: string;
  /** Who makes it: of the organisation, the person. */
  readonly org: string;
  readonly author: string;
  readonly content: ProductContent;
  /** SHA-256 of the canonical JSON of all that is reviewed, hex. */
  readonly hash: string;
  readonly state: ProductState;
  readonly decisions: readonly ProductDecision[];
  readonly submittedAt: string;
  readonly publishedBy: string | null;
  readonly publishedAt: string | null;
  readonly withdrawnBy: string | null;
  readonly withdrawnAt: string | null;
}

export type NewProduct = Pick<Product, 'id' | 'title' | 'plan' | 'org' | 'author' | 'content'>;
/** An interface: what asks about one subject, as it is stored. */
export type InterfaceProduct = Product & { readonly content: InterfaceContent };

/** What the hash stands for: all that leaves, and on what terms. */
export function productHash({ id, title, plan, org, author, content }: NewProduct): string {
  return contentHash({ id, title, plan, org, author, content });
}

function fromRow(db: Db, found: typeof products.$inferSelect): Product {
  const { titleZh, titleEn, content, ...row } = db.sealed('products', found);
  const decisions = db.orm
    .select()
    .from(productDecisions)
    .where(and(eq(productDecisions.product, row.id), eq(productDecisions.version, row.version)))
    .orderBy(asc(productDecisions.at), asc(productDecisions.org))
    .all();
  return {
    ...row,
    title: { zh: titleZh, en: titleEn },
    // This software's own writing: the row has its seal.
    content: JSON.parse(content) as ProductContent,
    decisions: decisions.map((one) => toDecision(db.sealed('product_decisions', one))),
  };
}

function toDecision({ product: _, version: _v, ...decision }: typeof productDecisions.$inferSelect): ProductDecision {
  return decision;
}

/**
 * The next version of a product, to be reviewed. Those before stay as they are.
 *
 * @param material canonical JSON of what is delivered, where the content names its digest.
 * @throws AppError `PRODUCT_STATE` where the id is another organisation's, or a version of it is under review.
 */
export function submitProduct(tx: Db, product: NewProduct, material: string | null = null): Product {
  const latest = latestVersion(tx, product.id);
  if (latest !== null && latest.org !== product.org) {
    throw new AppError('PRODUCT_STATE', { id: product.id, state: 'taken', accepted: 'another id' });
  }
  if (latest?.state === 'submitted') {
    throw new AppError('PRODUCT_STATE', { id: product.id, state: 'submitted', accepted: 'a decision on it first' });
  }
  const version = (latest?.version ?? 0) + 1;
  const { id, title, plan, org, author, content } = product;
  tx.orm
    .insert(products)
    .values({
      ...{ id, version, plan, org, author, form: content.form },
      titleZh: title.zh,
      titleEn: title.en,
      content: JSON.stringify(content),
      hash: productHash(product),
      state: 'submitted',
      submittedAt: tx.now(),
    })
    .run();
  if (material !== null) keepMaterial(tx, { id, version, org }, material);
  return getProduct(tx, id, version);
}

function latestVersion(db: Db, id: string): Product | null {
  const row = db.orm.select().from(products).where(eq(products.id, id)).orderBy(desc(products.version)).limit(1).get();
  return row === undefined ? null : fromRow(db, row);
}

/** @throws AppError `PRODUCT_NOT_FOUND`. */
export function getProduct(db: Db, id: string, version: number): Product {
  const row = db.orm
    .select()
    .from(products)
    .where(and(eq(products.id, id), eq(products.version, version)))
    .get();
  if (row === undefined) throw new AppError('PRODUCT_NOT_FOUND', { id });
  return fromRow(db, row);
}

/** The version that is out; null where none is. */
export function findPublished(db: Db, id: string): Product | null {
  const row = db.orm
    .select()
    .from(products)
    .where(and(eq(products.id, id), eq(products.state, 'published')))
    .get();
  return row === undefined ? null : fromRow(db, row);
}

export interface ProductFilters extends Omit<Page, 'after'> {
  /** The last version that the reader has. */
  readonly after?: Pick<Product, 'id' | 'version'> | undefined;
  readonly org?: string | undefined;
  readonly state?: ProductState | undefined;
}

/** By id, each with its versions in order. */
export function listProducts(db: Db, { org, state, after, limit }: ProductFilters = {}): readonly Product[] {
  const where = and(
    after === undefined
      ? undefined
      : or(gt(products.id, after.id), and(eq(products.id, after.id), gt(products.version, after.version))),
    org === undefined ? undefined : eq(products.org, org),
    state === undefined ? undefined : eq(products.state, state),
  );
  const query = db.orm.select().from(products).where(where).orderBy(asc(products.id), asc(products.version));
  return query
    .limit(boundedLimit(limit))
    .all()
    .map((row) => fromRow(db, row));
}
