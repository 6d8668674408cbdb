import { isNode, type SyntaxNode } from '../syntax-node.ts';
import { literalRows } from './literal-rows.ts';
import { otherForm } from './other-systems.ts';
import { pivoted } from './pivot.ts';
import { isNullConstant, listOf, nodesOf, syntaxBuilder, textOf } from './syntax-build.ts';

/**
 * The syntax tree with what other systems write in other words put in the forms that the compiler knows. Nothing is admitted
 * here: what comes out is read like what a user wrote, and what has no such form stays as it is, to be refused where it stands.
 */
export function plainForms(value: unknown): unknown {
  if (Array.isArray(value)) return plainItems(value);
  return isNode(value) ? plainForm(plainParts(value)) : value;
}

// WHY the list or node itself where nothing in it changes: almost nothing of a query does.
function plainItems(items: readonly unknown[]): readonly unknown[] {
  const plain = items.map(plainForms);
  return plain.every((item, index) => item === items[index]) ? items : plain;
}

function plainParts(node: SyntaxNode): SyntaxNode {
  const changed: (readonly [field: string, part: unknown])[] = [];
  for (const field of Object.keys(node)) {
    const part = plainForms(node[field]);
    if (part !== node[field]) changed.push([field, part]);
  }
  return changed.length === 0 ? node : { ...node, ...Object.fromEntries(changed) };
}

function plainForm(node: SyntaxNode): unknown {
  switch (node['class'] ?? node['type']) {
    case 'FUNCTION':
      return ofFunction(node);
    case 'WINDOW':
      return shareOfAll(node);
    case 'CAST':
      return intervalOfText(node);
    case 'SUBQUERY':
      return node['class'] === 'SUBQUERY' ? amongList(node) : node;
    case 'TABLE_FUNCTION':
      return literalRows(node) ?? node;
    case 'PIVOT':
      return pivoted(node, syntaxBuilder(node['query_location'])) ?? node;
    default:
      return node;
  }
}

function ofFunction(node: SyntaxNode): SyntaxNode {
  if (node['schema'] !== '' && node['schema'] !== 'main') return node;
  const name = String(node['function_name']).toLowerCase();
  if (name === 'count') return countedWhere(node);
  const form = otherForm(name)?.form(nodesOf(node['children']), syntaxBuilder(node['query_location']), {
    ...node,
    function_name: name,
  });
  return form === undefined || form === null ? node : { ...form, alias: node['alias'] };
}

/** `count(DISTINCT CASE WHEN c THEN x WHEN d THEN x END)` counts `x` where `c` or `d` holds. */
function countedWhere(node: SyntaxNode): SyntaxNode {
  const [only, ...more] = nodesOf(node['children']);
  if (node['distinct'] !== true || node['filter'] !== null || more.length > 0 || only?.['class'] !== 'CASE')
    return node;
  const checks = nodesOf(only['case_checks']);
  const [first, ...others] = checks.map((check) => check['then_expr']);
  const isOne = first !== undefined && others.every((other) => isSameText(first, other));
  if (!isOne || !isNothing(only['else_expr'])) return node;
  const make = syntaxBuilder(only['query_location']);
  const filter = make.either(checks.flatMap(({ when_expr: when }) => (isNode(when) ? [when] : [])));
  return { ...node, children: [first], filter };
}

/** NULL, of whatever type. */
const isNothing = (node: unknown): boolean =>
  isNullConstant(node) || (isNode(node) && node['class'] === 'CAST' && isNothing(node['child']));

/** The same words, wherever they stand. */
function isSameText(a: unknown, b: unknown): boolean {
  const text = (value: unknown) =>
    JSON.stringify(value, (key, part: unknown) => (key === 'query_location' ? null : part));
  return text(a) === text(b);
}

/** `ratio_to_report(x) OVER (…)` is `x / sum(x) OVER (…)`. */
function shareOfAll(node: SyntaxNode): SyntaxNode {
  const [value, ...more] = nodesOf(node['children']);
  if (String(node['function_name']).toLowerCase() !== 'ratio_to_report' || value === undefined || more.length > 0)
    return node;
  const whole = { ...node, function_name: 'sum', alias: '' };
  const share = syntaxBuilder(node['query_location']).call('/', [value, whole], { is_operator: true });
  return { ...share, alias: node['alias'] };
}

/** `CAST(n || ' days' AS INTERVAL)`, as PostgreSQL is asked for a number of days. */
function intervalOfText(node: SyntaxNode): SyntaxNode {
  const { child, cast_type: type } = node;
  if (!isNode(type) || type['id'] !== 'INTERVAL' || !isNode(child) || child['function_name'] !== '||') return node;
  const [count, second] = nodesOf(child['children']);
  const unit = /^ ?(year|month|week|day|hour|minute|second)s?$/i.exec(textOf(second) ?? '')?.[1]?.toLowerCase();
  if (count === undefined || unit === undefined) return node;
  return { ...syntaxBuilder(node['query_location']).call(`to_${unit}s`, [count]), alias: node['alias'] };
}

/** `x = ANY(ARRAY[1, 2])`, which the parser writes as `x IN (SELECT unnest([1, 2]))`. */
function amongList(node: SyntaxNode): SyntaxNode {
  const query = isNode(node['subquery']) && isNode(node['subquery']['node']) ? node['subquery']['node'] : {};
  const [only, ...more] = nodesOf(query['select_list']);
  const isList =
    node['subquery_type'] === 'ANY' &&
    node['comparison_type'] === 'COMPARE_EQUAL' &&
    more.length === 0 &&
    only?.['function_name'] === 'unnest' &&
    isNode(query['from_table']) &&
    query['from_table']['type'] === 'EMPTY' &&
    query['where_clause'] === null &&
    nodesOf(query['modifiers']).length === 0;
  const values = isList ? listOf(nodesOf(only['children'])[0]) : null;
  const { child } = node;
  if (values === null || !isNode(child)) return node;
  const made = syntaxBuilder(node['query_location']).operator('COMPARE_IN', [child, ...values]);
  return { ...made, alias: node['alias'] };
}
