import { isNode, type SyntaxNode } from '../syntax-node.ts';
import { nodesOf, type SyntaxBuilder } from './syntax-build.ts';

/**
 * `t PIVOT (sum(x) FOR k IN ('a', 'b') GROUP BY g)` as `(SELECT g, sum(x) FILTER (WHERE k = 'a') AS a, … FROM t GROUP BY g)`; null
 * for what names no values, and for UNPIVOT. Without GROUP BY the keys are the columns that PIVOT does not mention.
 * Source: DuckDB's manual, Pivot Statement: names of columns are those of the values, and of the aggregate where it has one.
 */
export function pivoted(node: SyntaxNode, make: SyntaxBuilder): SyntaxNode | null {
  const [aggregates, pivots] = [nodesOf(node['aggregates']), nodesOf(node['pivots'])];
  const cases = pivots.map(casesOf).reduce<readonly Case[] | null>((all, next) => crossed(all, next, make), [WHOLE]);
  if (cases === null || aggregates.length === 0 || !hasOnlyValues(node)) return null;
  if (aggregates.some(({ filter, alias }) => filter !== null || (aggregates.length > 1 && alias === ''))) return null;
  const columns = cases.flatMap(({ name, condition }) =>
    aggregates.map((aggregate) => ({
      ...aggregate,
      filter: condition,
      alias: aggregate['alias'] === '' ? name : `${name}_${String(aggregate['alias'])}`,
    })),
  );
  const groups = textsOf(node['groups']);
  const at = node['query_location'];
  const column = (name: string) => ({ ...COLUMN, query_location: at, column_names: [name] });
  const rest = { ...STAR, query_location: at, exclude_list: [...mentioned([...aggregates, ...pivots])] };
  const keys = groups.length > 0 ? groups.map(column) : [rest];
  return {
    ...{ type: 'SUBQUERY', alias: node['alias'], sample: null, query_location: at },
    subquery: {
      node: { ...SELECT, select_list: [...keys, ...columns], from_table: node['source'] },
      named_param_map: [],
    },
    column_name_alias: node['column_name_alias'],
  };
}

/** One combination of values: its column's name and its condition. */
interface Case {
  readonly name: string;
  readonly condition: SyntaxNode | null;
}
const WHOLE: Case = { name: '', condition: null };

interface Values {
  readonly on: SyntaxNode;
  readonly entries: readonly { readonly name: string; readonly value: SyntaxNode }[];
}

/** `k IN ('a' AS x, 'b')`. */
function casesOf(pivot: SyntaxNode): Values | null {
  const [on, ...more] = nodesOf(pivot['pivot_expressions']);
  const entries = nodesOf(pivot['entries']).map((entry) => {
    const [value, ...others] = nodesOf(entry['values']);
    const isOne = value !== undefined && others.length === 0 && value['is_null'] === false;
    return isOne ? { name: String(entry['alias'] || value['value']), value } : null;
  });
  if (on === undefined || more.length > 0 || pivot['pivot_enum'] !== '' || entries.length === 0) return null;
  return entries.includes(null) ? null : { on, entries: entries.filter((entry) => entry !== null) };
}

function crossed(all: readonly Case[] | null, next: Values | null, make: SyntaxBuilder): readonly Case[] | null {
  if (all === null || next === null) return null;
  return all.flatMap((one) =>
    next.entries.map(({ name, value }) => {
      const constant = { ...make.nothing, value };
      const equal = make.compare('COMPARE_EQUAL', next.on, constant);
      const condition = one.condition === null ? equal : make.both(one.condition, equal);
      return { name: one.name === '' ? name : `${one.name}_${name}`, condition };
    }),
  );
}

function hasOnlyValues(node: SyntaxNode): boolean {
  return nodesOf(node['unpivot_names']).length === 0 && textsOf(node['unpivot_names']).length === 0;
}

/** Columns by their bare names, wherever they stand. */
function mentioned(value: unknown, into = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(value)) for (const item of value) mentioned(item, into);
  else if (isNode(value)) {
    if (value['class'] === 'COLUMN_REF') for (const name of textsOf(value['column_names']).slice(-1)) into.add(name);
    mentioned(Object.values(value), into);
  }
  return into;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : [];
}

const COLUMN = { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '' };
const STAR = {
  ...{ class: 'STAR', type: 'STAR', alias: '', relation_name: '', replace_list: [], columns: false, expr: null },
  ...{ qualified_exclude_list: [], rename_list: [] },
};
/** Grouped by all of its columns that are no aggregates. */
const SELECT = {
  ...{ type: 'SELECT_NODE', modifiers: [], cte_map: { map: [] }, where_clause: null, group_expressions: [] },
  ...{ group_sets: [], aggregate_handling: 'FORCE_AGGREGATES', having: null, sample: null, qualify: null },
};
