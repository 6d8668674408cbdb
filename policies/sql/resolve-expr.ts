import { castable, castType, FORMS, isCastable } from './cast-types.ts';
import { asCondition, identifierUse, mismatch, unify, wordAt } from './coercion.ts';
import { elapsedBeside } from './elapsed-time.ts';
import type { ExprEnv } from './expression-env.ts';
import { intervalLiteral } from './interval-literals.ts';
import { convertLiteral, isLiteral, nowLiteral, nullLiteral, todayLiteral } from './literals.ts';
import type { Expr } from './plan.ts';
import { resolveGrouping } from './resolve-aggregate.ts';
import { resolveConstant } from './resolve-constant.ts';
import { resolveFunction } from './resolve-function.ts';
import { call, comparison, merge } from './resolve-operators.ts';
import { resolveWindow } from './resolve-window.ts';
import { isRow, rowParts } from './row-comparison.ts';
import { lookup, nearColumns } from './scope.ts';
import { BOOLEAN } from './sql-type.ts';
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
  textsAt,
  within,
} from './syntax-node.ts';
import { parameterOf, typeWritten } from './text-words.ts';
import { sameType, typeName } from './type-rules.ts';

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
      return resolveFunction(env, node, resolveExpr);
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

const TODAY_WORDS: ReadonlySet<string> = new Set(['current_date', 'sysdate']);
const NOW_WORDS: ReadonlySet<string> = new Set(['current_timestamp', 'localtimestamp', 'systimestamp']);
/** What other systems mean by a name of their own. */
const ACCEPTED_INSTEAD: Readonly<Record<string, string>> = { rownum: 'LIMIT 10' };

function resolveColumn(env: ExprEnv, node: SyntaxNode): Expr {
  const { ctx, scope } = env;
  checkShape(ctx, node, SHAPES.column);
  const written = textsAt(ctx, node, 'column_names');
  const at = offsetOf(ctx, node);
  const name = written.join('.');
  // `schema.table.column`
  const parts = written.length === 3 ? written.slice(1) : written;
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
  if (TODAY_WORDS.has(word)) return todayLiteral(ctx.facts.today, at);
  if (NOW_WORDS.has(word)) return nowLiteral(ctx.facts.now, at);
  if (scope.relations.some((relation) => relation.alias.toLowerCase() === word)) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: `${name} (row)`, accepted: `${name}.*` });
  }
  // Elsewhere "f" is a text.
  const isQuoted = parts.length === 1 && ctx.text.charAt(offsetOf(ctx, node) ?? -1) === '"';
  const instead = isQuoted ? `'${name}'` : ACCEPTED_INSTEAD[word];
  const near = [...nearColumns(scope, parts.at(-1) ?? ''), ...(instead === undefined ? [] : [instead])];
  throw refusal(ctx, node, 'SQL_COLUMN_UNKNOWN', { column: name, near });
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
  const rows =
    fn === 'eq' || fn === 'neq' ? sameRows(env, [nodeAt(env.ctx, node, 'left'), nodeAt(env.ctx, node, 'right')]) : null;
  if (rows !== null) return fn === 'eq' ? rows : call('not', [rows], BOOLEAN, offsetOf(env.ctx, node));
  const nodes = [nodeAt(env.ctx, node, 'left'), nodeAt(env.ctx, node, 'right')];
  const sides = elapsedBeside(env, nodes, resolveExpr) ?? nodes.map((side) => resolveExpr(env, side));
  return comparison(env.ctx, fn, sides, offsetOf(env.ctx, node));
}

/** `(a, b) = (c, d)`, `(a, b) IN ((c, d), …)`; null where the first is no row. In a row NULL equals NULL, as in DuckDB. */
function sameRows(env: ExprEnv, nodes: readonly SyntaxNode[]): Expr | null {
  const { ctx } = env;
  const [left, ...others] = nodes;
  if (left === undefined || !isRow(left)) return null;
  const at = offsetOf(ctx, left);
  const parts = rowParts(env, left, resolveExpr);
  const alike = others.map((node): Expr => {
    const row = isRow(node) ? rowParts(env, node, resolveExpr) : [];
    if (row.length !== parts.length)
      throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: '(a, b)', accepted: '(a, b) = (1, 2)' });
    const equal = parts.map((part, index) => comparison(ctx, 'not_distinct', [part, row[index] ?? part], at));
    return call('and', equal, BOOLEAN, at);
  });
  return alike.length === 1 ? (alike[0] ?? null) : call('or', alike, BOOLEAN, at);
}

function resolveBetween(env: ExprEnv, node: SyntaxNode): Expr {
  checkShape(env.ctx, node, SHAPES.between);
  const nodes = ['input', 'lower', 'upper'].map((field) => nodeAt(env.ctx, node, field));
  const sides = elapsedBeside(env, nodes, resolveExpr) ?? nodes.map((side) => resolveExpr(env, side));
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
      return sameRows(env, children) ?? comparison(ctx, 'in', args(), at);
    case 'COMPARE_NOT_IN':
      return call('not', [sameRows(env, children) ?? comparison(ctx, 'in', args(), at)], BOOLEAN, at);
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
