import type { AppError } from '../errors.ts';
import {
  booleanLiteral,
  decimalText,
  doubleLiteral,
  integerOf,
  literal,
  nullLiteral,
  textLiteral,
} from './literals.ts';
import type { Literal } from './plan.ts';
import { decimal } from './sql-type.ts';
import {
  checkShape,
  isNode,
  nodeAt,
  offsetOf,
  type ResolveContext,
  refusal,
  type Shape,
  type SyntaxNode,
} from './syntax-node.ts';

/** Constants of the syntax tree as literals of the plan, exact. */

const CONSTANT_SHAPE: Shape = { class: 'own', type: 'own', alias: 'own', query_location: 'own', value: 'own' };
const VALUE_SHAPE: Shape = { type: 'own', is_null: 'own', value: 'own' };

/** WHY a limit: a literal travels into the plan, its hash and the log. */
export const LITERAL_LENGTH_MAX = 4_000;

export function resolveConstant(ctx: ResolveContext, node: SyntaxNode): Literal {
  checkShape(ctx, node, CONSTANT_SHAPE);
  const value = nodeAt(ctx, node, 'value');
  checkShape(ctx, value, VALUE_SHAPE);
  const type = nodeAt(ctx, value, 'type');
  const at = offsetOf(ctx, node);
  if (value['is_null'] === true) return nullLiteral(at);
  const refused = (): AppError =>
    refusal(ctx, node, 'SQL_TYPE_REFUSED', {
      type: String(type['id']).toLowerCase(),
      accepted: "42, 1.5, 'text', true, NULL, DATE '2024-01-31'",
    });
  switch (type['id']) {
    case 'INTEGER':
    case 'BIGINT':
    case 'UBIGINT':
    case 'HUGEINT': {
      const integer = exactInteger(value['value']);
      if (integer === null) throw refused();
      return integerOf(integer, at);
    }
    case 'DECIMAL':
      return decimalOf(value['value'], type['type_info'], at) ?? raise(refused());
    case 'DOUBLE': {
      const number = Number(value['value']);
      if (!Number.isFinite(number)) throw refused();
      return doubleLiteral(number, at);
    }
    case 'BOOLEAN':
      return booleanLiteral(value['value'] === true, at);
    case 'VARCHAR':
      return textOf(ctx, node, value['value']);
    default:
      throw refused();
  }
}

function raise(error: AppError): never {
  throw error;
}

/** A safe number, exact decimal text, or `{upper, lower}` of 128 bits. */
function exactInteger(value: unknown): bigint | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null;
  if (typeof value === 'string') return /^-?\d+$/.test(value) ? BigInt(value) : null;
  if (!isNode(value)) return null;
  const [upper, lower] = [exactInteger(value['upper']), exactInteger(value['lower'])];
  return upper === null || lower === null ? null : upper * 2n ** 64n + lower;
}

function decimalOf(value: unknown, info: unknown, at: Literal['at']): Literal | null {
  const unscaled = exactInteger(value);
  if (unscaled === null || !isNode(info)) return null;
  const { width, scale } = info;
  if (typeof width !== 'number' || typeof scale !== 'number') return null;
  return literal(decimal(width, scale), decimalText(unscaled, scale), at);
}

function textOf(ctx: ResolveContext, node: SyntaxNode, value: unknown): Literal {
  const text = typeof value === 'string' ? value : '';
  if (text.length > LITERAL_LENGTH_MAX || text.includes('\0')) {
    throw refusal(ctx, node, 'SQL_LITERAL_REFUSED', { what: 'text', accepted: `'…' (0…${LITERAL_LENGTH_MAX})` });
  }
  return textLiteral(text, offsetOf(ctx, node));
}
