import type { AppError } from '../errors.ts';
import { domainOf } from '../table-schema.ts';
import { coerce, exactType, isLiteral } from './literals.ts';
import type { Expr, Offset } from './plan.ts';
import { BOOLEAN, DOUBLE, HUGEINT, INTEGER, NULL_TYPE, type SqlType, TEXT, TIMESTAMP } from './sql-type.ts';
import { type ResolveContext, refusalAt } from './syntax-node.ts';
import { commonType, isNumeric, isTemporal, typeName } from './type-rules.ts';

/** Implicit conversions. Text literals take the type of what they meet; values never turn from text by themselves. */

export function mismatch(
  ctx: ResolveContext,
  at: Offset,
  what: string,
  expected: string,
  actual: SqlType,
  accepted = 'a value of the type needed, also by CAST',
): AppError {
  return refusalAt(ctx, at, 'SQL_TYPE_MISMATCH', { what, expected, actual: typeName(actual), accepted });
}

type Token = Extract<SqlType, { kind: 'token' }>;

/** Identifiers of two kinds: says which granted columns are of the one and of the other. */
export function domainMismatch(ctx: ResolveContext, at: Offset, what: string, wanted: Token, found: Token): AppError {
  const [one, other] = [wanted, found].map(({ domain }) => identifiersOf(ctx, domain).join(', '));
  return mismatch(ctx, at, what, typeName(wanted), found, `one of ${one} on both sides, or one of ${other}`);
}

/** A few granted identifiers of a domain. */
function identifiersOf(ctx: ResolveContext, domain: string): readonly string[] {
  const names = [...ctx.catalog].flatMap(([table, { schema, protectionOnly = [] }]) =>
    schema.columns
      .filter(({ name, role }) => role === 'identifier' && !protectionOnly.includes(name))
      .filter((column) => domainOf(schema, column) === domain)
      .map(({ name }) => `${table}.${name}`),
  );
  return names.slice(0, 8);
}

const LITERAL_FORMS: Partial<Record<SqlType['kind'], string>> = {
  date: "'2024-01-31'",
  timestamp: "'2024-01-31 23:59:59'",
  integer: '42',
  hugeint: '42',
  decimal: '42.5',
  double: '42.5',
  boolean: 'true, false',
};

/** `expr` in `type`, or a refusal of the literal or of the type. */
export function coerceTo(ctx: ResolveContext, expr: Expr, type: SqlType, what: string): Expr {
  if (type.kind === 'token' && expr.type.kind !== 'token' && expr.type.kind !== 'null') {
    throw identifierUse(ctx, expr.at, what);
  }
  const coerced = coerce(expr, type);
  if (coerced === null) {
    const accepted = LITERAL_FORMS[type.kind] ?? typeName(type);
    throw refusalAt(ctx, expr.at, 'SQL_LITERAL_REFUSED', { what: wordAt(ctx, expr.at), accepted });
  }
  return coerced;
}

/** Brings several expressions to one type: CASE branches, IN lists, both sides of a comparison. */
export function unify(ctx: ResolveContext, exprs: readonly Expr[], what: string): readonly Expr[] {
  const type = unifiedType(ctx, exprs, what);
  return exprs.map((expr) => coerceTo(ctx, expr, type, what));
}

function unifiedType(ctx: ResolveContext, exprs: readonly Expr[], what: string): SqlType {
  const free = (expr: Expr): boolean => isLiteral(expr) && expr.type.kind === 'text';
  const bound = exprs.filter((expr) => !free(expr) && expr.type.kind !== 'null');
  const first = bound[0];
  if (first === undefined) return exprs.some(free) ? TEXT : NULL_TYPE;
  if (bound.every((expr) => isNumeric(expr.type))) return unifiedNumber(bound);
  let type = first.type;
  for (const expr of bound.slice(1)) {
    const common = commonType(type, expr.type);
    if (common === null) throw mixed(ctx, bound, expr, type, what);
    type = common;
  }
  return type;
}

function mixed(ctx: ResolveContext, all: readonly Expr[], expr: Expr, type: SqlType, what: string): AppError {
  if (expr.type.kind === 'token' && type.kind === 'token') return domainMismatch(ctx, expr.at, what, type, expr.type);
  const token = [expr, ...all].find((side) => side.type.kind === 'token');
  if (token !== undefined) return identifierUse(ctx, token.at, what);
  return mismatch(ctx, expr.at, what, typeName(type), expr.type);
}

/** Literals count with the digits that they have, so that `price > 10` stays exact in the type of `price`. */
function unifiedNumber(exprs: readonly Expr[]): SqlType {
  if (exprs.some((expr) => expr.type.kind === 'double')) return DOUBLE;
  if (exprs.every((expr) => expr.type.kind !== 'decimal')) {
    return exprs.some((expr) => expr.type.kind === 'hugeint') ? HUGEINT : INTEGER;
  }
  return exprs.map(exactType).reduce((a, b) => commonType(a, b) ?? DOUBLE);
}

export function identifierUse(ctx: ResolveContext, at: Offset, use: string): AppError {
  return refusalAt(ctx, at, 'POLICY_IDENTIFIER_USE', {
    column: wordAt(ctx, at) || 'SELECT',
    use,
    accepted: 'a.id = b.id, COUNT(id), COUNT(DISTINCT id), id IS NULL, GROUP BY id',
  });
}

/** A text, a number, or a name with its dots: not what stands behind it, such as `::` or `[`. */
const WORD =
  /^(?:'(?:[^']|'')*'?|\d[\w.]*(?:(?<=e)[-+]\d+)?|(?:"[^"]*"?|#?[\p{L}\p{M}\p{N}_$]+)(?:\.(?:"[^"]*"?|[\p{L}\p{M}\p{N}_$]+))*)/iu;

/** The user's own word at a place, for messages. */
export function wordAt(ctx: ResolveContext, at: Offset): string {
  if (at === null) return '';
  return WORD.exec(ctx.text.slice(at, at + 62).toWellFormed())?.[0] ?? '';
}

/** A condition: boolean, or NULL. */
export function asCondition(ctx: ResolveContext, expr: Expr, what: string): Expr {
  if (expr.type.kind === 'boolean') return expr;
  if (expr.type.kind === 'null') return coerceTo(ctx, expr, BOOLEAN, what);
  if (expr.type.kind === 'token') throw identifierUse(ctx, expr.at, what);
  throw mismatch(ctx, expr.at, what, 'boolean', expr.type);
}

/** A date or a timestamp; a text literal becomes whichever it spells. */
export function asTemporal(expr: Expr): Expr | null {
  if (isTemporal(expr.type)) return expr;
  if (expr.type.kind === 'null') return coerce(expr, TIMESTAMP);
  if (!isLiteral(expr) || expr.type.kind !== 'text') return null;
  return coerce(expr, { kind: 'date' }) ?? coerce(expr, TIMESTAMP);
}
