import { assert } from '../errors.ts';
import { asCondition, coerceTo, unify } from './coercion.ts';
import { elapsedTime } from './elapsed-time.ts';
import type { ExprEnv } from './expression-env.ts';
import { textOf } from './forms/syntax-build.ts';
import { acceptedInstead } from './functions/refused-functions.ts';
import { ALL_SPELLINGS, aggregateSpelled, scalarSpelled } from './functions/registry.ts';
import type { ScalarEntry } from './functions/scalar-entry.ts';
import { INTERVAL_UNITS, intervalArithmetic, intervalCount, refusedInterval } from './interval-literals.ts';
import { convertLiteral, integerLiteral, literal, nowLiteral, todayLiteral } from './literals.ts';
import type { Expr, Offset } from './plan.ts';
import { resolveAggregate } from './resolve-aggregate.ts';
import { constantOf, scalarCall } from './resolve-call.ts';
import { arithmetic, call, merge, negation } from './resolve-operators.ts';
import { spelled } from './spelling.ts';
import { BOOLEAN, INTEGER, INTERVAL } from './sql-type.ts';
import {
  checkShape,
  nodeAt,
  nodesAt,
  offsetOf,
  type ResolveContext,
  refusal,
  refusalAt,
  type Shape,
  type SyntaxNode,
  textAt,
} from './syntax-node.ts';
import { keywordBefore } from './text-words.ts';
import { isNumeric } from './type-rules.ts';

/** Resolves a child expression: handed in, because expressions and calls hold each other. */
type Resolve = (env: ExprEnv, node: SyntaxNode) => Expr;

const CALL_SHAPE: Shape = {
  class: 'own',
  type: 'own',
  alias: 'own',
  query_location: 'own',
  function_name: 'own',
  schema: 'own',
  catalog: 'own',
  children: 'own',
  filter: { construct: 'FILTER', accepted: 'sum(x) FILTER (WHERE …)' },
  order_bys: 'own',
  distinct: { construct: 'DISTINCT', accepted: 'count(DISTINCT x)' },
  is_operator: 'own',
  export_state: { construct: 'EXPORT_STATE', accepted: 'sum(x)' },
};

const ARITHMETIC: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  'mod',
  'add',
  'subtract',
  'multiply',
  'divide',
]);
const ARITHMETIC_SYMBOL: Readonly<Record<string, string>> = {
  mod: '%',
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '//',
};
const MERGES: ReadonlySet<string> = new Set(['nullif', 'greatest', 'least', 'ifnull', 'nvl']);
const MERGE_NAMES: Readonly<Record<string, string>> = { ifnull: 'coalesce', nvl: 'coalesce' };
const NEGATED: Readonly<Record<string, string>> = { '!~~': '~~', '!~~*': '~~*' };
const NOW_CALLS: ReadonlySet<string> = new Set(['now', 'current_localtimestamp', 'get_current_timestamp']);

/** A call of a scalar function, an operator among them, or of an aggregate. */
export function resolveFunction(env: ExprEnv, node: SyntaxNode, resolve: Resolve): Expr {
  const { ctx } = env;
  const name = textAt(ctx, node, 'function_name').toLowerCase();
  // The grammar itself names the schema `main` for its own forms, such as EXTRACT or POSITION.
  if (node['catalog'] !== '' || (node['schema'] !== '' && node['schema'] !== 'main')) {
    throw refusal(ctx, node, 'SQL_FUNCTION_REFUSED', {
      function: `${String(node['schema'])}.${name}`,
      accepted: `${name}(…)`,
    });
  }
  const aggregate = aggregateSpelled(name);
  if (aggregate !== undefined) return resolveAggregate(env, node, aggregate, name, resolve);
  const negated = NEGATED[name];
  if (scalarSpelled(negated ?? name) === undefined && !isSpecial(name)) {
    throw (
      nestedValue(ctx, node, name) ??
      refusal(ctx, node, 'SQL_FUNCTION_REFUSED', {
        function: spelled(name),
        accepted: acceptedInstead(name, ALL_SPELLINGS),
      })
    );
  }
  checkShape(ctx, node, CALL_SHAPE);
  checkNoOrder(ctx, node);
  const at = offsetOf(ctx, node);
  if (negated !== undefined) return call('not', [callOf(env, node, negated, resolve)], BOOLEAN, at);
  return callOf(env, node, name, resolve);
}

/** What the parser calls a function and people write in brackets. */
const BRACKETS: Readonly<Record<string, readonly [construct: string, sign: string]>> = {
  list_value: ['[…]', '['],
  struct_pack: ['{…}', '{'],
  row: ['(a, b)', '('],
  map: ['MAP {…}', 'MAP'],
};

function nestedValue(ctx: ResolveContext, node: SyntaxNode, name: string): Error | null {
  const [construct, sign] = BRACKETS[name] ?? [];
  const at = offsetOf(ctx, node);
  if (construct === undefined || sign === undefined || at === null) return null;
  if (ctx.text.slice(at, at + name.length).toLowerCase() === name) return null;
  const from = keywordBefore(ctx.words(), [sign], at + 1)?.at ?? at;
  return refusalAt(ctx, from, 'SQL_CONSTRUCT_REFUSED', { construct, accepted: 'scalar columns' });
}

const isSpecial = (name: string): boolean =>
  ARITHMETIC.has(name) || MERGES.has(name) || NOW_CALLS.has(name) || ['today', 'date_add', 'iif'].includes(name);

function callOf(env: ExprEnv, node: SyntaxNode, name: string, resolve: Resolve): Expr {
  const { ctx } = env;
  const at = offsetOf(ctx, node);
  const nodes = nodesAt(ctx, node, 'children');
  if (name === 'today' && nodes.length === 0) return todayLiteral(ctx.facts.today, at);
  if (NOW_CALLS.has(name) && nodes.length === 0) return nowLiteral(ctx.facts.now, at);
  if (/^to_(year|quarter|month|week|day|hour|minute|second)s$/.test(name) && nodes.length === 1)
    return intervalOf(env, node, name, nodes, resolve);
  const [part, between] = name === 'epoch' ? ['epoch', nodes[0]] : [textOf(nodes[0]), nodes[1]];
  const elapsed = /^(?:date_?part|epoch)$/.test(name) ? elapsedTime(env, part, between, resolve) : null;
  if (elapsed !== null) return elapsed;
  const args = nodes.map((child) => resolve(env, child));
  if (ARITHMETIC.has(name) || name === 'date_add') return computed(ctx, node, name, args);
  if (MERGES.has(name)) return merge(ctx, MERGE_NAMES[name] ?? name, args, at, name);
  if (name === 'iif') return conditional(ctx, node, args);
  const [entry, given] = otherwise(name, args);
  if (entry === undefined)
    throw refusal(ctx, node, 'SQL_FUNCTION_REFUSED', { function: name, given: args.length, accepted: `${name}()` });
  return scalarCall(ctx, entry, spelled(name), given, at);
}

/** `+ - * / // %` of one or two sides. */
function computed(ctx: ResolveContext, node: SyntaxNode, name: string, args: readonly Expr[]): Expr {
  const at = offsetOf(ctx, node);
  const [left, right] = args;
  const minusOne = integerLiteral(-1);
  if (args.length === 1 && left !== undefined && name === '-')
    return intervalArithmetic('*', left, minusOne, at) ?? negation(ctx, left, at);
  if (args.length === 1 && left !== undefined && name === '+') return negation(ctx, negation(ctx, left, at), at);
  if (args.length === 2 && left !== undefined && right !== undefined) {
    const symbol = name === 'date_add' ? '+' : (ARITHMETIC_SYMBOL[name] ?? name);
    const interval = intervalArithmetic(symbol, left, right, at) ?? repeatedInterval(ctx, symbol, left, right, at);
    return interval ?? arithmetic(ctx, symbol, left, right, at);
  }
  const accepted =
    name === 'date_add' ? 'date_add(date, INTERVAL 1 MONTH)' : /^\w/.test(name) ? `${name}(a, b)` : `a ${name} b`;
  throw refusal(ctx, node, 'SQL_FUNCTION_REFUSED', { function: name, given: args.length, accepted });
}

/** `n * INTERVAL 1 DAY` with a whole number: months, days or seconds of it; null for anything else. */
function repeatedInterval(ctx: ResolveContext, symbol: string, left: Expr, right: Expr, at: Offset): Expr | null {
  const [interval, factor] = left.type.kind === 'interval' ? [left, right] : [right, left];
  const value = interval.kind === 'literal' ? interval.value : null;
  const count = isWhole(factor) ? coerceTo(ctx, factor, INTEGER, '*') : null;
  if (symbol !== '*' || typeof value !== 'object' || value === null || count === null) return null;
  const { months, days } = value;
  const [seconds, below] = [BigInt(value.micros) / 1_000_000n, BigInt(value.micros) % 1_000_000n];
  const parts = [
    ['to_months', months],
    ['to_days', days],
    ['to_seconds', Number(seconds)],
  ] as const;
  const [only, ...more] = parts.filter(([, each]) => each !== 0);
  if (only === undefined || more.length > 0 || below !== 0n) return null;
  const entry = scalarSpelled(only[0]);
  assert(entry !== undefined, 'intervals of a number exist');
  return scalarCall(ctx, entry, '*', [arithmetic(ctx, '*', count, integerLiteral(only[1]), at)], at);
}

const ROUNDED: ReadonlySet<string> = new Set(['floor', 'ceil', 'round', 'trunc']);

const isWhole = (expr: Expr): boolean =>
  expr.type.kind === 'integer' ||
  (expr.kind === 'call' && ROUNDED.has(expr.fn) && expr.args.length === 1 && isNumeric(expr.type));

/** The function that is meant: `strftime(format, date)` and `date_part('epoch', …)` are read as DuckDB reads them. */
function otherwise(name: string, args: readonly Expr[]): readonly [ScalarEntry | undefined, readonly Expr[]] {
  const [first, second] = args;
  const text = first?.kind === 'literal' && first.type.kind === 'text' ? String(first.value) : null;
  if (text !== null && second !== undefined && args.length === 2) {
    if (name === 'strftime') return [scalarSpelled(name), [second, ...args.slice(0, 1)]];
    if (/^date_?part$/.test(name) && text.toLowerCase() === 'epoch') return [scalarSpelled('epoch'), [second]];
  }
  return [scalarSpelled(name), args];
}

function conditional(ctx: ResolveContext, node: SyntaxNode, args: readonly Expr[]): Expr {
  const [condition, then, other] = args;
  if (condition === undefined || then === undefined || other === undefined || args.length > 3) {
    const facts = { function: 'iif', given: args.length, accepted: 'CASE WHEN … THEN … ELSE … END' };
    throw refusal(ctx, node, 'SQL_FUNCTION_REFUSED', facts);
  }
  const when = asCondition(ctx, condition, 'WHEN');
  const [value = then, otherwise = other] = unify(ctx, [then, other], 'CASE');
  return { kind: 'case', whens: [{ when, then: value }], otherwise, type: value.type, at: offsetOf(ctx, node) };
}

function intervalOf(
  env: ExprEnv,
  node: SyntaxNode,
  name: string,
  nodes: readonly SyntaxNode[],
  resolve: Resolve,
): Expr {
  const { ctx } = env;
  const [only = node] = nodes;
  const count = resolve(env, intervalCount(only));
  const unit = INTERVAL_UNITS[name.slice('to_'.length, -1)];
  const constant = constantOf(count);
  const whole = constant === null ? null : convertLiteral(constant, { kind: 'integer' });
  const at = offsetOf(ctx, node);
  if (whole !== null && unit !== undefined && typeof whole.value === 'string' && /^-?\d{1,6}$/.test(whole.value)) {
    const n = Number(whole.value);
    return literal(
      INTERVAL,
      { months: n * (unit.months ?? 0), days: n * (unit.days ?? 0), micros: `${BigInt(n) * (unit.micros ?? 0n)}` },
      at,
    );
  }
  if (constant !== null && constant.value !== null) {
    throw refusedInterval(ctx, node);
  }
  const entry = scalarSpelled(name);
  assert(entry !== undefined, `function ${name} exists`);
  return scalarCall(
    ctx,
    entry,
    name,
    [isNumeric(count.type) ? coerceTo(ctx, count, { kind: 'integer' }, name) : count],
    at,
  );
}

function checkNoOrder(ctx: ResolveContext, node: SyntaxNode): void {
  const orders = nodeAt(ctx, node, 'order_bys')['orders'];
  if (Array.isArray(orders) && orders.length === 0) return;
  throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'ORDER BY in a function', accepted: 'sum(x)' });
}
