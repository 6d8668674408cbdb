import { type ExprEnv, outermost } from './expression-env.ts';
import { orderPosition } from './order-position.ts';
import type { Expr, Offset, SortKey } from './plan.ts';
import { constantOf } from './resolve-call.ts';
import { resolveExpr } from './resolve-expr.ts';
import { sortKey } from './resolve-window.ts';
import { EMPTY_SCOPE, fold } from './scope.ts';
import type { Item } from './select-list.ts';
import { isStar } from './star.ts';
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
} from './syntax-node.ts';
import { keywordBefore } from './text-words.ts';

/** ORDER BY, LIMIT and DISTINCT. */

export interface Modifiers {
  readonly distinct: boolean;
  /** DISTINCT ON: of each of these combinations the first row in the order of `sort`. */
  readonly distinctOn: readonly Expr[];
  readonly sort: readonly SortKey[];
  readonly limit: { readonly count: number | null; readonly offset: number; readonly at: Offset } | null;
}

const ORDER_SHAPE: Shape = { type: 'own', orders: 'own' };
const LIMIT_SHAPE: Shape = { type: 'own', limit: 'own', offset: 'own' };
const LIMIT_WORDS = ['LIMIT', 'OFFSET', 'FETCH'];
const DISTINCT_SHAPE: Shape = { type: 'own', distinct_on_targets: 'own' };

/** How the expressions of modifiers are read: they differ between a SELECT and a set operation. */
export interface ModifierReader {
  readonly orders: (orders: readonly SyntaxNode[]) => readonly SortKey[];
  readonly distinctOn: (targets: readonly SyntaxNode[]) => readonly Expr[];
}

/** Modifiers of a SELECT or of a set operation. */
export function eachModifier(ctx: ResolveContext, node: SyntaxNode, reader: ModifierReader): Modifiers {
  let modifiers: Modifiers = { distinct: false, distinctOn: [], sort: [], limit: null };
  for (const modifier of nodesAt(ctx, node, 'modifiers')) {
    switch (modifier['type']) {
      case 'ORDER_MODIFIER':
        checkShape(ctx, modifier, ORDER_SHAPE);
        modifiers = { ...modifiers, sort: reader.orders(nodesAt(ctx, modifier, 'orders')) };
        break;
      case 'LIMIT_MODIFIER':
        checkShape(ctx, modifier, LIMIT_SHAPE);
        modifiers = {
          ...modifiers,
          limit: {
            count: rowCount(ctx, modifier, 'limit'),
            offset: rowCount(ctx, modifier, 'offset') ?? 0,
            at: keywordBefore(ctx.words(), LIMIT_WORDS, offsetOf(ctx, modifier))?.at ?? null,
          },
        };
        break;
      case 'DISTINCT_MODIFIER':
        checkShape(ctx, modifier, DISTINCT_SHAPE);
        modifiers = { ...modifiers, ...distinctOf(ctx, modifier, reader) };
        break;
      default:
        throw refusal(ctx, modifier, 'SQL_CONSTRUCT_REFUSED', {
          construct: modifier['type'] === 'LIMIT_PERCENT_MODIFIER' ? 'LIMIT %' : String(modifier['type']),
          accepted: 'LIMIT 10',
        });
    }
  }
  return modifiers;
}

function rowCount(ctx: ResolveContext, modifier: SyntaxNode, field: 'limit' | 'offset'): number | null {
  const value = modifier[field];
  if (!isNode(value)) return null;
  const env = outermost(ctx, EMPTY_SCOPE, 'LIMIT 10');
  const constant = constantOf(resolveExpr(env, value));
  if (constant !== null && constant.value === null) return null;
  const count = constant?.type.kind === 'integer' ? Number(constant.value) : Number.NaN;
  if (!Number.isSafeInteger(count) || count < 0)
    throw refusal(ctx, value, 'SQL_LITERAL_REFUSED', {
      what: field.toUpperCase(),
      accepted: 'a whole number, as a literal',
    });
  return count;
}

function distinctOf(
  ctx: ResolveContext,
  modifier: SyntaxNode,
  reader: ModifierReader,
): Pick<Modifiers, 'distinct' | 'distinctOn'> {
  const targets = nodesAt(ctx, modifier, 'distinct_on_targets');
  return { distinct: targets.length === 0, distinctOn: reader.distinctOn(targets) };
}

export function readModifiers(env: ExprEnv, node: SyntaxNode, items: readonly Item[]): Modifiers {
  return eachModifier(env.ctx, node, {
    orders: (orders) =>
      orders.flatMap((order) => {
        const expression = nodeAt(env.ctx, order, 'expression');
        if (isStar(expression) && expression['columns'] === true)
          return items.map((item) => sortKey(env.ctx, order, item.expr));
        return [sortKey(env.ctx, order, orderExpr(env, expression, items))];
      }),
    distinctOn: (targets) => targets.map((target) => orderExpr(env, target, items)),
  });
}

/** A position, an alias, the name of one column of the list, or an expression over the query's own columns. */
function orderExpr(env: ExprEnv, node: SyntaxNode, items: readonly Item[]): Expr {
  const position = orderPosition(env.ctx, node, items.length, 'ORDER BY');
  const positioned = position === null ? undefined : items[position];
  if (positioned !== undefined) return positioned.expr;
  const names = node['class'] === 'COLUMN_REF' && Array.isArray(node['column_names']) ? node['column_names'] : [];
  const named = names.length === 1 ? items.filter((item) => fold(item.name) === fold(String(names[0]))) : [];
  // `SELECT a.x FROM a, b ORDER BY x` is a.x, though b has such a column, too.
  const columns = named.filter((item) => item.node['class'] === 'COLUMN_REF');
  const alias = named.find((item) => item.node['alias'] !== '') ?? (columns.length === 1 ? columns[0] : undefined);
  return alias === undefined ? resolveExpr(env, node) : { ...alias.expr, at: offsetOf(env.ctx, node) };
}
