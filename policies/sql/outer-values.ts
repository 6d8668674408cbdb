import { copyRel } from './copy-rel.ts';
import { columnRef } from './expression-env.ts';
import type { ColumnId, ColumnRef, Expr, OutputColumn, Rel } from './plan.ts';
import { call } from './resolve-operators.ts';
import type { Scope } from './scope.ts';
import { BOOLEAN } from './sql-type.ts';
import { freshId, type ResolveContext, type SyntaxNode } from './syntax-node.ts';

/**
 * Correlated subqueries as joins, whatever they hold. The distinct values of the outer columns that a subquery mentions
 * become a relation of their own; the subquery is read with that relation beside its FROM, so that it is evaluated for
 * all of them at once, and is joined back to the outer rows that have those values.
 * Source: Neumann and Kemper, Unnesting Arbitrary Queries, BTW 2015.
 */
export interface OuterValues {
  /** The outer columns, as the outer relation knows them. */
  readonly columns: readonly ColumnRef[];
  readonly outer: Rel;
  readonly node: SyntaxNode;
}

/** One use of these values: a relation with columns of its own, in the order of `OuterValues.columns`. */
export interface OuterInstance {
  readonly rel: Rel;
  readonly columns: readonly OutputColumn[];
  /** The same values once more. */
  readonly again: () => OuterInstance;
}

/** What a query is read inside of. `values` null: to find out which outer columns it mentions. */
export interface Outer {
  readonly scope: Scope;
  readonly values: OuterValues | null;
}

export function outerInstance(ctx: ResolveContext, values: OuterValues): OuterInstance {
  const { columns, outer, node } = values;
  const copy = copyRel(ctx, outer, node);
  const keys = columns.map((column) => ({
    id: freshId(ctx),
    name: 'outer',
    expr: columnRef(copy.ids.get(column.id) ?? column.id, column.type, null),
  }));
  return {
    rel: { kind: 'aggregate', input: copy.rel, keys, sets: null, measures: [] },
    columns: keys.map(({ id, name, expr }) => ({ id, name, type: expr.type })),
    again: () => outerInstance(ctx, values),
  };
}

/** The scope around a subquery, with the columns of an instance in the place of the outer ones. */
export function scopeOver(scope: Scope, values: OuterValues, instance: OuterInstance): Scope {
  const ids = new Map(values.columns.map(({ id }, index) => [id, instance.columns[index]?.id ?? id]));
  const own = <T extends { readonly id: ColumnId }>(column: T): T => ({
    ...column,
    id: ids.get(column.id) ?? column.id,
  });
  const over = (at: Scope): Scope => ({
    ...at,
    relations: at.relations.map((relation) => ({ ...relation, columns: relation.columns.map(own) })),
    merged: at.merged.map((merged) => ({
      ...merged,
      column: own(merged.column),
      hides: new Set([...merged.hides].map((id) => ids.get(id) ?? id)),
    })),
    outer: at.outer === null ? null : over(at.outer),
    joined: true,
  });
  return over(scope);
}

/** That columns hold the same values, NULL among them, by position. */
export function sameValues(left: readonly OutputColumn[], right: readonly Expr[]): readonly Expr[] {
  return left.map(({ id, type }, index) =>
    call('not_distinct', [columnRef(id, type, null), right[index] ?? columnRef(id, type, null)], BOOLEAN, null),
  );
}
