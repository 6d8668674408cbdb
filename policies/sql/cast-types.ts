import { decimal, type SqlType } from './sql-type.ts';
import { isNode, nodeAt, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';
import { typeWritten } from './text-words.ts';
import { CAST_TYPES, CAST_TYPES_ACCEPTED, isNumeric, isTemporal, sameType } from './type-rules.ts';

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
  const name = typeWritten(ctx.text, ctx.offsetOf(node['query_location'])) ?? parsed;
  throw refusal(ctx, node, 'SQL_TYPE_REFUSED', { type: name, accepted: CAST_TYPES_ACCEPTED });
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
