import { isInterface, resourcesOfInterface } from '#policies';
import type { Db } from '../db.ts';
import { sql } from '../orm.ts';
import { getProduct, type Product } from './products.ts';

/** A thing that products are made of, or are: `id` is `product@version`, a job's id, or `table@version` (`table` where any version is read). */
export interface LineageNode {
  readonly kind: 'product' | 'answer' | 'table';
  readonly id: string;
  /** Of a product its hash, of an answer the digest that the log has; null of a table. */
  readonly sha256: string | null;
}

/** A graph from a version down to the tables, and those that are made of it. */
export interface Lineage {
  readonly nodes: readonly LineageNode[];
  /** `from` is made of `to`: places in `nodes`. */
  readonly edges: readonly { readonly from: number; readonly to: number }[];
  /** Versions of products that are made of this one, `product@version`. */
  readonly usedBy: readonly string[];
}

/** @throws AppError `PRODUCT_NOT_FOUND`, `CATALOGUE_CORRUPT`. */
export function lineageOfProduct(db: Db, id: string, version: number): Lineage {
  const nodes: LineageNode[] = [];
  const edges: { from: number; to: number }[] = [];
  const places = new Map<string, number>();
  function visit(node: LineageNode, next: () => readonly (() => number)[]): number {
    const name = `${node.kind} ${node.id}`;
    const known = places.get(name);
    if (known !== undefined) return known;
    const place = nodes.push(node) - 1;
    places.set(name, place);
    for (const below of next()) edges.push({ from: place, to: below() });
    return place;
  }
  const table = (name: string) => () => visit({ kind: 'table', id: name, sha256: null }, () => []);
  const product = (of: Product): number =>
    visit({ kind: 'product', id: nameOf(of), sha256: of.hash }, () => {
      if (isInterface(of.content)) return [...resourcesOfInterface(of.content)].map(table);
      return of.content.sources.map((source) =>
        source.kind === 'product'
          ? () => product(getProduct(db, source.id, source.version))
          : () =>
              visit({ kind: 'answer', id: source.job, sha256: source.sha256 }, () =>
                source.tables.map((one) => table(`${one.resource}@${one.version}`)),
              ),
      );
    });
  product(getProduct(db, id, version));
  return { nodes, edges, usedBy: madeOf(db, id, version) };
}

const nameOf = ({ id, version }: Pick<Product, 'id' | 'version'>): string => `${id}@${version}`;

function madeOf(db: Db, id: string, version: number): readonly string[] {
  const rows = db.orm.all<{ id: string; version: number }>(
    sql`SELECT DISTINCT p.id, p.version FROM products p, json_each(p.content, '$.sources') s
        WHERE s.value ->> 'kind' = 'product' AND s.value ->> 'id' = ${id} AND s.value ->> 'version' = ${version}
        ORDER BY p.id, p.version`,
  );
  return rows.map(nameOf);
}

/** The tables behind a version, over all that it is made of: what a freeze of a table stops. */
export function tablesBehind(db: Db, { id, version }: Pick<Product, 'id' | 'version'>): readonly string[] {
  const { nodes } = lineageOfProduct(db, id, version);
  const tables = nodes.filter(({ kind }) => kind === 'table').map((node) => node.id.split('@')[0] ?? node.id);
  return [...new Set(tables)];
}
