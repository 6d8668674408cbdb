import { copyRel } from './copy-rel.ts';
import { columnRef } from './expression-env.ts';
import { integerLiteral } from './literals.ts';
import type { Aggregate, ColumnId, Expr, Join, NamedAggregate, NamedExpr, Rel } from './plan.ts';
import { columnsOf } from './plan.ts';
import { call, conjunction } from './resolve-operators.ts';
import { mapExpr } from './same-expression.ts';
import { BOOLEAN, INTEGER } from './sql-type.ts';
import { freshId, type ResolveContext, refusalAt, type SyntaxNode } from './syntax-node.ts';

/**
 * `count(DISTINCT (customer, day))`: no text is made of an identifier, so that pairs with one are rows that are counted: those of
 * `SELECT DISTINCT k, customer, day`, per group and beside the group's other aggregates.
 */
export const isOfPairs = ({ call: made }: NamedAggregate): boolean => made.distinct && made.args.length > 1;

export function pairsRefused(ctx: ResolveContext, { measures }: Aggregate): Error {
  const accepted = 'SELECT count(*) FROM (SELECT DISTINCT a, b FROM t)';
  const at = measures.find(isOfPairs)?.call.at ?? null;
  return refusalAt(ctx, at, 'SQL_CONSTRUCT_REFUSED', { construct: 'count(DISTINCT id, b)', accepted });
}

/** The aggregation with its numbers of pairs beside it. Keys and measures keep their ids. Throws SQL_CONSTRUCT_REFUSED. */
export function withPairs(ctx: ResolveContext, node: SyntaxNode, aggregate: Aggregate): Rel {
  const pairs = aggregate.measures.filter(isOfPairs);
  if (pairs.length === 0) return aggregate;
  const isPlain = aggregate.sets === null && aggregate.keys.every(({ expr }) => expr.type.kind !== 'token');
  if (!isPlain) throw pairsRefused(ctx, aggregate);
  const rest: Aggregate = { ...aggregate, measures: aggregate.measures.filter((one) => !isOfPairs(one)) };
  // With neither keys nor other aggregates there is nothing to stand beside.
  const [first, ...more] = pairs;
  const isAlone = rest.keys.length + rest.measures.length === 0 && first !== undefined;
  return isAlone
    ? more.reduce<Rel>(
        (rel, pair) => beside(rel, [], counted(ctx, node, aggregate, pair)),
        onlyCounted(ctx, node, aggregate, first),
      )
    : pairs.reduce<Rel>((rel, pair) => beside(rel, aggregate.keys, counted(ctx, node, aggregate, pair)), rest);
}

interface Counted {
  readonly rel: Rel;
  /** As many as the aggregation has. */
  readonly keys: readonly NamedExpr[];
  readonly count: Expr;
  readonly id: ColumnId;
  readonly name: string;
}

/** Different pairs per group, over a copy of the rows. */
function counted(ctx: ResolveContext, node: SyntaxNode, { input, keys }: Aggregate, pair: NamedAggregate): Counted {
  const { rel, ids } = copyRel(ctx, input, node);
  const over = (expr: Expr): Expr =>
    mapExpr(expr, (part) => (part.kind === 'column' ? { ...part, id: ids.get(part.id) ?? part.id } : null));
  const { args, filter, at } = pair.call;
  const rows: Rel = filter === null ? rel : { kind: 'filter', input: rel, predicate: over(filter) };
  const named = (expr: Expr, name: string): NamedExpr => ({ id: freshId(ctx), name, expr });
  const each = keys.map(({ name, expr }) => named(over(expr), name));
  const distinct: Aggregate = {
    ...{ kind: 'aggregate', input: rows, sets: null, measures: [], at },
    keys: [...each, ...args.map((arg, place) => named(over(arg), `value_${place}`))],
  };
  const groups = each.map(({ id, name, expr }) => named(columnRef(id, expr.type, at), name));
  const count: NamedAggregate = {
    ...{ id: freshId(ctx), name: pair.name },
    call: { fn: 'count_star', args: [], distinct: false, filter: null, type: INTEGER, at },
  };
  const made: Aggregate = { kind: 'aggregate', input: distinct, keys: groups, sets: null, measures: [count], at };
  return { rel: made, keys: groups, count: columnRef(count.id, INTEGER, at), id: pair.id, name: pair.name };
}

function onlyCounted(ctx: ResolveContext, node: SyntaxNode, aggregate: Aggregate, pair: NamedAggregate): Rel {
  const { rel, count, id, name } = counted(ctx, node, aggregate, pair);
  return { kind: 'project', input: rel, columns: [{ id, name, expr: count }] };
}

/** The groups, each with its number; 0 where no pair is left. */
function beside(rel: Rel, keys: readonly NamedExpr[], { rel: right, keys: theirs, count, id, name }: Counted): Rel {
  const same = keys.map((key, place) => {
    const [own, other] = [key, theirs[place]!].map((one) => columnRef(one.id, one.expr.type, null));
    return call('not_distinct', [own!, other!], BOOLEAN, null);
  });
  const on = conjunction(same);
  const join: Join = { kind: 'join', join: on === null ? 'cross' : 'left', left: rel, right, on };
  const kept = columnsOf(rel).map(({ id: own, name: called, type }) => ({
    id: own,
    name: called,
    expr: columnRef(own, type, null),
  }));
  const number = call('coalesce', [count, integerLiteral(0)], INTEGER, count.at);
  return { kind: 'project', input: join, columns: [...kept, { id, name, expr: number }] };
}
