import type { Expr, Literal } from '../plan.ts';
import { keepsValues, neverNull } from '../plan-facts.ts';
import { BOOLEAN } from '../sql-type.ts';
import { askedList } from './asked-list.ts';
import type { RowFacts } from './bounded-amount.ts';
import { literal } from './build.ts';
import { declaredList } from './domain.ts';
import type { Raw } from './raw.ts';

/** Longer runs of whole numbers are mostly groups of nobody. */
const RUN_MAX = 366;

/**
 * All values that a group key can have, as declarations and the query's own text say it: a declared list, true and false, the labels of a CASE, what
 * WHERE names or has between two dates, the whole numbers between declared or written bounds (`age // 10`, `month(day)`); and NULL, where nothing says that it cannot be. Empty where it may be anything.
 *
 * WHY the asker's own labels do: a group that no row falls into shows noise, and a row that falls into none of them is left out, whoever it belongs to.
 */
export function publicList(key: Expr, raw: Raw, facts: Pick<RowFacts, 'rangeOf' | 'isFilled'>): readonly Literal[] {
  const declared = declaredList(key, raw);
  const asked = declared.length > 0 ? [] : askedList(key, raw, RUN_MAX);
  if (asked.length > 0) return asked;
  const values = declared.length > 0 ? declared : valuesOf(key, facts);
  if (values.length === 0 || isAlwaysThere(key, raw, facts)) return values;
  return [...values.filter(({ value }) => value !== null), literal(null, key.type)];
}

function valuesOf(key: Expr, { rangeOf }: Pick<RowFacts, 'rangeOf'>): readonly Literal[] {
  if (key.type.kind === 'boolean') return [literal(false, BOOLEAN), literal(true, BOOLEAN)];
  const labels = labelsOf(key);
  if (labels !== null) return labels;
  if (key.type.kind !== 'integer' && key.type.kind !== 'hugeint') return [];
  const { low, high } = rangeOf(key);
  if (low === null || high === null) return [];
  const [first, last] = [low.top / low.bottom, high.top / high.bottom];
  if (last - first >= RUN_MAX) return [];
  return Array.from({ length: Number(last - first) + 1 }, (_, step) => literal(String(first + BigInt(step)), key.type));
}

/** Whether a key has a value in every row, as declarations and the query say. */
function isAlwaysThere(key: Expr, raw: Raw, facts: Pick<RowFacts, 'isFilled'>): boolean {
  const isThere = (part: Expr) => isAlwaysThere(part, raw, facts);
  switch (key.kind) {
    case 'column':
      return facts.isFilled(key) || neverNull(raw.rel, key);
    case 'literal':
      return key.value !== null;
    case 'cast':
      return false;
    case 'case':
      return [...key.whens.map(({ then }) => then), key.otherwise].every(isThere);
    case 'call': {
      if (key.fn === 'is_null' || key.fn === 'is_not_null') return true;
      return keepsValues(key) && key.args.every(isThere);
    }
  }
}

/** What a CASE of literals can give, each once; null for everything else. */
function labelsOf(key: Expr): readonly Literal[] | null {
  if (key.kind !== 'case') return null;
  const results = [...key.whens.map(({ then }) => then), key.otherwise];
  const labels = results.filter((result) => result.kind === 'literal');
  if (labels.length < results.length) return null;
  return [
    ...new Map(labels.map((label) => [JSON.stringify(label.value), { ...label, type: key.type, at: null }])).values(),
  ];
}
