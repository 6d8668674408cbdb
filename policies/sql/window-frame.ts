import { coerceTo } from './coercion.ts';
import type { ExprEnv } from './expression-env.ts';
import { convertLiteral, literal } from './literals.ts';
import type { Expr, FrameBound, Literal, SortKey, WindowFrame } from './plan.ts';
import { constantOf } from './resolve-call.ts';
import { call } from './resolve-operators.ts';
import { BOOLEAN, DOUBLE, decimal, HUGEINT, INTERVAL, type SqlType, TIMESTAMP } from './sql-type.ts';
import { nodeAt, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';
import { isTemporal, PRECISION_MAX } from './type-rules.ts';

type Resolve = (env: ExprEnv, node: SyntaxNode) => Expr;

/** What a bound may be. */
const BOUNDS: Readonly<Record<string, FrameBound['kind']>> = {
  UNBOUNDED_PRECEDING: 'unbounded-preceding',
  UNBOUNDED_FOLLOWING: 'unbounded-following',
  CURRENT_ROW_ROWS: 'current-row',
  CURRENT_ROW_RANGE: 'current-row',
  CURRENT_ROW_GROUPS: 'current-row',
  EXPR_PRECEDING_ROWS: 'preceding',
  EXPR_FOLLOWING_ROWS: 'following',
  EXPR_PRECEDING_RANGE: 'preceding',
  EXPR_FOLLOWING_RANGE: 'following',
  EXPR_PRECEDING_GROUPS: 'preceding',
  EXPR_FOLLOWING_GROUPS: 'following',
};
const EXCLUSIONS: Readonly<Record<string, NonNullable<WindowFrame['exclude']>>> = {
  CURRENT_ROW: 'current-row',
  GROUP: 'group',
  TIES: 'ties',
};

interface Framed {
  /** The function looks at a frame; the others look at the whole partition whatever it says. */
  readonly framed: boolean;
  readonly word: string;
  readonly orderBy: readonly SortKey[];
}
interface ReadFrame {
  readonly frame: WindowFrame | null;
  /** The order; in a range with distances, its key in a type in which no distance can overflow. */
  readonly keys: readonly SortKey[];
}

/** The frame of a window; null: the default, from the first row to the last peer of this one. */
export function windowFrame(env: ExprEnv, node: SyntaxNode, over: Framed, resolve: Resolve): ReadFrame {
  const { ctx } = env;
  const [start, end] = [String(node['start']), String(node['end'])];
  const exclude = EXCLUSIONS[String(node['exclude_clause'])];
  const plain = start === 'UNBOUNDED_PRECEDING' && end === 'CURRENT_ROW_RANGE' && exclude === undefined;
  if (!over.framed || plain) return { frame: null, keys: over.orderBy };
  const unit = unitOf(start, end);
  const measured = [start, end].some((bound) => bound.startsWith('EXPR_') && bound.endsWith('_RANGE'));
  const key = measured ? rangeKey(ctx, node, over) : null;
  const bound = (word: string, field: string): FrameBound => {
    const kind = BOUNDS[word];
    if (kind === undefined) throw refused(ctx, node, over.word, 'OVER');
    if (kind !== 'preceding' && kind !== 'following') return { kind };
    const value = resolve(env, nodeAt(ctx, node, field));
    return { kind, offset: key === null ? count(ctx, node, value, over) : distance(ctx, node, value, key, over) };
  };
  const frame = { unit, start: bound(start, 'start_expr'), end: bound(end, 'end_expr') };
  const [first] = over.orderBy;
  return {
    frame: exclude === undefined ? frame : { ...frame, exclude },
    keys: key === null || first === undefined ? over.orderBy : [{ ...first, expr: key }],
  };
}

function refused(ctx: ResolveContext, node: SyntaxNode, word: string, construct: string): Error {
  const accepted = `${word}(…) OVER (… ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)`;
  return refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { construct, accepted });
}

function unitOf(start: string, end: string): WindowFrame['unit'] {
  const bounds = [start, end];
  if (bounds.some((bound) => bound.endsWith('_GROUPS'))) return 'groups';
  if (bounds.some((bound) => bound.endsWith('_RANGE'))) return 'range';
  return 'rows';
}

/** Rows or groups. */
function count(ctx: ResolveContext, node: SyntaxNode, value: Expr, { word }: Framed): number {
  const constant = constantOf(value);
  const offset = constant?.type.kind === 'integer' ? Number(constant.value) : Number.NaN;
  if (!Number.isInteger(offset) || offset < 0 || offset > 1_000_000)
    throw refusal(ctx, node, 'SQL_LITERAL_REFUSED', { what: word, accepted: '0…1000000' });
  return offset;
}

// ── RANGE with distances ─────────────────────────────────────────────────────────────────────────────────────────

/** Days between which an interval can be added or taken away within the engine's calendar. */
const [FIRST_DAY, LAST_DAY] = ['0001-01-01 00:00:00', '9999-12-31 23:59:59'];

/**
 * WHY another type: DuckDB computes key ± distance in the key's own type, and an overflow there is an error. Dates
 * outside of four-digit years count as NULL.
 */
function rangeKey(ctx: ResolveContext, node: SyntaxNode, { orderBy, word }: Framed): Expr {
  const [only] = orderBy;
  if (only === undefined || orderBy.length > 1) throw refused(ctx, node, word, 'RANGE … PRECEDING');
  const { expr } = only;
  if (isTemporal(expr.type)) {
    const time = coerceTo(ctx, expr, TIMESTAMP, word);
    const ends = [FIRST_DAY, LAST_DAY].map((day) => literal(TIMESTAMP, day));
    const when = call('between', [time, ...ends], BOOLEAN, expr.at);
    const otherwise = literal(TIMESTAMP, null);
    return { kind: 'case', whens: [{ when, then: time }], otherwise, type: TIMESTAMP, at: expr.at };
  }
  const type = rangeType(expr.type);
  if (type === null) throw refused(ctx, node, word, 'RANGE … PRECEDING');
  return coerceTo(ctx, expr, type, word);
}

function rangeType(type: SqlType): SqlType | null {
  switch (type.kind) {
    case 'integer':
      return HUGEINT;
    case 'decimal':
      return type.precision < PRECISION_MAX ? decimal(PRECISION_MAX, type.scale) : DOUBLE;
    case 'hugeint':
    case 'double':
      return DOUBLE;
    default:
      return null;
  }
}

/** Far below the room that `rangeKey` leaves. */
const DISTANCE_MAX = 1_000_000_000_000;
const [MONTHS_MAX, DAYS_MAX, MICROS_MAX] = [120_000, 3_650_000, 10n ** 17n];

function distance(ctx: ResolveContext, node: SyntaxNode, value: Expr, key: Expr, { word }: Framed): Literal {
  const constant = constantOf(value);
  const dated = key.type.kind === 'timestamp';
  const fits = constant !== null && (dated ? isShort(constant) : isNear(constant));
  const converted = !fits ? null : dated ? constant : convertLiteral(constant, key.type);
  const same = dated || Number(converted?.value) === Number(constant?.value);
  if (converted === null || !same) {
    const accepted = dated ? 'INTERVAL 30 DAY' : `0…${DISTANCE_MAX}`;
    throw refusal(ctx, node, 'SQL_LITERAL_REFUSED', { what: word, accepted });
  }
  return { ...converted, at: null };
}

function isNear({ type, value }: Literal): boolean {
  return type.kind !== 'interval' && typeof value === 'string' && Number(value) >= 0 && Number(value) <= DISTANCE_MAX;
}

function isShort({ type, value }: Literal): boolean {
  if (type.kind !== INTERVAL.kind || typeof value !== 'object' || value === null) return false;
  const micros = BigInt(value.micros);
  const within = value.months <= MONTHS_MAX && value.days <= DAYS_MAX && micros <= MICROS_MAX;
  return within && value.months >= 0 && value.days >= 0 && micros >= 0n;
}
