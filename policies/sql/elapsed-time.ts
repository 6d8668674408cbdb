import { asTemporal, coerceTo } from './coercion.ts';
import type { ExprEnv } from './expression-env.ts';
import { nodesOf } from './forms/syntax-build.ts';
import { integerLiteral, literal, textLiteral } from './literals.ts';
import type { Expr, Offset } from './plan.ts';
import { arithmetic, call } from './resolve-operators.ts';
import { INTEGER, TIMESTAMP } from './sql-type.ts';
import { isNode, offsetOf, type SyntaxNode } from './syntax-node.ts';

type Resolve = (env: ExprEnv, node: SyntaxNode) => Expr;

/** The time between two moments, `a - b`: there is no column of intervals, so what is asked of it is asked of microseconds. */

/** `EXTRACT(EPOCH FROM a - b)` of two moments, their days, and the hours and minutes beyond these; null for anything else. */
export function elapsedTime(env: ExprEnv, part: string | null, between: SyntaxNode | undefined, resolve: Resolve) {
  const unit = ELAPSED[part?.toLowerCase() ?? ''];
  const sides = unit === undefined ? null : momentsOf(env, between, resolve);
  if (unit === undefined || sides === null) return null;
  const at = between === undefined ? null : offsetOf(env.ctx, between);
  const time = call(unit.fn, [textLiteral(unit.of), ...sides], INTEGER, at);
  return unit.by === null ? time : arithmetic(env.ctx, unit.by[0], time, integerLiteral(unit.by[1]), at);
}

const ELAPSED: Readonly<
  Record<string, { readonly fn: string; readonly of: string; readonly by: readonly [sign: '/' | '%', number] | null }>
> = {
  epoch: { fn: 'date_diff', of: 'microsecond', by: ['/', 1_000_000] },
  day: { fn: 'date_sub', of: 'day', by: null },
  hour: { fn: 'date_sub', of: 'hour', by: ['%', 24] },
  minute: { fn: 'date_sub', of: 'minute', by: ['%', 60] },
};

/** Differences of moments beside intervals that are written, all in microseconds: `ended - started > INTERVAL 30 MINUTE`; null for anything else. */
export function elapsedBeside(env: ExprEnv, nodes: readonly SyntaxNode[], resolve: Resolve): readonly Expr[] | null {
  if (!nodes.some(isDifference) || !nodes.every((node) => isDifference(node) || isInterval(node))) return null;
  const sides = nodes.map((node): Expr | null => {
    const at = offsetOf(env.ctx, node);
    if (!isDifference(node)) return microsecondsOf(resolve(env, node), at);
    const moments = momentsOf(env, node, resolve);
    return moments && call('date_diff', [textLiteral('microsecond'), ...moments], INTEGER, at);
  });
  return sides.every((side) => side !== null) ? sides : null;
}

const isDifference = (node: SyntaxNode | undefined): node is SyntaxNode =>
  node?.['function_name'] === '-' && nodesOf(node['children']).length === 2;

/** `INTERVAL '30 minutes'`, and `INTERVAL 30 MINUTE`, which the parser writes as a call. */
function isInterval(node: SyntaxNode): boolean {
  const type = node['cast_type'];
  return /^to_[a-z]+s$/.test(String(node['function_name'])) || (isNode(type) && type['id'] === 'INTERVAL');
}

/** Earlier and later of `later - earlier`, where one of them is a time and not a day. */
function momentsOf(env: ExprEnv, node: SyntaxNode | undefined, resolve: Resolve): readonly [Expr, Expr] | null {
  if (!isDifference(node)) return null;
  const [later, earlier] = nodesOf(node['children']).map((side) => resolve(env, side));
  const isMoment = [later, earlier].some((side) => side?.type.kind === 'timestamp');
  if (later === undefined || earlier === undefined || !isMoment || earlier.type.kind === 'interval') return null;
  const [to, from] = [asTemporal(later), asTemporal(earlier)].map(
    (side) => side && coerceTo(env.ctx, side, TIMESTAMP, '-'),
  );
  return to && from ? [from, to] : null;
}

/** As DuckDB compares intervals: months of 30 days, days of 24 hours. null for what is no interval. */
function microsecondsOf(expr: Expr, at: Offset): Expr | null {
  const value = expr.kind === 'literal' ? expr.value : null;
  if (typeof value !== 'object' || value === null) return null;
  const micros = BigInt(value.months * 30 + value.days) * 86_400_000_000n + BigInt(value.micros);
  return micros < 2n ** 62n && micros > -(2n ** 62n) ? literal(INTEGER, `${micros}`, at) : null;
}
