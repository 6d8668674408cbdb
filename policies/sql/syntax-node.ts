import type { ErrorCode } from '../errors.ts';
import { AppError, type ErrorFacts, placeOf } from '../errors.ts';
import type { ParsedQuery } from './parse.ts';
import type { ColumnId, Offset } from './plan.ts';
import type { QueryCatalog } from './resolve.ts';
import { type OffsetReader, offsetReader } from './text-offsets.ts';
import { type TextWord, wordsOf } from './text-words.ts';

/** A node of DuckDB's syntax tree. Nothing of it is believed before a shape has been checked. */
export interface SyntaxNode {
  readonly [field: string]: unknown;
}

/** Public facts that a query may mention: the date and time of its submission. */
export interface QueryFacts {
  /** ISO date, Asia/Shanghai. */
  readonly today: string;
  /** ISO timestamp. */
  readonly now: string;
}

/** What one run of `resolve` carries along. */
export interface ResolveContext {
  readonly text: string;
  readonly offsetOf: OffsetReader;
  /** Of the text, read once and only where a place or a message asks for them. */
  readonly words: () => readonly TextWord[];
  readonly catalog: QueryCatalog;
  readonly facts: QueryFacts;
  /** The SELECTs whose lists are the answer's columns: all others are read by a query around them. */
  readonly answer: ReadonlySet<SyntaxNode>;
  ids: number;
  nodes: number;
  depth: number;
}

/** WHY 200: DuckDB itself stops at 1,000 levels; emitted SQL adds up to four levels for one of the user's. */
export const DEPTH_MAX = 200;
/** Counted as resolved, so that a CTE counts once for each reference. */
export const NODES_MAX = 20_000;

export function createContext(
  { text, node }: Pick<ParsedQuery, 'text' | 'node'>,
  catalog: QueryCatalog,
  facts: QueryFacts,
): ResolveContext {
  let words: readonly TextWord[] | null = null;
  const readWords = (): readonly TextWord[] => (words ??= wordsOf(text));
  const answer = new Set(selectsOfAnswer(node));
  return { text, offsetOf: offsetReader(text), words: readWords, catalog, facts, answer, ids: 0, nodes: 0, depth: 0 };
}

/** The query itself, or the sides of a set operation. */
function* selectsOfAnswer(query: unknown): Generator<SyntaxNode> {
  for (const open = [query]; open.length > 0; ) {
    const node = open.pop();
    if (!isNode(node)) continue;
    if (node['type'] === 'SET_OPERATION_NODE') open.push(node['left'], node['right']);
    else yield node;
  }
}

export function freshId(ctx: ResolveContext): ColumnId {
  return ctx.ids++ as ColumnId;
}

/** Counts a node and its depth around `work`. */
export function within<T>(ctx: ResolveContext, node: SyntaxNode, work: () => T): T {
  ctx.nodes += 1;
  ctx.depth += 1;
  if (ctx.nodes > NODES_MAX) throw refusal(ctx, node, 'SQL_TOO_COMPLEX', { what: 'nodes', limit: NODES_MAX });
  if (ctx.depth > DEPTH_MAX) throw refusal(ctx, node, 'SQL_TOO_COMPLEX', { what: 'depth', limit: DEPTH_MAX });
  const result = work();
  ctx.depth -= 1;
  return result;
}

/** Where a node stands in the text; where DuckDB gives it no place, its first child that has one. */
export function offsetOf(ctx: ResolveContext, node: unknown): Offset {
  const queue: unknown[] = [node];
  for (let steps = 0; queue.length > 0 && steps < 200; steps++) {
    const next = queue.shift();
    if (Array.isArray(next)) queue.push(...next);
    else if (isNode(next)) {
      const own = ctx.offsetOf(next['query_location']);
      if (own !== null) return own;
      queue.push(...Object.values(next).filter((value) => typeof value === 'object' && value !== null));
    }
  }
  return null;
}

export function refusal(ctx: ResolveContext, node: unknown, code: ErrorCode, facts: ErrorFacts): AppError {
  return refusalAt(ctx, offsetOf(ctx, node), code, facts);
}

export function refusalAt(ctx: ResolveContext, at: Offset, code: ErrorCode, facts: ErrorFacts): AppError {
  return new AppError(code, facts, placeOf(ctx.text, at));
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function nodeAt(ctx: ResolveContext, parent: SyntaxNode, field: string): SyntaxNode {
  const value = parent[field];
  if (!isNode(value)) throw unknownShape(ctx, parent, field);
  return value;
}

export function nodesAt(ctx: ResolveContext, parent: SyntaxNode, field: string): readonly SyntaxNode[] {
  const value = parent[field];
  if (!Array.isArray(value) || !value.every(isNode)) throw unknownShape(ctx, parent, field);
  return value;
}

export function textAt(ctx: ResolveContext, parent: SyntaxNode, field: string): string {
  const value = parent[field];
  if (typeof value !== 'string') throw unknownShape(ctx, parent, field);
  return value;
}

export function textsAt(ctx: ResolveContext, parent: SyntaxNode, field: string): readonly string[] {
  const value = parent[field];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw unknownShape(ctx, parent, field);
  return value;
}

function unknownShape(ctx: ResolveContext, parent: SyntaxNode, field: string): AppError {
  const construct = `${String(parent['type'] ?? 'node')}.${field}`;
  return refusal(ctx, parent, 'SQL_CONSTRUCT_REFUSED', { construct, accepted: 'SELECT … FROM … WHERE …' });
}

/** `own`: the reader of this node handles the field. Otherwise it must be empty, or the construct is refused. */
export type FieldRule = 'own' | { readonly construct: string; readonly accepted: string };
export type Shape = Readonly<Record<string, FieldRule>>;

/** Refuses a node with a field that its shape does not list, or that must be empty and is not. */
export function checkShape(ctx: ResolveContext, node: SyntaxNode, shape: Shape): void {
  for (const field of Object.keys(node)) {
    const rule = Object.hasOwn(shape, field) ? shape[field] : undefined;
    if (rule === 'own') continue;
    if (rule === undefined) throw unknownShape(ctx, node, field);
    if (!isEmpty(node[field])) throw refusal(ctx, node, 'SQL_CONSTRUCT_REFUSED', { ...rule });
  }
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isNode(value) && Array.isArray(value['map']) && value['map'].length === 0;
}
