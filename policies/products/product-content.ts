import type { LookupInterface } from '../lookups/lookup-interface.ts';

/** The five forms of a data product (annex 1): 数据集、数据接口、数据模型、数据报告、评价指数. */
export const PRODUCT_FORMS = ['dataset', 'interface', 'model', 'report', 'index'] as const;
export type ProductForm = (typeof PRODUCT_FORMS)[number];

/** What a product is, by its form: all of it is reviewed, and nothing else is released. */
export type ProductContent = { readonly form: 'interface' } & LookupInterface;

/** The resources that a product reads itself. */
export function resourcesOfProduct(content: ProductContent): ReadonlySet<string> {
  return new Set([content.subject.resource, ...content.features.map(({ resource }) => resource)]);
}
