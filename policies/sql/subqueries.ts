import { columnRef, type ExprEnv, type SubqueryReader } from './expression-env.ts';
import { booleanLiteral, integerLiteral, nullLiteral } from './literals.ts';
import {
  type ColumnId,
  columnsOf,
  type Expr,
  type Join,
  type NamedAggregate,
  type NamedExpr,
  type Offset,
  type Rel,
} from './plan.ts';
import { resolveExpr } from './resolve-expr.ts';
import { queryNode } from './resolve-from.ts';
import { call, comparison } from './resolve-operators.ts';
import type { BoundSelect, SelectRequest } from './resolve-select.ts';
import { mapExpr, visitExpr } from './same-expression.ts';
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
  type Shape,
  type SyntaxNode,
} from './syntax-node.ts';

const SUBQUERY_SHAPE: Shape = {
  class: 'own',
  type: 'own',
  alias: 'own',
  query_location: 'own',
  subquery_type: 'own',
  subquery: 'own',
  child: 'own',
  comparison_type: 'own',
};
const ACCEPTED = 'WHERE … AND x IN (SELECT …), WHERE … AND [NOT] EXISTS (SELECT … WHERE inner.k = outer.k), JOIN';

interface Attachment {
  readonly join: 'cross' | 'left';
  readonly rel: Rel;
  readonly on: Expr | null;
  readonly at: Offset;
}
type ReadSelect = (request: SelectRequest) => BoundSelect;

/**
 * Turns the subqueries of one SELECT into joins of its own relation. A scalar subquery of a WHERE or of an aggregate's
 * argument joins the input; one of the SELECT list or HAVING joins what the grouping gives out.
 */
export class SubqueryHost {
  rel: Rel;
  readonly input: SubqueryReader;
  readonly output: SubqueryReader;
  readonly #request: SelectRequest;
  readonly #read: ReadSelect;
  readonly #outputs: Attachment[] = [];
  readonly #semi: SemiJoin[] = [];

  constructor(rel: Rel, request: SelectRequest, read: ReadSelect) {
    this.rel = rel;
    this.#request = request;
    this.#read = read;
    this.input = { scalar: (env, node) => this.#scalar(env, node, (join) => this.#attachInput(join)) };
    this.output = {
      scalar: (env, node) =>
        this.#scalar(env, node, (join) =>
          env.aggregates === null ? this.#attachInput(join) : this.#outputs.push(join),
        ),
    };
  }

  #attachInput(attachment: Attachment): void {
    this.rel = {
      kind: 'join',
      join: attachment.join,
      left: this.rel,
      right: attachment.rel,
      on: attachment.on,
      at: attachment.at,
    };
  }

  /** Applies WHERE, then the semi and anti joins that its predicates became. */
  filter(predicate: Expr | null): void {
    if (predicate !== null) this.rel = { kind: 'filter', input: this.rel, predicate };
    for (const { join, rel, on, at } of this.#semi)
      this.rel = { kind: 'join', join, left: this.rel, right: rel, on, at };
  }

  hasOutputs(): boolean {
    return this.#outputs.length > 0;
  }

  /** Columns that scalar subqueries add above a grouping. */
  attached(): ReadonlySet<ColumnId> {
    return new Set(this.#outputs.flatMap((attachment) => columnsOf(attachment.rel).map((column) => column.id)));
  }

  attachOutputs(rel: Rel, finalize: (expr: Expr) => Expr): Rel {
    return this.#outputs.reduce<Rel>(
      (left, { join, rel: right, on, at }) => ({
        ...{ kind: 'join', join, left, right, at },
        on: on === null ? null : finalize(on),
      }),
      rel,
    );
  }

  /** A conjunct of WHERE that is `[NOT] EXISTS (…)` or `x [NOT] IN (SELECT …)`; false where it is something else. */
  predicate(env: ExprEnv, conjunct: SyntaxNode): boolean {
    const { ctx } = env;
    const negated = conjunct['type'] === 'OPERATOR_NOT';
    const node = negated ? nodesAt(ctx, conjunct, 'children')[0] : conjunct;
    if (node === undefined || node['class'] !== 'SUBQUERY' || node['subquery_type'] === 'SCALAR') return false;
    checkShape(ctx, node, SUBQUERY_SHAPE);
    if (node['subquery_type'] === 'ANY' && node['comparison_type'] !== 'COMPARE_EQUAL') {
      throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'ANY, ALL', accepted: ACCEPTED });
    }
    const source = this.#source(env, node);
    const conditions = [...source.lifted];
    if (node['subquery_type'] === 'ANY') conditions.push(this.#membership(env, node, source, negated));
    const on =
      conditions.length === 1 && conditions[0] !== undefined
        ? conditions[0]
        : conditions.length === 0
          ? booleanLiteral(true)
          : call('and', conditions, BOOLEAN, null);
    this.#semi.push({ join: negated ? 'anti' : 'semi', rel: source.rel, on, at: offsetOf(ctx, node) });
    return true;
  }

  /** `x NOT IN (…)` is false or NULL as soon as one comparison is true or NULL. */
  #membership(env: ExprEnv, node: SyntaxNode, source: Source, negated: boolean): Expr {
    const child = resolveExpr(env, nodeAt(env.ctx, node, 'child'));
    if (source.values.length !== 1 || source.values[0] === undefined) {
      throw refusal(env.ctx, node, 'SQL_CONSTRUCT_REFUSED', {
        construct: 'IN (SELECT a, b …)',
        accepted: 'IN (SELECT a …)',
      });
    }
    const value = source.values[0];
    const equal = comparison(env.ctx, 'eq', [child, value], offsetOf(env.ctx, node));
    if (!negated || (neverNull(this.rel, child) && neverNull(source.rel, value))) return equal;
    return call('coalesce', [equal, booleanLiteral(true)], BOOLEAN, equal.at);
  }

  #source(env: ExprEnv, node: SyntaxNode): Source {
    const { ctx } = env;
    const query = queryNode(ctx, nodeAt(ctx, node, 'subquery'));
    if (query['type'] !== 'SELECT_NODE' || hasCtes(query)) {
      const bound = this.#request.query(ctx, query, this.#request.ctes);
      return {
        rel: bound.rel,
        values: bound.columns.map((column) => columnRef(column.id, column.type, null)),
        lifted: [],
      };
    }
    const bound = this.#readInner(env, node, query);
    if (bound.lifted.length === 0) {
      return {
        rel: bound.rel,
        values: bound.columns.map((column) => columnRef(column.id, column.type, null)),
        lifted: [],
      };
    }
    if (bound.plain === null) throw correlated(ctx, node);
    return { rel: bound.plain.base, values: bound.plain.items, lifted: bound.lifted };
  }

  /** A subquery may mention the query around it, but not the one around that: its join would have no such column. */
  #readInner(env: ExprEnv, node: SyntaxNode, query: SyntaxNode): BoundSelect {
    const before = env.scope.correlation.count;
    const bound = this.#read({ ...this.#request, node: query, outer: env.scope });
    if (env.scope.correlation.count > before) throw correlated(env.ctx, node);
    return bound;
  }

  #scalar(env: ExprEnv, node: SyntaxNode, attach: (attachment: Attachment) => void): Expr {
    const { ctx } = env;
    checkShape(ctx, node, SUBQUERY_SHAPE);
    const query = queryNode(ctx, nodeAt(ctx, node, 'subquery'));
    const bound = query['type'] === 'SELECT_NODE' && !hasCtes(query) ? this.#readInner(env, node, query) : null;
    const column = bound?.columns[0];
    if (bound === null || bound.single === null || column === undefined || bound.columns.length !== 1) {
      throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', {
        construct: '(SELECT …)',
        accepted: '(SELECT max(x) FROM t), JOIN',
      });
    }
    if (bound.lifted.length === 0) {
      const at = offsetOf(ctx, node);
      attach({ join: 'cross', rel: bound.rel, on: null, at });
      return columnRef(column.id, column.type, at);
    }
    return correlatedAggregate(ctx, node, bound.single, bound.lifted, attach);
  }
}

interface SemiJoin {
  readonly join: Extract<Join['join'], 'semi' | 'anti'>;
  readonly rel: Rel;
  readonly on: Expr;
  readonly at: Offset;
}
interface Source {
  readonly rel: Rel;
  readonly values: readonly Expr[];
  readonly lifted: readonly Expr[];
}

function hasCtes(query: SyntaxNode): boolean {
  const map = query['cte_map'];
  return isNode(map) && Array.isArray(map['map']) && map['map'].length > 0;
}

function correlated(ctx: ResolveContext, node: SyntaxNode): Error {
  return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct: 'correlated subquery', accepted: ACCEPTED });
}

/**
 * `(SELECT agg(x) FROM t WHERE t.k = outer.k)` as a LEFT JOIN with the aggregate grouped by k. An outer row without a
 * match sees the aggregate over no rows: 0 for counts, NULL for the others.
 */
function correlatedAggregate(
  ctx: ResolveContext,
  node: SyntaxNode,
  single: NonNullable<BoundSelect['single']>,
  lifted: readonly Expr[],
  attach: (attachment: Attachment) => void,
): Expr {
  const own = new Set(columnsOf(single.base).map((column) => column.id));
  const sides = lifted.map((conjunct) => equalitySides(ctx, node, conjunct, own));
  const keys = sides.map(({ inner }): NamedExpr => ({ id: freshId(ctx), name: 'key', expr: inner }));
  const [item] = single.items;
  if (item === undefined) throw correlated(ctx, node);
  const value: NamedExpr = { id: freshId(ctx), name: 'value', expr: item };
  const passed = keys.map(
    (key): NamedExpr => ({ id: freshId(ctx), name: 'key', expr: columnRef(key.id, key.expr.type, null) }),
  );
  const at = offsetOf(ctx, node);
  const grouped: Rel = { kind: 'aggregate', input: single.base, keys, sets: null, measures: single.measures, at };
  const rel: Rel = { kind: 'project', input: grouped, columns: [...passed, value] };
  const equalities = sides.map(({ outer, at: equal }, index) => {
    const key = passed[index];
    if (key === undefined) throw correlated(ctx, node);
    return call('eq', [columnRef(key.id, key.expr.type, null), outer], BOOLEAN, equal);
  });
  const first = passed[0];
  if (first === undefined) throw correlated(ctx, node);
  attach({
    join: 'left',
    rel,
    on: equalities.length === 1 ? (equalities[0] ?? null) : call('and', equalities, BOOLEAN, null),
    at,
  });
  const found = columnRef(value.id, item.type, at);
  if (item.kind === 'column' && !isCount(single.measures, item)) return found;
  const missing = call('is_null', [columnRef(first.id, first.expr.type, null)], BOOLEAN, at);
  return {
    kind: 'case',
    whens: [{ when: missing, then: overNothing(single.measures, item) }],
    otherwise: found,
    type: item.type,
    at,
  };
}

function equalitySides(
  ctx: ResolveContext,
  node: SyntaxNode,
  conjunct: Expr,
  own: ReadonlySet<ColumnId>,
): { inner: Expr; outer: Expr; at: Expr['at'] } {
  if (conjunct.kind === 'call' && conjunct.fn === 'eq') {
    const [a, b] = conjunct.args;
    if (a !== undefined && b !== undefined) {
      if (isOver(a, own) && isClearOf(b, own)) return { inner: a, outer: b, at: conjunct.at };
      if (isOver(b, own) && isClearOf(a, own)) return { inner: b, outer: a, at: conjunct.at };
    }
  }
  throw correlated(ctx, node);
}

function isOver(expr: Expr, own: ReadonlySet<ColumnId>): boolean {
  let only = true;
  visitExpr(expr, (part) => {
    if (part.kind === 'column' && !own.has(part.id)) only = false;
  });
  return only;
}

function isClearOf(expr: Expr, own: ReadonlySet<ColumnId>): boolean {
  let clear = true;
  visitExpr(expr, (part) => {
    if (part.kind === 'column' && own.has(part.id)) clear = false;
  });
  return clear;
}

const COUNTS: ReadonlySet<string> = new Set(['count', 'count_star', 'count_if', 'approx_count_distinct', 'regr_count']);

function isCount(measures: readonly NamedAggregate[], expr: Expr): boolean {
  return expr.kind === 'column' && measures.some((measure) => measure.id === expr.id && COUNTS.has(measure.call.fn));
}

/** The SELECT item with every aggregate as it is over no rows. */
function overNothing(measures: readonly NamedAggregate[], item: Expr): Expr {
  return mapExpr(item, (part) => {
    if (part.kind !== 'column') return null;
    return isCount(measures, part) ? integerLiteral(0, part.at) : nullLiteral(part.at, part.type);
  });
}

/** Proof that a column holds no NULL; false where there is none. */
function neverNull(rel: Rel, expr: Expr): boolean {
  if (expr.kind === 'literal') return expr.value !== null;
  return expr.kind === 'column' && columnNeverNull(rel, expr.id);
}

function columnNeverNull(rel: Rel, id: ColumnId): boolean {
  switch (rel.kind) {
    case 'scan':
      return rel.columns.some((column) => column.id === id && !column.nullable);
    case 'filter':
      return isTested(rel.predicate, id) || columnNeverNull(rel.input, id);
    case 'sort':
    case 'limit':
    case 'window':
      return columnNeverNull(rel.input, id);
    case 'project': {
      const column = rel.columns.find((candidate) => candidate.id === id);
      return column !== undefined && neverNull(rel.input, column.expr);
    }
    case 'aggregate': {
      const key = rel.sets === null ? rel.keys.find((candidate) => candidate.id === id) : undefined;
      return key !== undefined && neverNull(rel.input, key.expr);
    }
    case 'join':
      return (
        (rel.join !== 'right' && rel.join !== 'full' && columnNeverNull(rel.left, id)) ||
        ((rel.join === 'inner' || rel.join === 'cross' || rel.join === 'right') && columnNeverNull(rel.right, id))
      );
    default:
      return false;
  }
}

function isTested(predicate: Expr, id: ColumnId): boolean {
  if (predicate.kind !== 'call') return false;
  if (predicate.fn === 'and') return predicate.args.some((arg) => isTested(arg, id));
  return predicate.fn === 'is_not_null' && predicate.args[0]?.kind === 'column' && predicate.args[0].id === id;
}
