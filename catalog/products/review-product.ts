import { AppError, isInterface, resourcesOfInterface } from '#policies';
import type { Db } from '../db.ts';
import { findOrganisation } from '../organisations.ts';
import { and, eq } from '../orm.ts';
import { providersOfPlan } from '../plans.ts';
import { readMaterial, removeMaterial } from './product-materials.ts';
import { getProduct, type Product, type ProductDecision, type ProductState, productHash } from './products.ts';
import { productDecisions, products } from './tables.ts';

export type NewProductDecision = Omit<ProductDecision, 'at'>;

/**
 * Who reviews a product: the bureau (合规性审查, T11), and for an interface, which answers about one subject, every provider whose
 * table it reads.
 */
export function providersAsked(db: Db, product: Product): ReadonlySet<string> {
  if (!isInterface(product.content)) return new Set();
  const read = resourcesOfInterface(product.content);
  return new Set(
    [...providersOfPlan(db, product.plan)].flatMap(([resource, org]) => (read.has(resource) ? [org] : [])),
  );
}

/**
 * Records a reviewer's verdict. A refusal refuses; a product is approved once everybody who is asked has approved.
 *
 * @throws AppError `PRODUCT_NOT_FOUND`; `PRODUCT_STATE` when it is not under review, was decided by this organisation, or has
 *   another hash than the reviewer read; `POLICY_ACCESS_DENIED` for the author, their organisation, and who is not asked.
 */
export function decideProduct(tx: Db, id: string, version: number, decision: NewProductDecision): Product {
  const product = getProduct(tx, id, version);
  const providers = providersAsked(tx, product);
  checkReviewer(tx, product, providers, decision);
  need(product, product.state === 'submitted', ['submitted']);
  const isNew = !product.decisions.some(({ role, org }) => role === decision.role && org === decision.org);
  need(product, isNew, ['one decision of each reviewer']);
  need(product, decision.hash === product.hash, [`the hash ${product.hash}`]);
  tx.orm
    .insert(productDecisions)
    .values({ product: id, version, ...decision, at: tx.now() })
    .run();
  const { decisions } = getProduct(tx, id, version);
  const state = stateAfter(decisions, providers);
  setState(tx, product, state);
  if (state === 'refused') removeMaterial(tx, product);
  return getProduct(tx, id, version);
}

function checkReviewer(
  db: Db,
  product: Product,
  providers: ReadonlySet<string>,
  { role, org, by }: NewProductDecision,
): void {
  const isOwn = org === product.org || by === product.author;
  const kind = findOrganisation(db, org)?.kind;
  const isAsked = role === 'bureau' ? kind === 'bureau' : kind === 'provider' && providers.has(org);
  if (isOwn || !isAsked) throw new AppError('POLICY_ACCESS_DENIED', { action: 'product:decide' });
}

function stateAfter(decisions: readonly ProductDecision[], providers: ReadonlySet<string>): ProductState {
  if (decisions.some(({ verdict }) => verdict === 'refuse')) return 'refused';
  const approving = new Set(decisions.map(({ role, org }) => (role === 'bureau' ? role : org)));
  return approving.has('bureau') && [...providers].every((org) => approving.has(org)) ? 'approved' : 'submitted';
}

/**
 * Lets out what was reviewed, in the place of the version before. INVARIANT: hash released = hash reviewed, of all that is released,
 * made anew from what is stored.
 *
 * @throws AppError `PRODUCT_NOT_FOUND`; `PRODUCT_STATE` where it is not approved, or is not what was approved; `CATALOGUE_CORRUPT` where
 *   its material is not what its content names.
 */
export function publishProduct(tx: Db, id: string, version: number, by: string): Product {
  const product = getProduct(tx, id, version);
  need(product, product.state === 'approved', ['approved']);
  const isReviewed = product.decisions.every(({ hash }) => hash === productHash(product));
  need(product, isReviewed && product.hash === productHash(product), ['what was reviewed']);
  need(product, isInterface(product.content) || readMaterial(tx, product) !== null, ['what was reviewed']);
  tx.orm
    .update(products)
    .set({ state: 'superseded' })
    .where(and(eq(products.id, id), eq(products.state, 'published')))
    .run();
  tx.orm
    .update(products)
    .set({ state: 'published', publishedBy: by, publishedAt: tx.now() })
    .where(and(eq(products.id, id), eq(products.version, version)))
    .run();
  return getProduct(tx, id, version);
}

/** Ends a version for good, and removes its material. @throws AppError `PRODUCT_NOT_FOUND`, `PRODUCT_STATE`. */
export function withdrawProduct(tx: Db, id: string, version: number, by: string): Product {
  const product = getProduct(tx, id, version);
  const accepted: readonly ProductState[] = ['submitted', 'approved', 'published'];
  need(product, accepted.includes(product.state), accepted);
  tx.orm
    .update(products)
    .set({ state: 'withdrawn', withdrawnBy: by, withdrawnAt: tx.now() })
    .where(and(eq(products.id, id), eq(products.version, version)))
    .run();
  removeMaterial(tx, product);
  return getProduct(tx, id, version);
}

function setState(tx: Db, { id, version }: Product, state: ProductState): void {
  tx.orm
    .update(products)
    .set({ state })
    .where(and(eq(products.id, id), eq(products.version, version)))
    .run();
}

function need({ id, state }: Product, condition: boolean, accepted: readonly string[]): void {
  if (!condition) throw new AppError('PRODUCT_STATE', { id, state, accepted });
}
