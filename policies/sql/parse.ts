import { AppError, placeOf } from '../errors.ts';
import { acceptedNear } from './forms/syntax-hints.ts';
import { codePointOffset, offsetReader } from './text-offsets.ts';
import { statementsOf } from './text-words.ts';

declare const untrusted: unique symbol;
/** The user's own text. It reaches DuckDB's parser as a bound parameter, and nothing else, ever. */
export type UntrustedSql = string & { readonly [untrusted]: true };

/** Stage `parse`: one SELECT as DuckDB's own syntax tree, not yet checked against the allow-list. */
export interface ParsedQuery {
  readonly kind: 'parsed';
  readonly text: UntrustedSql;
  /** The statement's `node` of `json_serialize_sql`. */
  readonly node: unknown;
}

interface Serialized {
  readonly error: boolean;
  readonly error_type?: string;
  readonly error_message?: string;
  readonly position?: string;
  readonly statements?: readonly { readonly node: unknown; readonly named_param_map: readonly unknown[] }[];
}

/**
 * Reads what `json_serialize_sql` said of `text`.
 * Integers that a double cannot hold are kept as exact decimal text, in numbers' places.
 * Throws SQL_SYNTAX with its place, SQL_NOT_SELECT, SQL_STATEMENTS, SQL_LITERAL_REFUSED (a number beyond a double).
 */
export function readSyntaxTree(text: UntrustedSql, serialized: string): ParsedQuery {
  const tree = parseExact(text, serialized);
  if (tree.error) throw parserRefusal(text, tree);
  const statements = tree.statements ?? [];
  const [only] = statements;
  if (only === undefined) throw notSelect(text);
  if (statements.length > 1) throw severalStatements(text, statements.length);
  return { kind: 'parsed', text, node: only.node };
}

/** WHY a test first: a reviver makes JSON.parse several times slower, and almost no query holds such a number. */
const LARGE_INTEGER = /(?<!"query_location":)\b\d{16,}/;

function parseExact(text: UntrustedSql, serialized: string): Serialized {
  try {
    const tree: unknown = LARGE_INTEGER.test(serialized) ? JSON.parse(serialized, exactNumber) : JSON.parse(serialized);
    return tree as Serialized;
  } catch (cause) {
    // DuckDB writes a literal such as 1e400 as `Infinity`, which is no JSON.
    const at = offsetReader(text)(Number(INFINITE.exec(serialized)?.[1] ?? Number.NaN));
    const what = /^-?[\w.]{1,40}/u.exec(text.slice(at ?? text.length))?.[0] ?? 'number';
    throw new AppError(
      'SQL_LITERAL_REFUSED',
      { what, accepted: 'a number of at most 1e308' },
      placeOf(text, at),
      cause,
    );
  }
}

/** The place of such a literal. No text of the user's can look like it: quotes in it are escaped. */
const INFINITE = /"query_location":(\d+),"value":\{"type":\{[^{}]*\},"is_null":false,"value":-?Infinity/;

function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  return /^-?\d+$/.test(source) ? source : value;
}

function parserRefusal(text: UntrustedSql, tree: Serialized): AppError {
  if (tree.error_type === 'not implemented') return notSelect(text);
  // A syntax error counts code points, unlike `query_location`, which counts bytes.
  const offset = tree.position === undefined ? null : codePointOffset(text, Number(tree.position));
  const place = placeOf(text, offset);
  const near = offset === null ? '' : (/^\S{1,40}/.exec(text.slice(offset))?.[0] ?? '');
  const accepted = acceptedNear(text, offset);
  return new AppError('SQL_SYNTAX', accepted === null ? { near } : { near, accepted }, place);
}

/** How a query begins: the first statement that begins otherwise is the one to name. */
const QUERY_BEGINS: ReadonlySet<string> = new Set(
  'SELECT WITH FROM VALUES TABLE ( DESCRIBE DESC SHOW SUMMARIZE PIVOT UNPIVOT'.split(' '),
);

export function notSelect(text: UntrustedSql): AppError {
  const statements = statementsOf(text);
  const found = statements.find(({ word }) => !QUERY_BEGINS.has(word.toUpperCase())) ?? statements[0];
  return new AppError('SQL_NOT_SELECT', {}, placeOf(text, found?.at ?? null));
}

/** The place is the second statement's. */
export function severalStatements(text: UntrustedSql, count: number): AppError {
  return new AppError('SQL_STATEMENTS', { count }, placeOf(text, statementsOf(text)[1]?.at ?? null));
}
