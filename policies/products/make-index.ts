import { checkScale } from '../lookups/check-interface.ts';
import { bandOf } from '../lookups/lookup-answer.ts';
import type { IndexSpec } from './product-content.ts';
import type { MaterialTable } from './product-material.ts';
import { needInProduct } from './product-problem.ts';
import { numberOf, numberPlaceOf, rowsByKey, type SourceTable } from './source-table.ts';

const FEATURES_MAX = 40;
const BAND = { name: 'band', title: { zh: '等级', en: 'band' }, isNumber: false };
const REASONS = { name: 'reasons', title: { zh: '主要扣分项', en: 'reasons' }, isNumber: false };

/**
 * 评价指数: the registered formula over what was released, and of it the band alone. What a source hides counts as a feature without a
 * value.
 *
 * @throws AppError `PRODUCT_INVALID`.
 */
export function makeIndex(spec: IndexSpec, sources: readonly SourceTable[]): MaterialTable {
  const { features, keys, scale } = spec;
  needInProduct(features.length > 0 && features.length <= FEATURES_MAX, 'features', `1 to ${FEATURES_MAX} of them`);
  const codes = new Set(features.map(({ code }) => code));
  needInProduct(codes.size === features.length, 'features', 'two have one code');
  checkScale(scale, codes, 'scale');
  const tables = sources.map((source) => rowsByKey(source, keys, 'keys'));
  const columns = features.map(({ source, column }, at) => {
    const table = sources[source];
    needInProduct(table !== undefined, `features[${at}].source`, 'there is no such source');
    return numberPlaceOf(table, column, `features[${at}].column`);
  });
  const rated = [...new Set(tables.flatMap((rows) => [...rows.keys()]))].sort();
  const rows = rated.map((key) => {
    const values = features.map(
      ({ code, source }, at) => [code, numberOf(tables[source]?.get(key)?.[columns[at] ?? 0])] as const,
    );
    const { answer, reasons } = bandOf(scale, new Map(values));
    return [...(JSON.parse(key) as string[]), answer, reasons.join(' ')];
  });
  return {
    kind: 'table',
    columns: [...keys.map((name) => ({ name, title: { zh: name, en: name }, isNumber: false })), BAND, REASONS],
    rows,
    suppressed: { cells: 0, groups: Math.max(...sources.map(({ suppressed }) => suppressed.groups)), reasons: [] },
  };
}
