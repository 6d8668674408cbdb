import { asCondition, identifierUse, unify } from './coercion.ts';
import { collectWindow, type ExprEnv } from './expression-env.ts';
import { acceptedInstead } from './functions/refused-functions.ts';
import { ALL_SPELLINGS, aggregateSpelled, windowOfType } from './functions/registry.ts';
import { integerLiteral, nullLiteral } from './literals.ts';
import type { Expr, FrameBound, SortKey, WindowFrame } from './plan.ts';
import { argument, constantOf } from './resolve-call.ts';
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
  ignore_nulls: { construct: 'IGNORE NULLS', accepted: 'lag(x) OVER (…)' },
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
  const frame = windowFrame(inner, node, framed, word, resolve);
  return collectWindow(ctx, env.windows, word, {
    fn,
    args,
    partitionBy,
    orderBy,
    frame,
    type,
    at: offsetOf(ctx, node),
  });
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

/** Offsets of a frame: what a bound may be. */
const BOUNDS: Readonly<Record<string, FrameBound['kind']>> = {
  UNBOUNDED_PRECEDING: 'unbounded-preceding',
  UNBOUNDED_FOLLOWING: 'unbounded-following',
  CURRENT_ROW_ROWS: 'current-row',
  CURRENT_ROW_RANGE: 'current-row',
  EXPR_PRECEDING_ROWS: 'preceding',
  EXPR_FOLLOWING_ROWS: 'following',
};

/** Bounds that the grammar knows and no frame here may have, as people write them. */
const REFUSED_BOUNDS: Readonly<Record<string, string>> = {
  EXPR_PRECEDING_GROUPS: 'GROUPS … PRECEDING',
  EXPR_FOLLOWING_GROUPS: 'GROUPS … FOLLOWING',
  EXPR_PRECEDING_RANGE: 'RANGE … PRECEDING',
  EXPR_FOLLOWING_RANGE: 'RANGE … FOLLOWING',
  CURRENT_ROW_GROUPS: 'GROUPS … CURRENT ROW',
};

function windowFrame(
  env: ExprEnv,
  node: SyntaxNode,
  framed: boolean,
  word: string,
  resolve: Resolve,
): WindowFrame | null {
  const { ctx } = env;
  const [start, end] = [String(node['start']), String(node['end'])];
  const refused = (construct: string): Error =>
    refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct,
      accepted: `${word}(…) OVER (… ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)`,
    });
  if (node['exclude_clause'] !== 'NO_OTHER') throw refused('EXCLUDE');
  // The default frame, and functions that look at the whole partition whatever the frame says.
  if (!framed || (start === 'UNBOUNDED_PRECEDING' && end === 'CURRENT_ROW_RANGE')) return null;
  const bound = (kind: string, field: string): FrameBound => {
    const known = BOUNDS[kind];
    if (known === undefined) throw refused(REFUSED_BOUNDS[kind] ?? 'RANGE …');
    if (known !== 'preceding' && known !== 'following') return { kind: known };
    return { kind: known, offset: frameOffset(env, nodeAt(ctx, node, field), word, resolve) };
  };
  const unit =
    start.endsWith('_ROWS') || end.endsWith('_ROWS') || (start.startsWith('UNBOUNDED') && end.startsWith('UNBOUNDED'))
      ? 'rows'
      : 'range';
  return { unit, start: bound(start, 'start_expr'), end: bound(end, 'end_expr') };
}

function frameOffset(env: ExprEnv, node: SyntaxNode, word: string, resolve: Resolve): number {
  const constant = constantOf(resolve(env, node));
  const offset = constant?.type.kind === 'integer' ? Number(constant.value) : Number.NaN;
  if (!Number.isInteger(offset) || offset < 0 || offset > 1_000_000) {
    throw refusal(env.ctx, node, 'SQL_LITERAL_REFUSED', { what: word, accepted: '0…1000000' });
  }
  return offset;
}
