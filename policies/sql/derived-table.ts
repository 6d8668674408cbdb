import { columnRef } from './expression-env.ts';
import { type BoundFrom, type BoundQuery, type FromReader, named, queryNode } from './from-table.ts';
import { type OuterValues, sameValues } from './outer-values.ts';
import { type ColumnRef, columnsOf } from './plan.ts';
import type { Scope } from './scope.ts';
import {
  checkShape,
  nodeAt,
  type ResolveContext,
  refusal,
  type Shape,
  type SyntaxNode,
  textAt,
  textsAt,
} from './syntax-node.ts';

const SUBQUERY_SHAPE: Shape = {
  type: 'own',
  alias: 'own',
  query_location: 'own',
  sample: { construct: 'TABLESAMPLE', accepted: 'WHERE …' },
  subquery: 'own',
  column_name_alias: 'own',
};

/** A subquery in FROM. LATERAL or not, it may mention what stands on its left, as in DuckDB. */
export function derivedTable(reader: FromReader, node: SyntaxNode, left: BoundFrom | null): BoundFrom {
  const { ctx } = reader;
  checkShape(ctx, node, SUBQUERY_SHAPE);
  const scope: Scope = { ...reader.scope, relations: left?.relations ?? [], merged: left?.merged ?? [] };
  const visible = left === null && scope.outer === null ? null : { scope, values: null };
  const query = queryNode(ctx, nodeAt(ctx, node, 'subquery'));
  const first = reader.query(ctx, query, reader.ctes, visible);
  // INVARIANT: where the query around is itself only read for the columns that it mentions, this plan is thrown away.
  const trial = scope.outer !== null && !scope.joined;
  const tied = first.used.length > 0 && (!trial || mentions(left, first.used));
  const bound = tied ? lateral(reader, node, query, left, scope, first.used) : first;
  const alias = textAt(ctx, node, 'alias') || 'unnamed_subquery';
  const from = named(ctx, node, bound, alias, textsAt(ctx, node, 'column_name_alias'));
  return tied ? { ...from, ties: sameValues(bound.outer, first.used) } : from;
}

function lateral(
  reader: FromReader,
  node: SyntaxNode,
  query: SyntaxNode,
  left: BoundFrom | null,
  scope: Scope,
  used: readonly ColumnRef[],
): BoundQuery {
  if (left === null || !mentions(left, used)) {
    throw refuseLateral(reader.ctx, node, 'LATERAL');
  }
  const columns = used.map(({ id, type }) => columnRef(id, type, null) as ColumnRef);
  const values: OuterValues = { columns, outer: left.rel, node };
  return reader.query(reader.ctx, query, reader.ctes, { scope, values });
}

export function refuseLateral(ctx: ResolveContext, node: SyntaxNode, construct: string): Error {
  const accepted = 'FROM t, LATERAL (SELECT … WHERE a = t.b), JOIN … ON a = b';
  return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct, accepted });
}

function mentions(left: BoundFrom | null, used: readonly ColumnRef[]): boolean {
  const ids = new Set(left === null ? [] : columnsOf(left.rel).map(({ id }) => id));
  return used.every(({ id }) => ids.has(id));
}
