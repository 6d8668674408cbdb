import { asTemporal, coerceTo, identifierUse, mismatch } from './coercion.ts';
import type { TokenParameter } from './functions/aggregates.ts';
import type { Parameter, ScalarEntry, Signature } from './functions/scalar-entry.ts';
import { endsInEscape } from './functions/text-functions.ts';
import { convertLiteral, isLiteral } from './literals.ts';
import type { Expr, Offset } from './plan.ts';
import { call } from './resolve-operators.ts';
import { spelled } from './spelling.ts';
import { DATE, DOUBLE, INTEGER, type SqlType, TEXT, TIMESTAMP } from './sql-type.ts';
import { type ResolveContext, refusalAt } from './syntax-node.ts';
import { isNumeric, isTemporal } from './type-rules.ts';

/** A call of a scalar function on the allow-list: picks the signature, converts arguments, checks literals. */
export function scalarCall(
  ctx: ResolveContext,
  entry: ScalarEntry,
  word: string,
  args: readonly Expr[],
  at: Offset,
): Expr {
  for (const arg of args) if (arg.type.kind === 'token') throw identifierUse(ctx, arg.at, word);
  const candidates = entry.signatures.filter((signature) => takes(signature, args.length));
  const signature = candidates[0];
  if (signature === undefined) {
    throw refusalAt(ctx, at, 'SQL_FUNCTION_REFUSED', {
      function: word,
      given: args.length,
      accepted: entry.signatures.map((s) => spell(entry, s)).join(', '),
    });
  }
  const sides = args.map((arg, index) => argument(ctx, arg, parameterAt(signature, index), word));
  const types = sides.map((side) => side.type);
  const type = typeof signature.result === 'function' ? signature.result(types) : signature.result;
  checkEscape(ctx, entry, sides);
  return call(entry.name, sides, type, at);
}

function takes(signature: Signature, count: number): boolean {
  return signature.rest === undefined ? count === signature.params.length : count >= signature.params.length;
}

function parameterAt(signature: Signature, index: number): Parameter {
  return signature.params[index] ?? signature.rest ?? { is: 'any' };
}

function spell(entry: ScalarEntry, signature: Signature): string {
  const params = signature.params.map((parameter) => (parameter.is === 'as-text' ? 'any' : parameter.is));
  return `${spelled(entry.spellings[0] ?? entry.name)}(${[...params, ...(signature.rest === undefined ? [] : ['…'])].join(', ')})`;
}

/** One argument in its parameter's class. */
export function argument(ctx: ResolveContext, arg: Expr, parameter: Parameter | TokenParameter, word: string): Expr {
  const converted = convert(ctx, arg, parameter.is, word);
  if (parameter.constant === undefined) return converted;
  const folded = constantOf(converted);
  if (folded === null) {
    throw refusalAt(ctx, arg.at, 'SQL_LITERAL_REFUSED', { what: word, accepted: 'a literal' });
  }
  const accepted = parameter.constant(folded);
  if (accepted !== null) throw refusalAt(ctx, arg.at, 'SQL_LITERAL_REFUSED', { what: word, accepted });
  return folded;
}

/** A literal, also behind a sign or a cast. */
export function constantOf(expr: Expr): Extract<Expr, { kind: 'literal' }> | null {
  if (isLiteral(expr)) return expr;
  if (expr.kind === 'cast' && isLiteral(expr.arg)) return convertLiteral(expr.arg, expr.type);
  const inner = expr.kind === 'call' && expr.fn === 'negate' ? expr.args[0] : undefined;
  if (inner === undefined || !isLiteral(inner) || typeof inner.value !== 'string') return null;
  return { ...inner, value: inner.value.startsWith('-') ? inner.value.slice(1) : `-${inner.value}` };
}

function convert(ctx: ResolveContext, arg: Expr, wanted: Parameter['is'] | 'countable', word: string): Expr {
  const to = (type: SqlType): Expr => coerceTo(ctx, arg, type, word);
  const { kind } = arg.type;
  switch (wanted) {
    case 'countable':
      if (kind === 'interval') throw mismatch(ctx, arg.at, word, 'a column', arg.type);
      return kind === 'null' ? to(INTEGER) : arg;
    case 'any':
      if (kind === 'token') throw identifierUse(ctx, arg.at, word);
      if (kind === 'interval') throw mismatch(ctx, arg.at, word, 'number, text or date', arg.type);
      return kind === 'null' ? to(INTEGER) : arg;
    case 'number':
      if (isNumeric(arg.type)) return arg;
      return kind === 'null'
        ? to(INTEGER)
        : isLiteral(arg) && kind === 'text'
          ? to(DOUBLE)
          : fail(ctx, arg, word, 'number');
    case 'integer':
      if (kind === 'integer' || kind === 'null' || (isLiteral(arg) && kind === 'text')) return to(INTEGER);
      return kind === 'hugeint' ? to(INTEGER) : fail(ctx, arg, word, 'integer');
    case 'double':
      if (isNumeric(arg.type) || kind === 'null' || (isLiteral(arg) && kind === 'text')) return to(DOUBLE);
      return fail(ctx, arg, word, 'number');
    case 'text':
      // A date has one text only: other systems take it there as it is.
      if (isTemporal(arg.type)) return asText(arg);
      return kind === 'text' || kind === 'null' ? to(TEXT) : fail(ctx, arg, word, 'text (CAST(x AS varchar))');
    case 'as-text':
      return kind === 'interval' ? fail(ctx, arg, word, 'text') : kind === 'text' ? arg : asText(arg);
    case 'boolean':
      return kind === 'boolean' || kind === 'null' ? to({ kind: 'boolean' }) : fail(ctx, arg, word, 'boolean');
    case 'interval':
      return kind === 'interval' || kind === 'null'
        ? to({ kind: 'interval' })
        : fail(ctx, arg, word, "INTERVAL '1' DAY");
    case 'date':
      return asDate(ctx, arg, word, DATE);
    case 'timestamp':
      return asDate(ctx, arg, word, TIMESTAMP);
    case 'temporal':
      return asTemporal(arg) ?? fail(ctx, arg, word, "date or timestamp (DATE '2024-01-31')");
  }
}

function asText(arg: Expr): Expr {
  return { kind: 'cast', arg, type: TEXT, at: arg.at };
}

function asDate(ctx: ResolveContext, arg: Expr, word: string, type: SqlType): Expr {
  const day = asTemporal(arg) ?? fail(ctx, arg, word, `${type.kind} (DATE '2024-01-31')`);
  return coerceTo(ctx, day, type, word);
}

function fail(ctx: ResolveContext, arg: Expr, word: string, expected: string): never {
  if (arg.type.kind === 'token') throw identifierUse(ctx, arg.at, word);
  if (isLiteral(arg) && arg.type.kind === 'text') {
    throw refusalAt(ctx, arg.at, 'SQL_LITERAL_REFUSED', { what: word, accepted: expected });
  }
  throw mismatch(ctx, arg.at, word, expected, arg.type);
}

function checkEscape(ctx: ResolveContext, entry: ScalarEntry, args: readonly Expr[]): void {
  const [, pattern, character] = args;
  if (entry.name !== 'like_escape' || pattern?.kind !== 'literal' || character?.kind !== 'literal') return;
  if (endsInEscape(pattern, character)) {
    throw refusalAt(ctx, pattern.at, 'SQL_LITERAL_REFUSED', { what: 'LIKE … ESCAPE', accepted: "'100#%' ESCAPE '#'" });
  }
}
