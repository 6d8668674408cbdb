import { asCondition, identifierUse, unify } from './coercion.ts';
import { collectWindow, type ExprEnv } from './expression-env.ts';
import { acceptedInstead } from './functions/refused-functions.ts';
import { ALL_SPELLINGS, aggregateSpelled, windowOfType } from './functions/registry.ts';
import { integerLiteral, nullLiteral } from './literals.ts';
import type { Expr, SortKey } from './plan.ts';
import { argument } from './resolve-call.ts';
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
  textAt,
} from './syntax-node.ts';
import { windowFrame } from './window-frame.ts';

type Resolve = (env: ExprEnv, node: SyntaxNode) => Expr;

const WINDOW_SHAPE: Shape = {
  class: 'own',
  type: 'own',
  alias: 'own',
  query_location: 'own',
  function_name: 'own',
  schema: { construct: 'schema.function', accepted: 'sum(x) OVER (…)' },
  catalog: { construct: 'catalog.function', accepted: 'sum(x) OVER (…)' },
  children: 'own',
  partitions: 'own',
  orders: 'own',
  start: 'own',
  end: 'own',
  start_expr: 'own',
  end_expr: 'own',
  offset_expr: 'own',
  default_expr: 'own',
  ignore_nulls: 'own',
  filter_expr: 'own',
  exclude_clause: 'own',
  distinct: { construct: 'DISTINCT over a window', accepted: 'count(x) OVER (…)' },
  arg_orders: { construct: 'ORDER BY in a window function', accepted: 'first_value(x) OVER (ORDER BY y)' },
};

export function resolveWindow(env: ExprEnv, node: SyntaxNode, resolve: Resolve): Expr {
  const { ctx } = env;
  const word = textAt(ctx, node, 'function_name').toLowerCase();
  if (env.windows === null) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: `${word}(…) OVER`,
      accepted: 'SELECT … OVER (…), QUALIFY … OVER (…)',
    });
  }
  checkShape(ctx, node, WINDOW_SHAPE);
  const inner: ExprEnv = { ...env, windows: null };
  const { fn, args, type, framed } = windowFunction(inner, node, word, resolve);
  const partitionBy = nodesAt(ctx, node, 'partitions').map((child) => resolve(inner, child));
  const orderBy = nodesAt(ctx, node, 'orders').map((order) =>
    sortKey(ctx, order, resolve(inner, nodeAt(ctx, order, 'expression'))),
  );
  const { frame, keys } = windowFrame(inner, node, { framed, word, orderBy }, resolve);
  const ignoreNulls = node['ignore_nulls'] === true ? { ignoreNulls: passesOver(ctx, node, fn, word) } : {};
  const at = offsetOf(ctx, node);
  return collectWindow(ctx, env.windows, word, {
    fn,
    args,
    partitionBy,
    orderBy: keys,
    frame,
    ...ignoreNulls,
    type,
    at,
  });
}

const PASSING_OVER: ReadonlySet<string> = new Set(['lag', 'lead', 'first_value', 'last_value', 'nth_value']);

function passesOver(ctx: ResolveContext, node: SyntaxNode, fn: string, word: string): true {
  if (PASSING_OVER.has(fn)) return true;
  const facts = { construct: 'IGNORE NULLS', accepted: `${word}(…) OVER (…)` };
  throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', facts);
}

interface WindowFunction {
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly type: Expr['type'];
  readonly framed: boolean;
}

function windowFunction(env: ExprEnv, node: SyntaxNode, word: string, resolve: Resolve): WindowFunction {
  const { ctx } = env;
  const nodes = nodesAt(ctx, node, 'children');
  if (node['type'] === 'WINDOW_AGGREGATE') return windowAggregate(env, node, nodes, word, resolve);
  const entry = windowOfType(String(node['type']));
  if (entry === undefined) throw refuseFunction(ctx, node, word);
  const extra = [node['offset_expr'], node['default_expr']].filter(isNode);
  const args = [...nodes, ...extra].map((child, index) =>
    argument(ctx, resolve(env, child), entry.params[index] ?? { is: 'any' }, word),
  );
  const shifted = entry.name === 'lag' || entry.name === 'lead';
  const required = shifted ? 1 : entry.params.length;
  if (isNode(node['filter_expr'])) {
    const accepted = `${entry.name}(…) OVER (…)`;
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: `${word}(…) FILTER`, accepted });
  }
  if (args.length < required || args.length > entry.params.length) throw refuseFunction(ctx, node, word, args.length);
  const full = shifted ? shiftArguments(ctx, args, word) : args;
  return { fn: entry.name, args: full, type: entry.result(full.map((arg) => arg.type)), framed: entry.framed };
}

/** LAG and LEAD always carry their offset and default, the default in the type of the value. */
function shiftArguments(ctx: ResolveContext, args: readonly Expr[], word: string): readonly Expr[] {
  const [value = nullLiteral(), offset = integerLiteral(1), otherwise] = args;
  if (otherwise === undefined) return [value, offset];
  const [same = value, converted = otherwise] = unify(ctx, [value, otherwise], word);
  return [same, offset, converted];
}

function windowAggregate(
  env: ExprEnv,
  node: SyntaxNode,
  nodes: readonly SyntaxNode[],
  word: string,
  resolve: Resolve,
): WindowFunction {
  const { ctx } = env;
  const entry = aggregateSpelled(word === 'count' && nodes.length === 0 ? 'count_star' : word);
  if (entry === undefined || !entry.window) throw refuseFunction(ctx, node, word);
  if (nodes.length !== entry.params.length) throw refuseFunction(ctx, node, word, nodes.length);
  const args = nodes.map((child, index) => {
    const arg = resolve(env, child);
    if (arg.type.kind === 'token') throw identifierUse(ctx, arg.at, `${word}(…) OVER`);
    return argument(ctx, arg, entry.params[index] ?? { is: 'any' }, word);
  });
  const type = entry.result(args.map((arg) => arg.type));
  const filterNode = node['filter_expr'];
  if (!isNode(filterNode)) return { fn: entry.name, args, type, framed: true };
  // FILTER over a window is the same as an argument that is NULL elsewhere.
  const when = asCondition(ctx, resolve(env, filterNode), 'FILTER');
  const value = args[0] ?? integerLiteral(1);
  const kept: Expr = {
    kind: 'case',
    whens: [{ when, then: value }],
    otherwise: nullLiteral(null, value.type),
    type: value.type,
    at: value.at,
  };
  return { fn: entry.name === 'count_star' ? 'count' : entry.name, args: [kept], type, framed: true };
}

/** `given`: how many arguments there are, where their number is what is refused. */
function refuseFunction(ctx: ResolveContext, node: SyntaxNode, word: string, given?: number): Error {
  const known = windowOfType(String(node['type'])) ?? aggregateSpelled(word);
  const call = `${word}(${(known?.params ?? []).map(({ is }) => (is === 'countable' ? 'column' : is)).join(', ')})`;
  const facts = { function: `${word} OVER`, ...(given === undefined ? {} : { given }) };
  if (known === undefined)
    return refusal(ctx, node, 'SQL_FUNCTION_REFUSED', { ...facts, accepted: acceptedInstead(word, ALL_SPELLINGS) });
  const accepted = given === undefined ? `${call} without OVER` : `${call} OVER (…)`;
  return refusal(ctx, node, 'SQL_FUNCTION_REFUSED', { ...facts, accepted });
}

const SORT_SHAPE: Shape = { type: 'own', null_order: 'own', expression: 'own' };

/** DuckDB's defaults: ascending, nulls last either way. Identifiers have no order. */
export function sortKey(ctx: ResolveContext, order: SyntaxNode, expr: Expr): SortKey {
  checkShape(ctx, order, SORT_SHAPE);
  if (expr.type.kind === 'token') throw identifierUse(ctx, expr.at, 'ORDER BY');
  return { expr, descending: order['type'] === 'DESCENDING', nullsFirst: order['null_order'] === 'NULLS FIRST' };
}
