import { hash } from 'node:crypto';
import type { ColumnId, Expr, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { conjunctsOf, relsWithin } from '../plan-walk.ts';
import { canonicalText } from './canonical.ts';
import { expressionText } from './expression-text.ts';
import { isOneRow, meetsOnce } from './join-rules.ts';

/**
 * Which rows a relation holds, as text. INVARIANT: equal text, equal rows, so that sums over groups of one are sums over
 * groups of the other. Unequal text says nothing: what is spelt very differently is not recognised.
 */
export interface RowText {
  /** The rows of it that meet further conditions. */
  readonly rows: (conditions: readonly Expr[]) => string;
  /** An expression over its columns, by what they are made of. */
  readonly text: (expr: Expr) => string;
  /** Whether nothing narrows it: then the rows of a table below are all there. */
  readonly isWhole: boolean;
}

export function rowText(rel: Rel): RowText {
  const described = describe(rel, new Map());
  const text = textIn(described);
  const { isWhole } = described;
  return { rows: (conditions) => digestOfRows(narrowed(described, conditions)), text, isWhole };
}

interface Described {
  /** What rows are combined from, in any order. */
  readonly parts: readonly string[];
  /** What all of them meet, in any order. */
  readonly conditions: readonly string[];
  readonly columns: ReadonlyMap<ColumnId, string>;
  readonly isWhole: boolean;
}
/** How often a resource was met so far: two scans of it are two sources. */
type Met = Map<string, number>;

const textIn =
  ({ columns }: Pick<Described, 'columns'>) =>
  (expr: Expr): string =>
    expressionText(expr, (id) => columns.get(id) ?? `#${id}`);

function digestOfRows({ parts, conditions }: Described): string {
  return digestOf(JSON.stringify([[...parts].sort(), [...new Set(conditions)].sort()]));
}

const digestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);

function narrowed(described: Described, predicates: readonly Expr[]): Described {
  const more = predicates.flatMap(conjunctsOf).map(textIn(described));
  const conditions = [...described.conditions, ...more];
  return { ...described, conditions, isWhole: described.isWhole && more.length === 0 };
}

function describe(rel: Rel, met: Met): Described {
  switch (rel.kind) {
    case 'scan':
      if (rel.source.kind === 'table') return scanned(rel, rel.source, met);
      // Beside one row, such as a total, the others are what they were.
      return isOneRow(rel) ? { ...opaque(rel), parts: [] } : opaque(rel);
    case 'filter':
      return narrowed(describe(rel.input, met), [rel.predicate]);
    case 'project': {
      const input = describe(rel.input, met);
      return { ...input, columns: new Map(rel.columns.map(({ id, expr }) => [id, textIn(input)(expr)])) };
    }
    case 'join':
      return joined(rel, met);
    case 'aggregate':
      return grouped(rel, met);
    case 'window': {
      const input = describe(rel.input, met);
      const made = rel.columns.map(({ id, call }) => [id, madeOver(input, call)] as const);
      return { ...input, columns: new Map([...input.columns, ...made]) };
    }
    case 'sort':
      return describe(rel.input, met);
    case 'values':
    case 'limit':
    case 'set-operation':
      return opaque(rel);
  }
}

/** Known by its whole plan only. */
function opaque(rel: Rel): Described {
  const digest = digestOf(canonicalText(rel));
  const columns = columnsOf(rel).map(({ id }, position) => [id, `${digest}.${position}`] as const);
  const isWhole = !relsWithin(rel).some(({ kind }) => kind === 'filter' || kind === 'limit' || kind === 'join');
  return { parts: [digest], conditions: [], columns: new Map(columns), isWhole };
}

function scanned(
  { columns }: Extract<Rel, { kind: 'scan' }>,
  { resource, version }: { readonly resource: string; readonly version: number },
  met: Met,
): Described {
  const before = met.get(resource) ?? 0;
  met.set(resource, before + 1);
  const name = `${resource}@${version}/${before}`;
  const names = columns.map(({ id, column }) => [id, `${name}.${column}`] as const);
  return { parts: [name], conditions: [], columns: new Map(names), isWhole: true };
}

const isGiven = (rel: Rel): boolean => rel.kind === 'scan' && rel.source.kind === 'given';

function joined({ join, left, right, on }: Extract<Rel, { kind: 'join' }>, met: Met): Described {
  const [a, b] = [describe(left, met), describe(right, met)];
  const columns = new Map([...a.columns, ...b.columns]);
  const match = on === null ? [] : conjunctsOf(on).map(textIn({ columns })).sort();
  const conditions = [...a.conditions, ...b.conditions];
  if (join === 'left' && isGiven(right) && meetsOnce({ left, right, on }, right)) return { ...a, columns };
  switch (join) {
    case 'inner':
    case 'cross': {
      const isWhole = a.isWhole && b.isWhole && match.length === 0;
      return { parts: [...a.parts, ...b.parts], conditions: [...conditions, ...match], columns, isWhole };
    }
    case 'semi':
    case 'anti': {
      const matched = JSON.stringify([join, digestOfRows(b), match]);
      return { ...a, conditions: [...a.conditions, matched], isWhole: false };
    }
    case 'left':
    case 'right':
    case 'full': {
      const part = JSON.stringify([join, digestOfRows(a), digestOfRows(b), match]);
      const isWhole = (join === 'right' || a.isWhole) && (join === 'left' || b.isWhole);
      return { parts: [part], conditions: [], columns, isWhole };
    }
  }
}

/** One row a group. WHY measures by their own text: what is computed beside them changes neither rows nor values. */
function grouped({ input, keys, sets, measures }: Extract<Rel, { kind: 'aggregate' }>, met: Met): Described {
  const below = describe(input, met);
  const text = textIn(below);
  const part = JSON.stringify([digestOfRows(below), keys.map(({ expr }) => text(expr)), sets]);
  const digest = digestOf(part);
  const named = keys.map(({ id, expr }) => [id, `${digest}.${text(expr)}`] as const);
  const made = measures.map(({ id, call }) => [id, `${digest}.${madeOver(below, call)}`] as const);
  return { parts: [part], conditions: [], columns: new Map([...named, ...made]), isWhole: below.isWhole };
}

/** A call over many rows of a relation, with every column in it by its text. */
function madeOver(input: Described, call: object): string {
  const text = textIn(input);
  const made = JSON.stringify(call, (key, value: unknown) => {
    if (key === 'at') return undefined;
    return isExpr(value) ? text(value) : value;
  });
  return digestOf(JSON.stringify([digestOfRows(input), made]));
}

const EXPRESSIONS: ReadonlySet<unknown> = new Set(['column', 'literal', 'call', 'case', 'cast']);

function isExpr(value: unknown): value is Expr {
  return typeof value === 'object' && value !== null && 'kind' in value && EXPRESSIONS.has(value.kind);
}
