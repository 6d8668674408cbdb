import { AppError, isInterface, type ProductMaterial } from '#policies';
import { sha256Hex } from '../canonical.ts';
import type { Db } from '../db.ts';
import { and, eq } from '../orm.ts';
import { notePurgeDue } from '../purge.ts';
import type { Product } from './products.ts';
import { productMaterials } from './tables.ts';

/** In the transaction that files the product. @param json canonical; its SHA-256 is the content's `madeSha256`. */
export function keepMaterial(
  tx: Db,
  { id, version, org }: Pick<Product, 'id' | 'version' | 'org'>,
  json: string,
): void {
  tx.orm
    .insert(productMaterials)
    .values({ product: id, version, org, json: Buffer.from(json) })
    .run();
}

/**
 * What is delivered of a version; null of an interface, and where it was removed.
 *
 * @throws AppError `CATALOGUE_CORRUPT` where it is not what the version was reviewed with.
 */
export function readMaterial(db: Db, { id, version, content }: Product): ProductMaterial | null {
  const row = db.orm
    .select({ json: productMaterials.json })
    .from(productMaterials)
    .where(and(eq(productMaterials.product, id), eq(productMaterials.version, version)))
    .get();
  if (row === undefined || isInterface(content)) return null;
  if (sha256Hex(row.json) !== content.madeSha256) {
    throw new AppError('CATALOGUE_CORRUPT', { table: 'product_materials', key: `${id}@${version}` });
  }
  // This software's own writing: the sealed content names its digest.
  return JSON.parse(row.json.toString('utf8')) as ProductMaterial;
}

/** So that its pages hold nothing of it. Copies outside their rows: see `Store.purge`. */
export function removeMaterial(tx: Db, { id, version }: Pick<Product, 'id' | 'version'>): void {
  notePurgeDue(tx);
  tx.client.pragma('secure_delete = ON');
  try {
    tx.orm
      .delete(productMaterials)
      .where(and(eq(productMaterials.product, id), eq(productMaterials.version, version)))
      .run();
  } finally {
    tx.client.pragma('secure_delete = OFF');
  }
}
