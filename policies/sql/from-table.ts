import { scanOf } from './granted-scan.ts';
import type { Outer } from './outer-values.ts';
import type { ColumnRef, Expr, OutputColumn, Rel } from './plan.ts';
import { type BoundColumn, type BoundRelation, fold, type MergedColumn, nearest, type Scope } from './scope.ts';
import type { SelectParts } from './select-assembly.ts';
import {
  checkShape,
  nodeAt,
  offsetOf,
  type ResolveContext,
  refusal,
  type Shape,
  type SyntaxNode,
  textAt,
  textsAt,
} from './syntax-node.ts';

/** Tables and WITH queries of a FROM clause, under their aliases. */

/** A WITH query, resolved again at every reference: each gets columns of its own. */
export interface CteScope {
  readonly name: string;
  readonly query: SyntaxNode;
  readonly aliases: readonly string[];
  /** What the query itself can see. */
  readonly visible: CteScope | null;
  readonly next: CteScope | null;
}

export interface BoundTable {
  readonly rel: Rel;
  readonly columns: readonly OutputColumn[];
}
export interface BoundQuery extends BoundTable {
  /** Columns of the query around this one that it mentions. */
  readonly used: readonly ColumnRef[];
  /** Read with `Outer.values`: the columns that hold them beside `columns`, in their order. */
  readonly outer: readonly OutputColumn[];
  /** Of a single SELECT: the parts that simple correlated subqueries are joined by. */
  readonly parts: SelectParts | null;
}
/** Resolves a whole query: handed in, because queries and FROM clauses hold each other. */
export type QueryReader = (
  ctx: ResolveContext,
  node: SyntaxNode,
  ctes: CteScope | null,
  outer: Outer | null,
) => BoundQuery;

export interface FromReader {
  readonly ctx: ResolveContext;
  readonly ctes: CteScope | null;
  readonly query: QueryReader;
  /** Of the SELECT: what derived tables can see beyond their own FROM. No relations yet. */
  readonly scope: Scope;
  /** The outer values that the first table is put beside; null where there are none. */
  readonly start: Rel | null;
}
export interface BoundFrom {
  readonly rel: Rel;
  readonly relations: readonly BoundRelation[];
  readonly merged: readonly MergedColumn[];
  /** Conditions that tie a derived table to what stands on its left (LATERAL). */
  readonly ties: readonly Expr[];
}

export const TABLE_HINT = 'a resource that the plan grants';
const BASE_SHAPE: Shape = {
  type: 'own',
  alias: 'own',
  query_location: 'own',
  sample: { construct: 'TABLESAMPLE', accepted: 'WHERE …' },
  schema_name: 'own',
  catalog_name: 'own',
  table_name: 'own',
  column_name_alias: 'own',
  at_clause: { construct: 'AT (VERSION …)', accepted: 'the current version' },
};
/** WHY no others: clients name a schema before every table, each its own, and here there is one. */
const OF_THE_ENGINE: ReadonlySet<string> = new Set(['information_schema', 'pg_catalog', 'temp', 'system']);
const QUERY_SHAPE: Shape = { node: 'own', named_param_map: { construct: '$1', accepted: 'a literal' } };

export function baseTable(reader: FromReader, node: SyntaxNode): BoundFrom {
  const { ctx } = reader;
  const name = textAt(ctx, node, 'table_name');
  checkShape(ctx, node, BASE_SHAPE);
  const schema = textAt(ctx, node, 'schema_name');
  if (node['catalog_name'] !== '' || OF_THE_ENGINE.has(fold(schema))) {
    const construct = [node['catalog_name'], schema, name].filter((part) => part !== '').join('.');
    throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct, accepted: TABLE_HINT });
  }
  const alias = textAt(ctx, node, 'alias') || name;
  const renames = textsAt(ctx, node, 'column_name_alias');
  // A name with a schema is a table's, whatever WITH calls so.
  for (let cte = schema === '' ? reader.ctes : null; cte !== null; cte = cte.next) {
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

function readCte(reader: FromReader, cte: CteScope): BoundTable {
  const bound = reader.query(reader.ctx, cte.query, cte.visible, null);
  return { rel: bound.rel, columns: rename(bound.columns, cte.aliases) };
}

export function rename(columns: readonly OutputColumn[], names: readonly string[]): readonly OutputColumn[] {
  return columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
}

/** A relation under its alias. Of equal names the first is visible; later ones get `_1`, `_2`, as in DuckDB. */
export function named(
  ctx: ResolveContext,
  node: SyntaxNode,
  bound: BoundTable,
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
    return { name, id: column.id, type: column.type };
  });
  return { rel: bound.rel, relations: [{ alias, columns }], merged: [], ties: [] };
}

/** The query inside `{node, named_param_map}`. */
export function queryNode(ctx: ResolveContext, holder: SyntaxNode): SyntaxNode {
  checkShape(ctx, holder, QUERY_SHAPE);
  return nodeAt(ctx, holder, 'node');
}
