import { asCondition, unify } from './coercion.ts';
import type { ExprEnv } from './expression-env.ts';
import { hintFor } from './functions/refused-functions.ts';
import { scanOf } from './granted-scan.ts';
import { isLiteral, nullLiteral } from './literals.ts';
import type { Expr, Join, OutputColumn, Rel } from './plan.ts';
import { resolveExpr } from './resolve-expr.ts';
import { call, comparison } from './resolve-operators.ts';
import {
  type BoundColumn,
  type BoundRelation,
  EMPTY_SCOPE,
  fold,
  lookup,
  type MergedColumn,
  nearColumns,
  nearest,
  type Scope,
} from './scope.ts';
import { BOOLEAN } from './sql-type.ts';
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
import { mergedColumn, mergeFull } from './using-columns.ts';

/** A WITH query, resolved again at every reference: each gets columns of its own. */
export interface CteScope {
  readonly name: string;
  readonly query: SyntaxNode;
  readonly aliases: readonly string[];
  /** What the query itself can see. */
  readonly visible: CteScope | null;
  readonly next: CteScope | null;
}

export interface BoundQuery {
  readonly rel: Rel;
  readonly columns: readonly OutputColumn[];
}
/** Resolves a whole query: handed in, because queries and FROM clauses hold each other. */
export type QueryReader = (ctx: ResolveContext, node: SyntaxNode, ctes: CteScope | null) => BoundQuery;

export interface FromReader {
  readonly ctx: ResolveContext;
  readonly ctes: CteScope | null;
  readonly query: QueryReader;
}
export interface BoundFrom {
  readonly rel: Rel;
  readonly relations: readonly BoundRelation[];
  readonly merged: readonly MergedColumn[];
}

const TABLE_HINT = 'a resource that the plan grants';
const SAMPLE = { construct: 'TABLESAMPLE', accepted: 'WHERE …' } as const;
const BASE_SHAPE: Shape = {
  type: 'own',
  alias: 'own',
  query_location: 'own',
  sample: SAMPLE,
  schema_name: 'own',
  catalog_name: 'own',
  table_name: 'own',
  column_name_alias: 'own',
  at_clause: { construct: 'AT (VERSION …)', accepted: 'the current version' },
};
const SUBQUERY_SHAPE: Shape = {
  type: 'own',
  alias: 'own',
  query_location: 'own',
  sample: SAMPLE,
  subquery: 'own',
  column_name_alias: 'own',
};
const QUERY_SHAPE: Shape = { node: 'own', named_param_map: { construct: '$1', accepted: 'a literal' } };
const JOIN_SHAPE: Shape = {
  type: 'own',
  alias: { construct: 'alias of a join', accepted: '(SELECT … FROM a JOIN b ON …) AS t' },
  query_location: 'own',
  sample: SAMPLE,
  left: 'own',
  right: 'own',
  condition: 'own',
  join_type: 'own',
  ref_type: 'own',
  using_columns: 'own',
  delim_flipped: { construct: 'LATERAL', accepted: 'JOIN … ON a = b' },
  duplicate_eliminated_columns: { construct: 'LATERAL', accepted: 'JOIN … ON a = b' },
};
const LIST_SHAPE: Shape = {
  type: 'own',
  alias: 'own',
  query_location: 'own',
  sample: SAMPLE,
  expected_names: 'own',
  expected_types: { construct: 'typed VALUES', accepted: 'VALUES (1, 2)' },
  values: 'own',
  column_name_alias: 'own',
};
const EMPTY_SHAPE: Shape = { type: 'own', alias: 'own', query_location: 'own', sample: SAMPLE };

/** A FROM clause: the relation and the names that it makes visible. */
export function resolveFrom(reader: FromReader, node: SyntaxNode): BoundFrom {
  return within(reader.ctx, node, () => {
    switch (node['type']) {
      case 'BASE_TABLE':
        return baseTable(reader, node);
      case 'SUBQUERY':
        return derivedTable(reader, node);
      case 'JOIN':
        return join(reader, node);
      case 'EXPRESSION_LIST':
        return valuesList(reader.ctx, node);
      case 'EMPTY':
        checkShape(reader.ctx, node, EMPTY_SHAPE);
        return { rel: { kind: 'values', columns: [], rows: [[]] }, relations: [], merged: [] };
      default:
        throw refuseSource(reader.ctx, node);
    }
  });
}

const SOURCE_HINTS: Readonly<Record<string, readonly [construct: string, accepted: string]>> = {
  TABLE_FUNCTION: ['table function', TABLE_HINT],
  COLUMN_DATA: ['column data', TABLE_HINT],
};

function refuseSource(ctx: ResolveContext, node: SyntaxNode): Error {
  if (node['type'] === 'SHOW_REF') return refuseShow(ctx, node);
  if (node['type'] === 'PIVOT') return refusePivot(ctx, node);
  const [construct, accepted] = SOURCE_HINTS[String(node['type'])] ?? [String(node['type']), TABLE_HINT];
  const fn = isNode(node['function']) ? String(node['function']['function_name']) : null;
  if (fn !== null) {
    return refusal(ctx, node, 'SQL_FUNCTION_REFUSED', { function: fn, accepted: hintFor(fn) ?? accepted });
  }
  return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct, accepted });
}

/** SHOW, DESCRIBE and SUMMARIZE have no place of their own: it is that of the word before the table. */
function refuseShow(ctx: ResolveContext, node: SyntaxNode): Error {
  const named = offsetOf(ctx, node);
  const found = keywordBefore(ctx.words(), ['SHOW', 'DESCRIBE', 'DESC', 'SUMMARIZE'], named);
  const facts = { construct: found?.word.toUpperCase() ?? 'SHOW', accepted: 'GET /v1/resources' };
  return refusalAt(ctx, found?.at ?? named, 'SQL_CONSTRUCT_REFUSED', facts);
}

function refusePivot(ctx: ResolveContext, node: SyntaxNode): Error {
  const unpivot = Array.isArray(node['unpivot_names']) && node['unpivot_names'].length > 0;
  return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
    construct: unpivot ? 'UNPIVOT' : 'PIVOT',
    accepted: unpivot ? 'SELECT a FROM t UNION ALL SELECT b FROM t' : 'sum(CASE WHEN k = … THEN x END)',
  });
}

// ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

function baseTable(reader: FromReader, node: SyntaxNode): BoundFrom {
  const { ctx } = reader;
  const name = textAt(ctx, node, 'table_name');
  checkShape(ctx, node, BASE_SHAPE);
  const outside = [node['catalog_name'], node['schema_name']].filter((part) => part !== '');
  if (outside.length > 0) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: [...outside, name].join('.'),
      accepted: TABLE_HINT,
    });
  }
  const alias = textAt(ctx, node, 'alias') || name;
  const renames = textsAt(ctx, node, 'column_name_alias');
  for (let cte = reader.ctes; cte !== null; cte = cte.next) {
    if (fold(cte.name) === fold(name)) return named(ctx, node, readCte(reader, cte), alias, renames);
  }
  const granted = ctx.catalog.get(name) ?? ctx.catalog.get(fold(name));
  if (granted === undefined) {
    const tables = [...ctx.catalog.keys()];
    throw refusal(ctx, node, 'SQL_TABLE_UNKNOWN', {
      table: name,
      granted: tables.length <= 30 ? tables : nearest(name, tables),
    });
  }
  return named(ctx, node, scanOf(ctx, granted, offsetOf(ctx, node)), alias, renames);
}

function readCte(reader: FromReader, cte: CteScope): BoundQuery {
  const bound = reader.query(reader.ctx, cte.query, cte.visible);
  return { rel: bound.rel, columns: rename(bound.columns, cte.aliases) };
}

export function rename(columns: readonly OutputColumn[], names: readonly string[]): readonly OutputColumn[] {
  return columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
}

/** A relation under its alias. Of equal names the first is visible; later ones get `_1`, `_2`, as in DuckDB. */
function named(
  ctx: ResolveContext,
  node: SyntaxNode,
  bound: BoundQuery,
  alias: string,
  renames: readonly string[],
): BoundFrom {
  if (renames.length > bound.columns.length) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
      construct: `${alias}(${renames.join(', ')})`,
      accepted: `column names, at most ${bound.columns.length}`,
    });
  }
  const taken = new Set<string>();
  const columns = rename(bound.columns, renames).map((column): BoundColumn => {
    let name = column.name;
    for (let copy = 1; taken.has(fold(name)); copy++) name = `${column.name}_${copy}`;
    taken.add(fold(name));
    return { name, id: column.id, type: column.type, starred: column.type.kind !== 'token' };
  });
  return { rel: bound.rel, relations: [{ alias, columns }], merged: [] };
}

function derivedTable(reader: FromReader, node: SyntaxNode): BoundFrom {
  const { ctx } = reader;
  checkShape(ctx, node, SUBQUERY_SHAPE);
  const bound = reader.query(ctx, queryNode(ctx, nodeAt(ctx, node, 'subquery')), reader.ctes);
  return named(
    ctx,
    node,
    bound,
    textAt(ctx, node, 'alias') || 'unnamed_subquery',
    textsAt(ctx, node, 'column_name_alias'),
  );
}

/** The query inside `{node, named_param_map}`. */
export function queryNode(ctx: ResolveContext, holder: SyntaxNode): SyntaxNode {
  checkShape(ctx, holder, QUERY_SHAPE);
  return nodeAt(ctx, holder, 'node');
}

// ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────────

function valuesList(ctx: ResolveContext, node: SyntaxNode): BoundFrom {
  checkShape(ctx, node, LIST_SHAPE);
  const env: ExprEnv = {
    ctx,
    scope: EMPTY_SCOPE,
    alias: null,
    hidden: null,
    aggregates: null,
    accepted: 'a literal',
    windows: null,
    subqueries: null,
  };
  const lists = Array.isArray(node['values']) ? node['values'] : [];
  const rows = lists.map((list) =>
    nodesAt(ctx, { type: 'VALUES', values: list }, 'values').map((value) => literalOf(env, value)),
  );
  const width = rows[0]?.length ?? 0;
  if (width === 0 || rows.some((row) => row.length !== width)) {
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'VALUES', accepted: 'VALUES (1, 2), (3, 4)' });
  }
  const byColumn = Array.from({ length: width }, (_, index) =>
    unify(
      ctx,
      rows.flatMap((row) => row[index] ?? []),
      'VALUES',
    ),
  );
  const columns = byColumn.map((values, index): OutputColumn => {
    const type = values[0]?.type ?? BOOLEAN;
    return { id: freshId(ctx), name: `col${index}`, type: type.kind === 'null' ? { kind: 'integer' } : type };
  });
  const unified = rows.map((_, row) =>
    byColumn.map(
      (values, index): Expr => ({ ...(values[row] ?? nullLiteral()), type: columns[index]?.type ?? BOOLEAN }),
    ),
  );
  const rel: Rel = { kind: 'values', columns, rows: unified };
  return named(
    ctx,
    node,
    { rel, columns },
    textAt(ctx, node, 'alias'),
    node['column_name_alias'] === undefined ? [] : textsAt(ctx, node, 'column_name_alias'),
  );
}

function literalOf(env: ExprEnv, node: SyntaxNode): Expr {
  const expr = resolveExpr(env, node);
  if (isLiteral(expr)) return expr;
  throw refusal(env.ctx, node, 'SQL_LITERAL_REFUSED', { what: 'VALUES', accepted: 'literals' });
}

// ── Joins ────────────────────────────────────────────────────────────────────────────────────────────────────────

const JOIN_TYPES: Readonly<Record<string, Join['join']>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  OUTER: 'full',
  FULL: 'full',
  SEMI: 'semi',
  ANTI: 'anti',
};

function join(reader: FromReader, node: SyntaxNode): BoundFrom {
  const { ctx } = reader;
  checkShape(ctx, node, JOIN_SHAPE);
  const kind = JOIN_TYPES[String(node['join_type'])];
  const form = String(node['ref_type']);
  if (kind === undefined || !['REGULAR', 'CROSS', 'NATURAL'].includes(form)) {
    const construct = `${form === 'REGULAR' ? String(node['join_type']) : form} JOIN`;
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct, accepted: 'JOIN … ON a.k = b.k' });
  }
  const left = resolveFrom(reader, nodeAt(ctx, node, 'left'));
  const right = resolveFrom(reader, nodeAt(ctx, node, 'right'));
  checkAliases(ctx, node, left, right);
  const names = form === 'NATURAL' ? sharedNames(ctx, node, left, right) : textsAt(ctx, node, 'using_columns');
  if (names.length > 0) return joinUsing(ctx, node, kind, left, right, names);
  const visible: Scope = {
    ...EMPTY_SCOPE,
    relations: [...left.relations, ...right.relations],
    merged: [...left.merged, ...right.merged],
  };
  const condition = node['condition'];
  const rel: Join = {
    kind: 'join',
    join: form === 'CROSS' || !isNode(condition) ? 'cross' : kind,
    left: left.rel,
    right: right.rel,
    on: isNode(condition) ? joinCondition(ctx, visible, condition) : null,
    at: offsetOf(ctx, node),
  };
  return bind(rel, left, right, [...left.merged, ...right.merged]);
}

function bind(rel: Join, left: BoundFrom, right: BoundFrom, merged: readonly MergedColumn[]): BoundFrom {
  const leftOnly = rel.join === 'semi' || rel.join === 'anti';
  return {
    rel,
    relations: leftOnly ? left.relations : [...left.relations, ...right.relations],
    merged: leftOnly ? left.merged : merged,
  };
}

function joinCondition(ctx: ResolveContext, scope: Scope, node: SyntaxNode): Expr {
  const env: ExprEnv = {
    ctx,
    scope,
    alias: null,
    hidden: null,
    aggregates: null,
    accepted: 'HAVING sum(x) > …',
    windows: null,
    subqueries: null,
  };
  return asCondition(ctx, resolveExpr(env, node), 'ON');
}

function checkAliases(ctx: ResolveContext, node: SyntaxNode, left: BoundFrom, right: BoundFrom): void {
  const taken = new Set(left.relations.map((relation) => fold(relation.alias)));
  const twice = right.relations.find(
    (relation) => taken.has(fold(relation.alias)) && relation.alias !== 'unnamed_subquery',
  );
  if (twice === undefined) return;
  throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
    construct: `${twice.alias}, ${twice.alias}`,
    accepted: `${twice.alias} AS a, ${twice.alias} AS b`,
  });
}

function sharedNames(ctx: ResolveContext, node: SyntaxNode, left: BoundFrom, right: BoundFrom): readonly string[] {
  const names = (side: BoundFrom): string[] =>
    side.relations.flatMap((relation) => relation.columns.map((column) => column.name));
  const others = new Set(names(right).map(fold));
  const shared = [...new Set(names(left).filter((name) => others.has(fold(name))))];
  if (shared.length === 0)
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'NATURAL JOIN', accepted: 'JOIN … ON a.k = b.k' });
  return shared;
}

/** USING: equality of the columns of that name, and one merged column (the side that is never padded, or either). */
function joinUsing(
  ctx: ResolveContext,
  node: SyntaxNode,
  kind: Join['join'],
  left: BoundFrom,
  right: BoundFrom,
  names: readonly string[],
): BoundFrom {
  const at = offsetOf(ctx, node);
  const pairs = names.map((name) => {
    const find = (side: BoundFrom): Expr => {
      const scope: Scope = { ...EMPTY_SCOPE, relations: side.relations, merged: side.merged };
      const found = lookup(ctx, scope, [name], at);
      if (found === null)
        throw refusal(ctx, node, 'SQL_COLUMN_UNKNOWN', { column: name, near: nearColumns(scope, name) });
      return found;
    };
    return { name, left: find(left), right: find(right) };
  });
  const equalities = pairs.map((pair) => comparison(ctx, 'eq', [pair.left, pair.right], at));
  const on =
    equalities.length === 1 && equalities[0] !== undefined ? equalities[0] : call('and', equalities, BOOLEAN, at);
  const rel: Join = { kind: 'join', join: kind, left: left.rel, right: right.rel, on, at };
  if (kind === 'semi' || kind === 'anti') return bind(rel, left, right, []);
  const both = [...left.merged, ...right.merged];
  if (kind !== 'full') {
    const merged = pairs.map((pair) =>
      mergedColumn(pair.name, kind === 'right' ? pair.right : pair.left, [pair.left, pair.right], both),
    );
    return bind(rel, left, right, [...both, ...merged]);
  }
  return mergeFull(ctx, rel, left, right, pairs, both);
}
