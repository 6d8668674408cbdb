import { correlatedAggregate } from './correlated-aggregate.ts';
import { columnRef, type ExprEnv, type SubqueryReader } from './expression-env.ts';
import { type BoundQuery, queryNode } from './from-table.ts';
import { booleanLiteral } from './literals.ts';
import { sameValues } from './outer-values.ts';
import { type ColumnId, columnsOf, type Expr, type Join, type Offset, type Rel } from './plan.ts';
import { isOneRow, neverNull } from './plan-facts.ts';
import { resolveExpr } from './resolve-expr.ts';
import { call, conjunction } from './resolve-operators.ts';
import type { SelectRequest } from './resolve-select.ts';
import { rowComparison, rowParts } from './row-comparison.ts';
import { BOOLEAN } from './sql-type.ts';
import { countedExists, existsValue, onlyValue, quantifiedValue, type Rows } from './subquery-values.ts';
import { checkShape, nodeAt, nodesAt, offsetOf, refusal, type Shape, type SyntaxNode } from './syntax-node.ts';

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

export interface Attachment {
  readonly join: 'cross' | 'left';
  readonly rel: Rel;
  readonly on: Expr | null;
  readonly at: Offset;
}
export type Attach = (attachment: Attachment) => void;

/**
 * Turns the subqueries of one SELECT into joins of its own relation. A subquery of a WHERE or of an aggregate's
 * argument joins the input; one of the SELECT list or HAVING joins what the grouping gives out.
 */
export class SubqueryHost {
  rel: Rel;
  /** A subquery mentions the query around this one: it is only known there (`outer-values.ts`). */
  reachesOut = false;
  readonly input: SubqueryReader;
  /** Of group keys: what they hold again stands for the key, also where a constant would do. */
  readonly key: SubqueryReader;
  readonly output: SubqueryReader;
  readonly #request: SelectRequest;
  readonly #outputs: Attachment[] = [];
  readonly #semi: SemiJoin[] = [];
  /** Values that became columns of the input: written again, as a group key and in the SELECT list, each is that column. */
  readonly #known = new Map<string, Expr>();

  constructor(rel: Rel, request: SelectRequest) {
    this.rel = rel;
    this.#request = request;
    const attachInput: Attach = (attachment) => this.#attachInput(attachment);
    this.input = (env, node) => this.#value(env, node, attachInput, false);
    this.key = (env, node) => this.#value(env, node, attachInput, true);
    const attachOutput: Attach = (attachment) => this.#outputs.push(attachment);
    this.output = (env, node) => this.#value(env, node, env.aggregates === null ? attachInput : attachOutput, false);
  }

  #attachInput({ join, rel, on, at }: Attachment): void {
    this.rel = { kind: 'join', join, left: this.rel, right: rel, on, at };
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

  /** Columns that subqueries add above a grouping. */
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

  /** A conjunct of WHERE that is `[NOT] EXISTS (…)` or `x [NOT] op ANY (SELECT …)`; false where it is something else. */
  predicate(env: ExprEnv, conjunct: SyntaxNode): boolean {
    return this.#watched(env, () => this.#asJoin(env, conjunct));
  }

  /** What a subquery or the value beside it mentions of the query around is not known to the join that it becomes. */
  #watched<T>(env: ExprEnv, work: () => T): T {
    const before = env.scope.correlation.count;
    const result = work();
    if (env.scope.correlation.count > before) this.reachesOut = true;
    return result;
  }

  #asJoin(env: ExprEnv, conjunct: SyntaxNode): boolean {
    const { ctx } = env;
    const negated = conjunct['type'] === 'OPERATOR_NOT';
    const node = negated ? nodesAt(ctx, conjunct, 'children')[0] : conjunct;
    if (node === undefined || node['class'] !== 'SUBQUERY' || node['subquery_type'] === 'SCALAR') return false;
    checkShape(ctx, node, SUBQUERY_SHAPE);
    const exists = node['subquery_type'] === 'EXISTS';
    const source = this.#source(env, node, exists);
    const conditions = exists ? source.ties : [...source.ties, this.#membership(env, node, source, negated)];
    const on = conjunction(conditions) ?? booleanLiteral(true);
    this.#semi.push({ join: negated ? 'anti' : 'semi', rel: source.rel, on, at: offsetOf(ctx, node) });
    return true;
  }

  /** `x NOT IN (…)` is false or NULL as soon as one comparison is true or NULL. */
  #membership(env: ExprEnv, node: SyntaxNode, source: Source, negated: boolean): Expr {
    const compared = rowParts(env, nodeAt(env.ctx, node, 'child'), resolveExpr);
    const equal = rowComparison(env.ctx, node, compared, source.values);
    const proven = (rel: Rel, exprs: readonly Expr[]): boolean => exprs.every((expr) => neverNull(rel, expr));
    if (!negated || (proven(this.rel, compared) && proven(source.rel, source.values))) return equal;
    return call('coalesce', [equal, booleanLiteral(true)], BOOLEAN, equal.at);
  }

  /** The rows of a subquery and what ties them to the outer row. */
  #source(env: ExprEnv, node: SyntaxNode, exists: boolean): Source {
    const { query, first } = this.#read(env, node);
    const { parts } = first;
    if (first.used.length > 0 && parts !== null && parts.plain !== null && (exists || !parts.plain.limited))
      return { rel: parts.plain.base, values: parts.plain.items, ties: parts.lifted };
    const { rel, columns, outer, own } = this.#rows(env, node, query, first);
    const at = offsetOf(env.ctx, node);
    return { rel, values: columns.map(({ id, type }) => columnRef(id, type, at)), ties: sameValues(outer, own) };
  }

  /** Reads the subquery to see which outer columns it mentions. */
  #read(env: ExprEnv, node: SyntaxNode): { readonly query: SyntaxNode; readonly first: BoundQuery } {
    const { ctx, ctes } = this.#request;
    const query = queryNode(ctx, nodeAt(ctx, node, 'subquery'));
    return { query, first: this.#request.query(ctx, query, ctes, { scope: env.scope, values: null }) };
  }

  /** The rows of a subquery for all outer rows: with the outer values that they belong to, where it is correlated. */
  #rows(env: ExprEnv, node: SyntaxNode, query: SyntaxNode, first: BoundQuery): Rows {
    if (first.used.length === 0) return { rel: first.rel, columns: first.columns, outer: [], own: [] };
    const { ctx, ctes } = this.#request;
    const values = { columns: first.used, outer: this.rel, node };
    const { rel, columns, outer } = this.#request.query(ctx, query, ctes, { scope: env.scope, values });
    return { rel, columns, outer, own: first.used };
  }

  #value(env: ExprEnv, node: SyntaxNode, attach: Attach, key: boolean): Expr {
    const written = JSON.stringify(node, withoutPlaces);
    const known = this.#known.get(written);
    if (known !== undefined) return known;
    checkShape(env.ctx, node, SUBQUERY_SHAPE);
    const { first, value } = this.#watched(env, () => {
      const { query, first } = this.#read(env, node);
      return { first, value: this.#valueOf(env, node, query, first, attach) };
    });
    if (key || (first.used.length > 0 && env.aggregates === null)) this.#known.set(written, value);
    return value;
  }

  #valueOf(env: ExprEnv, node: SyntaxNode, query: SyntaxNode, first: BoundQuery, attach: Attach): Expr {
    const { ctx } = env;
    const at = offsetOf(ctx, node);
    switch (node['subquery_type']) {
      case 'EXISTS':
        return (
          countedExists(ctx, at, first, attach) ?? existsValue(ctx, at, this.#rows(env, node, query, first), attach)
        );
      case 'ANY': {
        const child = resolveExpr(env, nodeAt(ctx, node, 'child'));
        return quantifiedValue(ctx, node, child, this.#rows(env, node, query, first), attach);
      }
      default:
        return this.#scalar(env, node, query, first, attach);
    }
  }

  #scalar(env: ExprEnv, node: SyntaxNode, query: SyntaxNode, first: BoundQuery, attach: Attach): Expr {
    const { ctx } = env;
    const at = offsetOf(ctx, node);
    const [column] = first.columns;
    if (column === undefined || first.columns.length !== 1) {
      const facts = { construct: '(SELECT a, b …)', accepted: '(SELECT a …)' };
      throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', facts);
    }
    if (first.used.length === 0 && isOneRow(first.rel)) {
      attach({ join: 'cross', rel: first.rel, on: null, at });
      return columnRef(column.id, column.type, at);
    }
    const { parts } = first;
    const aggregate =
      parts === null || parts.single === null || parts.lifted.length === 0
        ? null
        : correlatedAggregate(ctx, at, parts.single, parts.lifted, attach);
    return aggregate ?? onlyValue(ctx, node, this.#rows(env, node, query, first), attach);
  }
}

const withoutPlaces = (field: string, value: unknown): unknown => (field === 'query_location' ? undefined : value);

interface SemiJoin {
  readonly join: Extract<Join['join'], 'semi' | 'anti'>;
  readonly rel: Rel;
  readonly on: Expr;
  readonly at: Offset;
}
interface Source {
  readonly rel: Rel;
  readonly values: readonly Expr[];
  readonly ties: readonly Expr[];
}
