import { detectIdentifier } from '../identifiers/index.ts';
import type { DatasetSpec } from './product-content.ts';
import type { MaterialTable } from './product-material.ts';
import { needInProduct } from './product-problem.ts';
import { placeOf, rowsByKey, type SourceTable } from './source-table.ts';

const COLUMNS_MAX = 50;
const TEXT_LENGTH_MAX = 200;

/**
 * 数据集. Every cell is one that was released, or hidden there and hidden here; the columns are described, the keys tell rows apart, and
 * no column holds identifiers, whatever it is called.
 *
 * @throws AppError `PRODUCT_INVALID`.
 */
export function makeDataset(spec: DatasetSpec, source: SourceTable): MaterialTable {
  const names = spec.columns.map(({ name }) => name);
  needInProduct(names.length > 0 && names.length <= COLUMNS_MAX, 'columns', `1 to ${COLUMNS_MAX} of them`);
  needInProduct(new Set(names).size === names.length, 'columns', 'one is named twice');
  needInProduct(
    spec.keys.every((key) => names.includes(key)),
    'keys',
    'a key is no column of the product',
  );
  const rows = [...rowsByKey(source, spec.keys, 'keys').values()];
  const places = names.map((name, at) => placeOf(source, name, `columns[${at}]`));
  for (const [at, place] of places.entries()) checkColumn(source, place, `columns[${at}]`);
  const measures = places.filter((_, at) => !spec.keys.includes(names[at] ?? ''));
  const isShown = measures.length === 0 || rows.some((row) => measures.some((place) => row[place] !== null));
  needInProduct(isShown, 'columns', 'every cell beside the keys is hidden');
  return {
    kind: 'table',
    columns: spec.columns.map((column, at) => ({
      ...column,
      isNumber: source.columns[places[at] ?? 0]?.isNumber === true,
    })),
    rows: rows.map((row) => places.map((place) => row[place] ?? null)),
    suppressed: source.suppressed,
  };
}

function checkColumn({ rows }: SourceTable, place: number, path: string): void {
  const texts = rows.flatMap((row) => {
    const cell = row[place];
    return typeof cell === 'string' ? [cell] : [];
  });
  const found = detectIdentifier(texts);
  needInProduct(found === null, path, `it holds identifiers (${found?.kind ?? ''})`);
  needInProduct(
    texts.every((text) => text.length <= TEXT_LENGTH_MAX),
    path,
    `a text of more than ${TEXT_LENGTH_MAX} characters`,
  );
}
