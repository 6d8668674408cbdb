import { asCondition } from './coercion.ts';
import { derivedTable, refuseLateral } from './derived-table.ts';
import { outermost } from './expression-env.ts';
import { type BoundFrom, baseTable, type FromReader, TABLE_HINT } from './from-table.ts';
import { valuesList } from './from-values.ts';
import { hintFor } from './functions/refused-functions.ts';
import { withNullSafeKeys } from './null-safe-equality.ts';
import type { Expr, Join, Rel } from './plan.ts';
import { resolveExpr } from './resolve-expr.ts';
import { conjunction } from './resolve-operators.ts';
import { fold, type Scope } from './scope.ts';
import { SubqueryHost } from './subqueries.ts';
import {
  checkShape,
  isNode,
  nodeAt,
  offsetOf,
  type ResolveContext,
  refusal,
  refusalAt,
  type Shape,
  type SyntaxNode,
  textsAt,
  within,
} from './syntax-node.ts';
import { keywordBefore } from './text-words.ts';
import { bind, joinUsing } from './using-columns.ts';
import { applyConditions } from './where.ts';

const JOIN_SHAPE: Shape = {
  type: 'own',
  alias: { construct: 'alias of a join', accepted: '(SELECT … FROM a JOIN b ON …) AS t' },
  query_location: 'own',
  sample: { construct: 'TABLESAMPLE', accepted: 'WHERE …' },
  left: 'own',
  right: 'own',
  condition: 'own',
  join_type: 'own',
  ref_type: 'own',
  using_columns: 'own',
  delim_flipped: { construct: 'LATERAL', accepted: 'JOIN … ON a = b' },
  duplicate_eliminated_columns: { construct: 'LATERAL', accepted: 'JOIN … ON a = b' },
};
const EMPTY_SHAPE: Shape = {
  type: 'own',
  alias: 'own',
  query_location: 'own',
  sample: { construct: 'TABLESAMPLE', accepted: 'WHERE …' },
};

/** A FROM clause: the relation and the names that it makes visible. */
export function resolveFrom(reader: FromReader, node: SyntaxNode): BoundFrom {
  return within(reader.ctx, node, () => {
    if (node['type'] === 'JOIN') return join(reader, node);
    const { start } = reader;
    if (start === null) return source(reader, node, null);
    const bound = source(reader, node, { rel: start, relations: [], merged: [], ties: [] });
    return { ...bound, rel: beside(start, bound), ties: [] };
  });
}

function source(reader: FromReader, node: SyntaxNode, left: BoundFrom | null): BoundFrom {
  switch (node['type']) {
    case 'BASE_TABLE':
      return baseTable(reader, node);
    case 'SUBQUERY':
      return derivedTable(reader, node, left);
    case 'EXPRESSION_LIST':
      return valuesList(reader.ctx, node);
    case 'EMPTY':
      checkShape(reader.ctx, node, EMPTY_SHAPE);
      return { rel: { kind: 'values', columns: [], rows: [[]] }, relations: [], merged: [], ties: [] };
    default:
      throw refuseSource(reader.ctx, node);
  }
}

/** Outer values beside a relation, tied to it where it mentions them. */
function beside(start: Rel, { rel, ties }: BoundFrom): Rel {
  const on = conjunction(ties);
  return { kind: 'join', join: on === null ? 'cross' : 'inner', left: start, right: rel, on };
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
  // A row that only the right side has would have no outer values: there they stand beside the whole join.
  const padded = kind === 'right' || kind === 'full';
  const left = resolveFrom(padded ? { ...reader, start: null } : reader, nodeAt(ctx, node, 'left'));
  const right = rightSide({ ...reader, start: null }, nodeAt(ctx, node, 'right'), left);
  checkAliases(ctx, node, left, right);
  if (padded && right.ties.length > 0) throw refuseLateral(ctx, node, `${String(node['join_type'])} JOIN LATERAL`);
  const bound = joined({ reader, node, left, right, kind, form });
  return padded && reader.start !== null ? { ...bound, rel: beside(reader.start, bound) } : bound;
}

function rightSide(reader: FromReader, node: SyntaxNode, left: BoundFrom): BoundFrom {
  if (node['type'] !== 'SUBQUERY') return resolveFrom(reader, node);
  return within(reader.ctx, node, () => derivedTable(reader, node, left));
}

interface JoinParts {
  readonly reader: FromReader;
  readonly node: SyntaxNode;
  readonly left: BoundFrom;
  readonly right: BoundFrom;
  readonly kind: Join['join'];
  readonly form: string;
}

function joined({ reader, node, left, right, kind, form }: JoinParts): BoundFrom {
  const { ctx } = reader;
  const names = form === 'NATURAL' ? sharedNames(ctx, node, left, right) : textsAt(ctx, node, 'using_columns');
  if (names.length > 0) return joinUsing(ctx, node, kind, left, right, names);
  const visible: Scope = {
    ...reader.scope,
    relations: [...left.relations, ...right.relations],
    merged: [...left.merged, ...right.merged],
  };
  const condition = node['condition'];
  const both = [...left.merged, ...right.merged];
  if (kind === 'inner' && isNode(condition) && holdsSubquery(condition)) {
    const on = conjunction(right.ties);
    const rel: Join = { kind: 'join', join: on === null ? 'cross' : kind, left: left.rel, right: right.rel, on };
    return { ...bind(rel, left, right, both), rel: filteredBy(reader, node, rel, visible) };
  }
  const on = conjunction([...right.ties, ...(isNode(condition) ? [joinCondition(ctx, visible, condition)] : [])]);
  const rel: Join = {
    kind: 'join',
    join: on === null ? 'cross' : form === 'CROSS' ? 'inner' : kind,
    left: left.rel,
    right: right.rel,
    on,
    at: offsetOf(ctx, node),
  };
  return bind(rel, left, right, both);
}

/** An inner join is a filter of all pairs, which may hold subqueries. */
function filteredBy(reader: FromReader, node: SyntaxNode, rel: Rel, visible: Scope): Rel {
  const { ctx, ctes, query } = reader;
  const host = new SubqueryHost(rel, { ctx, node, ctes, query, outer: null });
  const env = { ...outermost(ctx, visible, 'HAVING sum(x) > …'), subqueries: host.input };
  // Conjuncts that mention the query around are handed back, and then the whole query is read again (resolve-select.ts).
  applyConditions(env, node['condition'], host, 'ON');
  return host.rel;
}

function holdsSubquery(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsSubquery);
  return isNode(value) && (value['class'] === 'SUBQUERY' || Object.values(value).some(holdsSubquery));
}

function joinCondition(ctx: ResolveContext, scope: Scope, node: SyntaxNode): Expr {
  const env = outermost(ctx, scope, 'HAVING sum(x) > …');
  return withNullSafeKeys(asCondition(ctx, resolveExpr(env, node), 'ON'));
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
