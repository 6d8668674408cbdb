import { asCondition, coerceTo } from './coercion.ts';
import { tupleOf, tupleText } from './distinct-tuples.ts';
import { collectAggregate, type ExprEnv } from './expression-env.ts';
import { listOf } from './forms/syntax-build.ts';
import type { AggregateEntry } from './functions/aggregates.ts';
import type { AggregateCall, Expr } from './plan.ts';
import { argument } from './resolve-call.ts';
import { conjunction, call as operator } from './resolve-operators.ts';
import { spelled } from './spelling.ts';
import { BOOLEAN, INTEGER } from './sql-type.ts';
import {
  checkShape,
  isNode,
  nodeAt,
  nodesAt,
  offsetOf,
  type ResolveContext,
  refusal,
  type Shape,
  type SyntaxNode,
} from './syntax-node.ts';

/** Resolves a child expression: handed in, because expressions and aggregates hold each other. */
type Resolve = (env: ExprEnv, node: SyntaxNode) => Expr;

const AGGREGATE_SHAPE: Shape = {
  class: 'own',
  type: 'own',
  alias: 'own',
  query_location: 'own',
  function_name: 'own',
  schema: 'own',
  catalog: 'own',
  children: 'own',
  filter: 'own',
  order_bys: 'own',
  distinct: 'own',
  is_operator: 'own',
  export_state: { construct: 'EXPORT_STATE', accepted: 'sum(x)' },
};

/** DISTINCT changes nothing for these. */
const ANY_MULTIPLICITY: ReadonlySet<string> = new Set([
  'min',
  'max',
  'bool_and',
  'bool_or',
  'any_value',
  'approx_count_distinct',
]);

export function resolveAggregate(
  env: ExprEnv,
  node: SyntaxNode,
  entry: AggregateEntry,
  word: string,
  resolve: Resolve,
): Expr {
  const { ctx } = env;
  if (env.aggregates === null) throw misplaced(env, node, word);
  checkShape(ctx, node, AGGREGATE_SHAPE);
  const inner: ExprEnv = {
    ...env,
    aggregates: null,
    windows: null,
    hidden: null,
    accepted: 'SELECT x FROM (SELECT k, sum(y) AS x FROM t GROUP BY k)',
  };
  const args = aggregateArguments(inner, node, entry, word, resolve);
  const filterNode = node['filter'];
  const asked = isNode(filterNode) ? asCondition(ctx, resolve(inner, filterNode), 'FILTER') : null;
  const distinct = node['distinct'] === true && !ANY_MULTIPLICITY.has(entry.name);
  if (distinct && !entry.distinct) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: `${word}(DISTINCT …)`,
      accepted: 'count(DISTINCT x), sum(DISTINCT x)',
    });
  }
  // Several arguments of which one is NULL are not counted; a row with NULL in it is.
  const present = distinct && args.length > 1 && nodesAt(ctx, node, 'children').length > 1 ? args : [];
  const filter = conjunction([
    ...(asked === null ? [] : [asked]),
    ...present.map((arg) => operator('is_not_null', [arg], BOOLEAN, arg.at)),
  ]);
  const call: AggregateCall = {
    fn: entry.name,
    args,
    distinct,
    filter,
    type: entry.result(args.map((arg) => arg.type)),
    at: offsetOf(ctx, node),
  };
  return collectAggregate(ctx, env.aggregates, word, call);
}

function misplaced(env: ExprEnv, node: SyntaxNode, word: string): Error {
  return refusal(env.ctx, node, 'SQL_AGGREGATE_MISPLACED', { function: spelled(word), accepted: env.accepted });
}

function aggregateArguments(
  env: ExprEnv,
  node: SyntaxNode,
  entry: AggregateEntry,
  word: string,
  resolve: Resolve,
): readonly Expr[] {
  const { ctx } = env;
  const nodes = [...withinGroup(ctx, node), ...nodesAt(ctx, node, 'children')];
  const tuple = entry.name === 'count' && node['distinct'] === true ? tupleOf(ctx, nodes) : null;
  if (tuple !== null) {
    const parts = tuple.map((part) => resolve(env, part));
    if (parts.some(({ type }) => type.kind === 'token')) return parts;
    return [tupleText(ctx, node, parts, nodes.length === 1)];
  }
  const list = entry.name.startsWith('quantile_') ? nodes.find((child) => listOf(child) !== null) : undefined;
  if (list !== undefined) {
    const accepted = `${word}(x, 0.25), ${word}(x, 0.5)`;
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: `${word}(x, […])`, accepted });
  }
  if (nodes.length !== entry.params.length) {
    const accepted =
      entry.name === 'count_star'
        ? 'count(*)'
        : `${word}(${entry.params.map((parameter) => (parameter.is === 'countable' ? 'column' : parameter.is)).join(', ')})`;
    throw refusal(ctx, node, 'SQL_FUNCTION_REFUSED', { function: word, given: nodes.length, accepted });
  }
  return nodes.map((child, index) => {
    const arg = resolve(env, child);
    const isCounted = (entry.name === 'sum' || entry.name === 'avg') && arg.type.kind === 'boolean';
    const counted = isCounted ? coerceTo(ctx, arg, INTEGER, word) : arg;
    return argument(ctx, counted, entry.params[index] ?? { is: 'any' }, word);
  });
}

/** `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)` is `quantile_cont(x, 0.5)`; no other order inside an aggregate. */
function withinGroup(ctx: ResolveContext, node: SyntaxNode): readonly SyntaxNode[] {
  const orders = nodesAt(ctx, nodeAt(ctx, node, 'order_bys'), 'orders');
  const [only] = orders;
  if (only === undefined) return [];
  const ordered = String(node['function_name']).startsWith('quantile_') || node['function_name'] === 'mode';
  if (!ordered || orders.length > 1 || only['type'] === 'DESCENDING') {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: 'ORDER BY in an aggregate',
      accepted: 'sum(x), quantile_cont(x, 0.5)',
    });
  }
  return [nodeAt(ctx, only, 'expression')];
}

/** GROUPING(a, b): which of the keys the row's grouping set leaves out. */
export function resolveGrouping(
  env: ExprEnv,
  node: SyntaxNode,
  children: readonly SyntaxNode[],
  resolve: Resolve,
): Expr {
  if (env.aggregates === null) throw misplaced(env, node, 'grouping');
  const inner: ExprEnv = { ...env, aggregates: null, windows: null };
  const args = children.map((child) => resolve(inner, child));
  const call: AggregateCall = {
    fn: 'grouping',
    args,
    distinct: false,
    filter: null,
    type: INTEGER,
    at: offsetOf(env.ctx, node),
  };
  return collectAggregate(env.ctx, env.aggregates, 'grouping', call);
}
