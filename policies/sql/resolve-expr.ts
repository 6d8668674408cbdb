import { castable, castType, FORMS, isCastable } from './cast-types.ts';
import { asCondition, coerceTo, identifierUse, mismatch, unify, wordAt } from './coercion.ts';
import type { ExprEnv } from './expression-env.ts';
import { acceptedInstead } from './functions/refused-functions.ts';
import { ALL_SPELLINGS, aggregateSpelled, scalarSpelled } from './functions/registry.ts';
import { INTERVAL_UNITS, intervalCount, intervalLiteral } from './interval-literals.ts';
import { convertLiteral, isLiteral, literal, nowLiteral, nullLiteral, todayLiteral } from './literals.ts';
import type { Expr } from './plan.ts';
import { resolveAggregate, resolveGrouping } from './resolve-aggregate.ts';
import { constantOf, scalarCall } from './resolve-call.ts';
import { resolveConstant } from './resolve-constant.ts';
import { arithmetic, call, comparison, merge, negation } from './resolve-operators.ts';
import { resolveWindow } from './resolve-window.ts';
import { lookup, nearColumns } from './scope.ts';
import { spelled } from './spelling.ts';
import { BOOLEAN, INTERVAL } from './sql-type.ts';
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
  textsAt,
  within,
} from './syntax-node.ts';
import { keywordBefore, parameterOf, typeWritten } from './text-words.ts';
import { isNumeric, sameType, typeName } from './type-rules.ts';

const COMMON: Shape = { class: 'own', type: 'own', alias: 'own', query_location: 'own' };
const SHAPES = {
  column: { ...COMMON, column_names: 'own' },
  cast: { ...COMMON, child: 'own', cast_type: 'own', try_cast: 'own' },
  comparison: { ...COMMON, left: 'own', right: 'own' },
  between: { ...COMMON, input: 'own', lower: 'own', upper: 'own' },
  conjunction: { ...COMMON, children: 'own' },
  operator: { ...COMMON, children: 'own' },
  case: { ...COMMON, case_checks: 'own', else_expr: 'own' },
  branch: { when_expr: 'own', then_expr: 'own' },
  call: {
    ...COMMON,
    function_name: 'own',
    schema: 'own',
    catalog: 'own',
    children: 'own',
    filter: { construct: 'FILTER', accepted: 'sum(x) FILTER (WHERE …)' },
    order_bys: 'own',
    distinct: { construct: 'DISTINCT', accepted: 'count(DISTINCT x)' },
    is_operator: 'own',
    export_state: { construct: 'EXPORT_STATE', accepted: 'sum(x)' },
  },
} as const satisfies Record<string, Shape>;

/** An expression of the syntax tree as an expression of the plan: only what is listed here gets through. */
export function resolveExpr(env: ExprEnv, node: SyntaxNode): Expr {
  return within(env.ctx, node, () => resolveByClass(env, node));
}

function resolveByClass(env: ExprEnv, node: SyntaxNode): Expr {
  const { ctx } = env;
  switch (node['class']) {
    case 'COLUMN_REF':
      return resolveColumn(env, node);
    case 'CONSTANT':
      return resolveConstant(ctx, node);
    case 'CAST':
      return resolveCast(env, node);
    case 'COMPARISON':
      return resolveComparison(env, node);
    case 'BETWEEN':
      return resolveBetween(env, node);
    case 'CONJUNCTION':
      return resolveConjunction(env, node);
    case 'OPERATOR':
      return resolveOperator(env, node);
    case 'CASE':
      return resolveCase(env, node);
    case 'FUNCTION':
      return resolveFunction(env, node);
    case 'WINDOW':
      return resolveWindow(env, node, resolveExpr);
    case 'SUBQUERY':
      if (env.subqueries !== null) return env.subqueries(env, node);
      throw refuseSubquery(ctx, node);
    default:
      throw refuseClass(ctx, node);
  }
}

function refuseSubquery(ctx: ResolveContext, node: SyntaxNode): Error {
  const construct =
    node['subquery_type'] === 'EXISTS' ? 'EXISTS' : node['subquery_type'] === 'ANY' ? 'IN (SELECT …)' : '(SELECT …)';
  return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
    construct,
    accepted: 'WHERE … AND x IN (SELECT …), WHERE … AND [NOT] EXISTS (SELECT …), JOIN',
  });
}

const CLASS_HINTS: Readonly<Record<string, readonly [construct: string, accepted: string]>> = {
  STAR: ['*', 'SELECT *, count(*)'],
  LAMBDA: ['lambda', 'CASE WHEN … THEN … END'],
  COLLATE: ['COLLATE', 'lower(text)'],
};

function refuseClass(ctx: ResolveContext, node: SyntaxNode): Error {
  if (node['class'] === 'PARAMETER') {
    const parameter = parameterOf(ctx.text, String(node['identifier']));
    const facts = { construct: parameter?.word ?? '?', accepted: 'a literal' };
    return refusalAt(ctx, parameter?.at ?? null, 'SQL_CONSTRUCT_REFUSED', facts);
  }
  if (node['class'] === 'POSITIONAL_REFERENCE') {
    const facts = { construct: wordAt(ctx, offsetOf(ctx, node)), accepted: 'a column name' };
    return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', facts);
  }
  if (node['class'] === 'STAR' && node['columns'] === true) {
    return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'COLUMNS(…)', accepted: 'SELECT *, SELECT a, b' });
  }
  const [construct, accepted] = CLASS_HINTS[String(node['class'])] ?? [
    String(node['class'] ?? 'node'),
    'columns, literals, functions, CASE',
  ];
  return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct, accepted });
}

// ── Columns ──────────────────────────────────────────────────────────────────────────────────────────────────────

const NOW_WORDS: ReadonlySet<string> = new Set(['current_timestamp', 'localtimestamp']);

function resolveColumn(env: ExprEnv, node: SyntaxNode): Expr {
  const { ctx, scope } = env;
  checkShape(ctx, node, SHAPES.column);
  const parts = textsAt(ctx, node, 'column_names');
  const at = offsetOf(ctx, node);
  const name = parts.join('.');
  if (parts.length > 2) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: name, accepted: `${parts.at(-2)}.${parts.at(-1)}` });
  }
  const found = lookup(ctx, scope, parts, at);
  const single = parts.length === 1 ? name : null;
  if (found?.kind === 'column' && (single === null || env.hidden?.(found.id) !== true)) return found;
  const alias = single === null ? null : (env.alias?.(env, single) ?? null);
  if (alias !== null) return { ...alias, at };
  if (found !== null) return found;
  const word = single?.toLowerCase() ?? '';
  if (word === 'current_date') return todayLiteral(ctx.facts.today, at);
  if (NOW_WORDS.has(word)) return nowLiteral(ctx.facts.now, at);
  if (scope.relations.some((relation) => relation.alias.toLowerCase() === word)) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: `${name} (row)`, accepted: `${name}.*` });
  }
  throw refusal(ctx, node, 'SQL_COLUMN_UNKNOWN', { column: name, near: nearColumns(scope, parts.at(-1) ?? '') });
}

// ── Casts ────────────────────────────────────────────────────────────────────────────────────────────────────────

function resolveCast(env: ExprEnv, node: SyntaxNode): Expr {
  const { ctx } = env;
  checkShape(ctx, node, SHAPES.cast);
  const type = castType(ctx, node);
  const child = nodeAt(ctx, node, 'child');
  const arg = resolveExpr(env, child);
  const at = offsetOf(ctx, node);
  const written = (): string => typeWritten(ctx.text, at) ?? typeName(type);
  if (arg.type.kind === 'token') throw identifierUse(ctx, arg.at, `CAST AS ${written()}`);
  if (type.kind === 'interval') return intervalLiteral(ctx, node, arg);
  if (isLiteral(arg)) {
    const converted = convertLiteral(arg, type);
    if (converted !== null) return { ...converted, at: at ?? arg.at };
    if (node['try_cast'] === true) return nullLiteral(at, type);
    if (arg.type.kind === 'text') {
      throw refusalAt(ctx, arg.at ?? at, 'SQL_LITERAL_REFUSED', {
        what: wordAt(ctx, arg.at),
        accepted: `${written()}: ${FORMS[type.kind] ?? '…'}`,
      });
    }
  }
  if (!isCastable(arg.type, type))
    throw mismatch(ctx, at, `CAST AS ${written()}`, castable(type), arg.type, 'CAST(x AS varchar)');
  return sameType(arg.type, type) ? arg : { kind: 'cast', arg, type, at };
}

// ── Comparisons and logic ────────────────────────────────────────────────────────────────────────────────────────

const COMPARISON_NAMES: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: 'eq',
  COMPARE_NOTEQUAL: 'neq',
  COMPARE_LESSTHAN: 'lt',
  COMPARE_LESSTHANOREQUALTO: 'lte',
  COMPARE_GREATERTHAN: 'gt',
  COMPARE_GREATERTHANOREQUALTO: 'gte',
  COMPARE_DISTINCT_FROM: 'distinct_from',
  COMPARE_NOT_DISTINCT_FROM: 'not_distinct',
};

function resolveComparison(env: ExprEnv, node: SyntaxNode): Expr {
  checkShape(env.ctx, node, SHAPES.comparison);
  const fn = COMPARISON_NAMES[String(node['type'])];
  if (fn === undefined) throw refuseClass(env.ctx, node);
  const sides = [nodeAt(env.ctx, node, 'left'), nodeAt(env.ctx, node, 'right')].map((side) => resolveExpr(env, side));
  return comparison(env.ctx, fn, sides, offsetOf(env.ctx, node));
}

function resolveBetween(env: ExprEnv, node: SyntaxNode): Expr {
  checkShape(env.ctx, node, SHAPES.between);
  const sides = ['input', 'lower', 'upper'].map((field) => resolveExpr(env, nodeAt(env.ctx, node, field)));
  return comparison(env.ctx, 'between', sides, offsetOf(env.ctx, node));
}

function resolveConjunction(env: ExprEnv, node: SyntaxNode): Expr {
  checkShape(env.ctx, node, SHAPES.conjunction);
  const fn = node['type'] === 'CONJUNCTION_AND' ? 'and' : 'or';
  const sides = nodesAt(env.ctx, node, 'children').map((child) =>
    asCondition(env.ctx, resolveExpr(env, child), fn.toUpperCase()),
  );
  return call(fn, sides, BOOLEAN, offsetOf(env.ctx, node));
}

function resolveOperator(env: ExprEnv, node: SyntaxNode): Expr {
  const { ctx } = env;
  checkShape(ctx, node, SHAPES.operator);
  const at = offsetOf(ctx, node);
  const children = nodesAt(ctx, node, 'children');
  if (node['type'] === 'GROUPING_FUNCTION') return resolveGrouping(env, node, children, resolveExpr);
  const args = (): Expr[] => children.map((child) => resolveExpr(env, child));
  switch (node['type']) {
    case 'OPERATOR_NOT':
      return call(
        'not',
        args().map((arg) => asCondition(ctx, arg, 'NOT')),
        BOOLEAN,
        at,
      );
    case 'OPERATOR_IS_NULL':
      return call('is_null', args(), BOOLEAN, at);
    case 'OPERATOR_IS_NOT_NULL':
      return call('is_not_null', args(), BOOLEAN, at);
    case 'COMPARE_IN':
      return comparison(ctx, 'in', args(), at);
    case 'COMPARE_NOT_IN':
      return call('not', [comparison(ctx, 'in', args(), at)], BOOLEAN, at);
    case 'OPERATOR_COALESCE':
      return merge(ctx, 'coalesce', args(), at);
    default:
      throw refuseOperator(ctx, node);
  }
}

const OPERATOR_HINTS: Readonly<Record<string, readonly [construct: string, accepted: string]>> = {
  ARRAY_EXTRACT: ['x[1]', 'substring(text, 1, 1)'],
  ARRAY_SLICE: ['x[1:2]', 'substring(text, 1, 2)'],
  STRUCT_EXTRACT: ['x.y', 'table.column'],
  OPERATOR_TRY: ['TRY(…)', 'the expression itself: what fails is NULL'],
};

function refuseOperator(ctx: ResolveContext, node: SyntaxNode): Error {
  const [construct, accepted] = OPERATOR_HINTS[String(node['type'])] ?? [
    String(node['type']),
    'AND, OR, NOT, IN, BETWEEN, IS NULL',
  ];
  return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct, accepted });
}

function resolveCase(env: ExprEnv, node: SyntaxNode): Expr {
  const { ctx } = env;
  checkShape(ctx, node, SHAPES.case);
  const branches = nodesAt(ctx, node, 'case_checks').map((branch) => {
    checkShape(ctx, branch, SHAPES.branch);
    const when = asCondition(ctx, resolveExpr(env, nodeAt(ctx, branch, 'when_expr')), 'WHEN');
    return { when, then: resolveExpr(env, nodeAt(ctx, branch, 'then_expr')) };
  });
  const otherwise = resolveExpr(env, nodeAt(ctx, node, 'else_expr'));
  const values = unify(ctx, [...branches.map((branch) => branch.then), otherwise], 'CASE');
  const last = values.at(-1) ?? otherwise;
  const whens = branches.map(({ when, then }, index) => ({ when, then: values[index] ?? then }));
  return { kind: 'case', whens, otherwise: last, type: last.type, at: offsetOf(ctx, node) };
}

// ── Functions ────────────────────────────────────────────────────────────────────────────────────────────────────

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
const MERGES: ReadonlySet<string> = new Set(['nullif', 'greatest', 'least', 'ifnull']);
const NEGATED: Readonly<Record<string, string>> = { '!~~': '~~', '!~~*': '~~*' };
const NOW_CALLS: ReadonlySet<string> = new Set(['now', 'current_localtimestamp', 'get_current_timestamp']);

function resolveFunction(env: ExprEnv, node: SyntaxNode): Expr {
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
  if (aggregate !== undefined) return resolveAggregate(env, node, aggregate, name, resolveExpr);
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
  checkShape(ctx, node, SHAPES.call);
  checkNoOrder(ctx, node);
  const at = offsetOf(ctx, node);
  if (negated !== undefined) return call('not', [callOf(env, node, negated)], BOOLEAN, at);
  return callOf(env, node, name);
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
  ARITHMETIC.has(name) || MERGES.has(name) || NOW_CALLS.has(name) || name === 'today' || name === 'date_add';

function callOf(env: ExprEnv, node: SyntaxNode, name: string): Expr {
  const { ctx } = env;
  const at = offsetOf(ctx, node);
  const nodes = nodesAt(ctx, node, 'children');
  if (name === 'today' && nodes.length === 0) return todayLiteral(ctx.facts.today, at);
  if (NOW_CALLS.has(name) && nodes.length === 0) return nowLiteral(ctx.facts.now, at);
  if (/^to_(year|quarter|month|week|day|hour|minute|second)s$/.test(name) && nodes.length === 1)
    return intervalOf(env, node, name, nodes);
  const args = nodes.map((child) => resolveExpr(env, child));
  const [left, right] = args;
  if (ARITHMETIC.has(name) || name === 'date_add') {
    if (args.length === 1 && left !== undefined && name === '-') return negation(ctx, left, at);
    if (args.length === 1 && left !== undefined && name === '+') return negation(ctx, negation(ctx, left, at), at);
    if (args.length === 2 && left !== undefined && right !== undefined) {
      return arithmetic(ctx, name === 'date_add' ? '+' : (ARITHMETIC_SYMBOL[name] ?? name), left, right, at);
    }
    const accepted =
      name === 'date_add' ? 'date_add(date, INTERVAL 1 MONTH)' : /^\w/.test(name) ? `${name}(a, b)` : `a ${name} b`;
    throw refusal(ctx, node, 'SQL_FUNCTION_REFUSED', { function: name, given: args.length, accepted });
  }
  if (MERGES.has(name)) return merge(ctx, name === 'ifnull' ? 'coalesce' : name, args, at, name);
  const entry = scalarSpelled(name);
  if (entry === undefined)
    throw refusal(ctx, node, 'SQL_FUNCTION_REFUSED', { function: name, given: args.length, accepted: `${name}()` });
  return scalarCall(ctx, entry, spelled(name), args, at);
}

function intervalOf(env: ExprEnv, node: SyntaxNode, name: string, nodes: readonly SyntaxNode[]): Expr {
  const { ctx } = env;
  const [only = node] = nodes;
  const count = resolveExpr(env, intervalCount(only));
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
    throw refusal(ctx, node, 'SQL_LITERAL_REFUSED', {
      what: 'INTERVAL',
      accepted: "INTERVAL '1 month', INTERVAL 3 DAY",
    });
  }
  const entry = scalarSpelled(name);
  if (entry === undefined) throw refuseClass(ctx, node);
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
