import { nodesOf } from './forms/syntax-build.ts';
import { DOUBLE, decimal, INTEGER, type SqlType, TEXT, TIMESTAMP } from './sql-type.ts';
import { isNode, nodeAt, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';
import { typeWritten } from './text-words.ts';
import { CAST_TYPES, CAST_TYPES_ACCEPTED, isNumeric, isTemporal, PRECISION_MAX, sameType } from './type-rules.ts';

/** The types that a CAST may name, and from what. */

/** Texts that convert to a type, as a hint shows them. */
export const FORMS: Partial<Record<SqlType['kind'], string>> = {
  date: "'2024-01-31'",
  timestamp: "'2024-01-31 23:59:59'",
  boolean: "'true', 'false'",
  integer: "'42'",
  decimal: "'42.5'",
  double: "'42.5'",
};

/** Throws SQL_TYPE_REFUSED. */
export function castType(ctx: ResolveContext, node: SyntaxNode): SqlType {
  const wanted = nodeAt(ctx, node, 'cast_type');
  const info = wanted['type_info'];
  const id = String(wanted['id']);
  if (id === 'DECIMAL' && isNode(info) && typeof info['width'] === 'number' && typeof info['scale'] === 'number') {
    if (info['width'] >= 1 && info['width'] <= 38 && info['scale'] <= info['width'])
      return decimal(info['width'], info['scale']);
  }
  const plain = info === null ? CAST_TYPES.get(id) : undefined;
  if (plain !== undefined) return plain;
  const parsed = isNode(info) && typeof info['name'] === 'string' ? info['name'] : id.toLowerCase();
  const other =
    isNode(info) && id === 'UNBOUND' ? otherType(parsed.toLowerCase(), nodesOf(info['user_type_modifiers'])) : null;
  if (other !== null) return other;
  const name = typeWritten(ctx.text, ctx.offsetOf(node['query_location'])) ?? parsed;
  throw refusal(ctx, node, 'SQL_TYPE_REFUSED', { type: name, accepted: CAST_TYPES_ACCEPTED });
}

/** Types of other systems that DuckDB has no word for. A length of a text decides nothing: it is not cut. */
const OTHER_TYPES: Readonly<Record<string, SqlType>> = {
  ...{ datetime2: TIMESTAMP, smalldatetime: TIMESTAMP, timestamp_ntz: TIMESTAMP },
  ...{ float64: DOUBLE, number: decimal(38, 0), bignumeric: decimal(38, 9), money: decimal(19, 4) },
  ...{ signed: INTEGER, unsigned: INTEGER, nchar: TEXT, ntext: TEXT, varchar2: TEXT, nvarchar2: TEXT },
};

function otherType(name: string, modifiers: readonly SyntaxNode[]): SqlType | null {
  const type = OTHER_TYPES[name] ?? null;
  if (type?.kind !== 'decimal' || modifiers.length === 0) return type;
  const [precision = 0, scale = 0] = modifiers.map(({ value }) => Number(value));
  return precision >= 1 && precision <= PRECISION_MAX && scale >= 0 && scale <= precision
    ? decimal(precision, scale)
    : null;
}

/** What can be cast to a type, for messages. */
export function castable(to: SqlType): string {
  if (isTemporal(to)) return 'text, date or timestamp';
  return to.kind === 'text' ? 'number, text or date' : 'number, text or boolean';
}

export function isCastable(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'null' || sameType(from, to)) return true;
  if (from.kind === 'interval' || to.kind === 'token') return false;
  if (from.kind === 'text' || to.kind === 'text') return true;
  if (isNumeric(from)) return isNumeric(to) || to.kind === 'boolean';
  if (from.kind === 'boolean') return isNumeric(to);
  return isTemporal(from) && isTemporal(to);
}
