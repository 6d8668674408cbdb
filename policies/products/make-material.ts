import { composeReport } from './compose-report.ts';
import { fitModel } from './fit-model.ts';
import { makeDataset } from './make-dataset.ts';
import { makeIndex } from './make-index.ts';
import type { DerivedSpec } from './product-content.ts';
import type { ProductMaterial } from './product-material.ts';
import { needInProduct } from './product-problem.ts';
import type { SourceTable } from './source-table.ts';

/**
 * Makes what a specification describes, of what was released: the form's own check is that it can be made. Pure, so that the same sources
 * give the same bytes.
 *
 * @param facts.unitsMin fewest units behind a group that a model may count.
 * @throws AppError `PRODUCT_INVALID` (path, problem).
 */
export function makeMaterial(
  spec: DerivedSpec,
  sources: readonly SourceTable[],
  facts: { readonly unitsMin: number },
): ProductMaterial {
  switch (spec.form) {
    case 'dataset':
      return makeDataset(spec, only(sources));
    case 'model':
      return fitModel(spec, only(sources), facts);
    case 'report':
      return composeReport(spec, sources);
    case 'index':
      return makeIndex(spec, sources);
  }
}

function only(sources: readonly SourceTable[]): SourceTable {
  const [first, ...others] = sources;
  needInProduct(first !== undefined && others.length === 0, 'sources', 'one source, no more');
  return first;
}
