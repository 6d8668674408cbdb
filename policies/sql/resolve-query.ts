import { unify } from './coercion.ts';
import { columnRef } from './expression-env.ts';
import { type BoundQuery, type CteScope, queryNode, rename } from './from-table.ts';
import { limitedPer } from './limit-per.ts';
import { orderPosition } from './order-position.ts';
import type { Outer } from './outer-values.ts';
import { outputName } from './output-name.ts';
import type { Expr, Offset, OutputColumn, Rel, SortKey } from './plan.ts';
import { resolveSelect } from './resolve-select.ts';
import { sortKey } from './resolve-window.ts';
import { fold } from './scope.ts';
import { eachModifier } from './select-modifiers.ts';
import { isStar } from './star.ts';
import {
  checkShape,
  freshId,
  isNode,
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
import { keywordBefore } from './text-words.ts';
import { sameType } from './type-rules.ts';

const CTE_SHAPE: Shape = {
  aliases: 'own',
  query: 'own',
  materialized: 'own',
  key_targets: { construct: 'USING KEY', accepted: 'WITH t AS (SELECT …)' },
};
const SET_SHAPE: Shape = {
  type: 'own',
  modifiers: 'own',
  cte_map: 'own',
  setop_type: 'own',
  left: 'own',
  right: 'own',
  setop_all: 'own',
  children: 'own',
};

/** A query: SELECT, set operation or VALUES, under the WITH queries around it. */
export function resolveQuery(
  ctx: ResolveContext,
  node: SyntaxNode,
  ctes: CteScope | null,
  outer: Outer | null,
): BoundQuery {
  return within(ctx, node, () => {
    const visible = readCtes(ctx, node, ctes);
    switch (node['type']) {
      case 'SELECT_NODE':
        return resolveSelect({ ctx, node, ctes: visible, query: resolveQuery, outer });
      case 'SET_OPERATION_NODE':
        return resolveSetOperation(ctx, node, visible, outer);
      default:
        throw refuseQuery(ctx, node);
    }
  });
}

function refuseQuery(ctx: ResolveContext, node: SyntaxNode): Error {
  if (node['type'] === 'RECURSIVE_CTE_NODE') {
    const accepted =
      "FROM generate_series(DATE '2024-01-01', DATE '2024-12-01', INTERVAL 1 MONTH) AS t(d), range(10) AS t(n)";
    return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'WITH RECURSIVE', accepted });
  }
  const construct = String(node['type'] ?? 'query');
  return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct, accepted: 'WITH t AS (SELECT …) SELECT …' });
}

function readCtes(ctx: ResolveContext, node: SyntaxNode, outer: CteScope | null): CteScope | null {
  const entries = nodesAt(ctx, nodeAt(ctx, node, 'cte_map'), 'map');
  let scope = outer;
  for (const entry of entries) {
    const value = nodeAt(ctx, entry, 'value');
    checkShape(ctx, value, CTE_SHAPE);
    const query = queryNode(ctx, nodeAt(ctx, value, 'query'));
    const aliases = textsAt(ctx, value, 'aliases');
    if (query['type'] === 'RECURSIVE_CTE_NODE') throw refuseQuery(ctx, query);
    scope = { name: textAt(ctx, entry, 'key'), query, aliases, visible: scope, next: scope };
    // Read once even if nothing refers to it: what is not on the allow-list is refused wherever it stands.
    const ids = ctx.ids;
    const bound = resolveQuery(ctx, query, scope.visible, null);
    if (aliases.length > bound.columns.length) {
      throw refusal(ctx, query, 'SQL_CONSTRUCT_REFUSED', {
        construct: `${scope.name}(${aliases.join(', ')})`,
        accepted: `column names, at most ${bound.columns.length}`,
      });
    }
    rename(bound.columns, aliases);
    ctx.ids = ids;
  }
  return scope;
}

const SET_OPERATIONS: Readonly<Record<string, 'union' | 'intersect' | 'except'>> = {
  UNION: 'union',
  INTERSECT: 'intersect',
  EXCEPT: 'except',
};

function resolveSetOperation(
  ctx: ResolveContext,
  node: SyntaxNode,
  ctes: CteScope | null,
  outer: Outer | null,
): BoundQuery {
  checkShape(ctx, node, SET_SHAPE);
  const op = SET_OPERATIONS[String(node['setop_type'])];
  if (op === undefined)
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'UNION BY NAME', accepted: 'UNION ALL' });
  const left = resolveQuery(ctx, nodeAt(ctx, node, 'left'), ctes, outer);
  const right = resolveQuery(ctx, nodeAt(ctx, node, 'right'), ctes, outer);
  const word = op.toUpperCase();
  const rightAt = offsetOf(ctx, nodeAt(ctx, node, 'right'));
  const at = keywordBefore(ctx.words(), [word], rightAt)?.at ?? rightAt;
  const pairs = matchedColumns(ctx, node, left, right, word, at);
  const given = left.columns.map(
    (column, index): OutputColumn => ({
      id: freshId(ctx),
      name: column.name,
      type: pairs[index]?.[0]?.type ?? column.type,
    }),
  );
  const each = left.outer.map((column): OutputColumn => ({ ...column, id: freshId(ctx) }));
  const rel: Rel = {
    kind: 'set-operation',
    op,
    all: node['setop_all'] === true,
    left: inTypes(ctx, left, pairs, 0),
    right: inTypes(ctx, right, pairs, 1),
    columns: [...given, ...each],
    at,
  };
  const { sort, limit } = eachModifier(ctx, node, {
    orders: (orders) => orders.flatMap((order) => outputKeys(ctx, order, given)),
    distinctOn: () => [],
  });
  const apart = each.map(({ id, type }) => columnRef(id, type, null));
  const used = new Map([...left.used, ...right.used].map((column) => [column.id, column]));
  return {
    rel: limitedPer(ctx, rel, sort, limit, apart),
    columns: given,
    used: [...used.values()],
    outer: each,
    parts: null,
  };
}

/** The columns of both sides by position, each pair in one type. */
function matchedColumns(
  ctx: ResolveContext,
  node: SyntaxNode,
  left: BoundQuery,
  right: BoundQuery,
  word: string,
  at: Offset,
): readonly (readonly Expr[])[] {
  if (left.columns.length !== right.columns.length) {
    throw refusalAt(ctx, at, 'SQL_TYPE_MISMATCH', {
      what: word,
      expected: `${left.columns.length} columns`,
      actual: `${right.columns.length} columns`,
      accepted: 'the same number of columns on both sides',
    });
  }
  return left.columns.map((column, index) => {
    const other = right.columns[index] ?? column;
    const sides = [
      columnRef(column.id, column.type, itemAt(ctx, nodeAt(ctx, node, 'left'), index) ?? at),
      columnRef(other.id, other.type, itemAt(ctx, nodeAt(ctx, node, 'right'), index) ?? at),
    ];
    return unify(ctx, sides, word);
  });
}

/** Where an item of a SELECT list stands; null where `*` makes it hard to say. */
function itemAt(ctx: ResolveContext, query: SyntaxNode, index: number): Offset {
  const list = query['select_list'];
  if (!Array.isArray(list) || list.some((item) => isNode(item) && isStar(item))) return null;
  return offsetOf(ctx, list[index]);
}

/** WHY a projection in any case: a set operation matches by position, and a side may give out more than its columns. */
function inTypes(ctx: ResolveContext, side: BoundQuery, pairs: readonly (readonly Expr[])[], index: 0 | 1): Rel {
  const same = side.columns.every((column, at) => sameType(column.type, pairs[at]?.[index]?.type ?? column.type));
  if (same && side.rel.kind === 'project') return side.rel;
  const columns = side.columns.map((column, at) => ({
    id: freshId(ctx),
    name: column.name,
    expr: pairs[at]?.[index] ?? columnRef(column.id, column.type, null),
  }));
  const each = side.outer.map(({ id, name, type }) => ({ id: freshId(ctx), name, expr: columnRef(id, type, null) }));
  return { kind: 'project', input: side.rel, columns: [...columns, ...each] };
}

/** ORDER BY of a set operation: ALL, a position or the name of an output column. */
function outputKeys(ctx: ResolveContext, order: SyntaxNode, columns: readonly OutputColumn[]): readonly SortKey[] {
  const node = nodeAt(ctx, order, 'expression');
  if (isStar(node) && node['columns'] === true)
    return columns.map(({ id, type }) => sortKey(ctx, order, columnRef(id, type, null)));
  return [sortKey(ctx, order, outputKey(ctx, order, columns))];
}

function outputKey(ctx: ResolveContext, order: SyntaxNode, columns: readonly OutputColumn[]): Expr {
  const node = nodeAt(ctx, order, 'expression');
  const position = orderPosition(ctx, node, columns.length, 'ORDER BY');
  const name = isNode(node) ? outputName(node) : '';
  const column =
    position === null ? columns.find((candidate) => fold(candidate.name) === fold(name)) : columns[position];
  if (column === undefined || (position === null && node['class'] !== 'COLUMN_REF')) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: 'ORDER BY of a set operation',
      accepted: columns.map((candidate) => candidate.name).join(', '),
    });
  }
  return columnRef(column.id, column.type, ctx.offsetOf(node['query_location']));
}
