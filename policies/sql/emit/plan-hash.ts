import { hash } from 'node:crypto';
import type { Rel } from '../plan.ts';

/**
 * SHA-256 of a plan up to spelling: columns are numbered in order of appearance, names, offsets, projections that only
 * rename, the order of sides of commutative operators, parentheses and repetitions within AND and OR, and filters written
 * one above the other are left out; `a > b` is `b < a`. Plans of equal hash have equal answers; the reverse need not hold.
 */
export function planHash(plan: Rel): string {
  return hash('sha256', canonicalPlan(plan), 'hex');
}

const COMMUTATIVE: ReadonlySet<string> = new Set([
  'and',
  'or',
  'eq',
  'neq',
  'add',
  'multiply',
  'not_distinct',
  'distinct_from',
  'greatest',
  'least',
]);
/** WHY these two alone: a condition that is given twice is the same condition, a summand is not. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['and', 'or']);
const MIRRORED: Readonly<Record<string, string>> = { gt: 'lt', gte: 'lte' };
/** WHY `prints`: what is stored beside the rows, found in them in part, is no part of the question. */
const LEFT_OUT: ReadonlySet<string> = new Set(['at', 'name', 'prints']);
/** Relations that give out their input's columns: positions of the root matter below them too. */
const PASSING: ReadonlySet<unknown> = new Set(['filter', 'sort', 'limit']);

type Fields = Readonly<Record<string, unknown>>;

export function canonicalPlan(plan: Rel): string {
  const numbers = new Map<number, number>();
  const renamed = new Map<number, number>();
  const numbered = (id: number): number => {
    let source = id;
    for (let next = renamed.get(source); next !== undefined; next = renamed.get(source)) source = next;
    const known = numbers.get(source) ?? numbers.size;
    numbers.set(source, known);
    return known;
  };
  // Inputs are written before what reads them, so that numbers follow the flow of data.
  const write = (value: unknown, positional: boolean): string => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    if (Array.isArray(value)) {
      return value.every(isPlain) ? JSON.stringify(value) : `[${value.map((item) => write(item, false)).join(',')}]`;
    }
    const { fields, conditions } = apart(value as Fields, positional);
    if (conditions.length > 0) {
      const input = write(fields, positional);
      return `{"kind":"filter","input":${input},"predicate":${write(conjunction(conditions), false)}}`;
    }
    const kept = inFlow(fields).filter((key) => fields[key] !== undefined);
    return `{${kept.map((key) => `"${key}":${writeField(fields, key, positional)}`).join(',')}}`;
  };
  /** Takes the filters off a relation, and the projections that only rename between them; those are noted. */
  const apart = (outer: Fields, positional: boolean) => {
    const conditions: unknown[] = [];
    for (let fields = outer; ; fields = fields['input'] as Fields) {
      const names = positional ? null : renames(fields);
      if (names !== null) for (const [id, source] of names) renamed.set(id, source);
      else if (fields['kind'] === 'filter') conditions.push(fields['predicate']);
      else return { fields: normalized(fields), conditions };
    }
  };
  const writeField = (fields: Fields, key: string, positional: boolean): string => {
    const value = fields[key];
    if (key === 'id' && typeof value === 'number') return String(numbered(value));
    if (key === 'type') return typeText(value as object, write);
    const fn = String(fields['fn']);
    if (key === 'args' && Array.isArray(value) && COMMUTATIVE.has(fn)) {
      const args = value.map((arg) => write(arg, false)).sort();
      return `[${(IDEMPOTENT.has(fn) ? [...new Set(args)] : args).join(',')}]`;
    }
    return write(value, fields['kind'] === 'set-operation' || (positional && PASSING.has(fields['kind'])));
  };
  return write(plan, true);
}

const isPlain = (item: unknown): boolean => typeof item === 'string' || typeof item === 'number';

/** WHY kept: every column and expression has a type, of which there are few, and no type holds a column. */
const types = new WeakMap<object, string>();

function typeText(type: object, write: (value: object, positional: boolean) => string): string {
  const text = types.get(type) ?? write(type, false);
  types.set(type, text);
  return text;
}

/** One form for comparisons and conditions that differ in how they were put together. */
function normalized(fields: Fields): Fields {
  const { kind, fn, args } = fields;
  if (kind !== 'call' || typeof fn !== 'string' || !Array.isArray(args)) return fields;
  const mirrored = MIRRORED[fn];
  if (mirrored !== undefined) return { ...fields, fn: mirrored, args: args.toReversed() };
  return IDEMPOTENT.has(fn) ? { ...fields, args: partsOf(fields, fn) } : fields;
}

const conjunction = (args: readonly unknown[]): Fields => ({ kind: 'call', fn: 'and', args });

/** What a call of `fn` joins, through calls of the same `fn` in its arguments. */
function partsOf(value: unknown, fn: string): readonly unknown[] {
  const { kind, fn: called, args } = value as Fields;
  return kind === 'call' && called === fn && Array.isArray(args) ? args.flatMap((arg) => partsOf(arg, fn)) : [value];
}

/** The columns of a projection that only renames, with what they stand for; null for everything else. */
function renames(fields: Fields): readonly (readonly [id: number, source: number])[] | null {
  const { kind, columns } = fields;
  if (kind !== 'project' || !Array.isArray(columns)) return null;
  const pairs: (readonly [number, number])[] = [];
  for (const column of columns as readonly { readonly id: number; readonly expr: { kind: string; id?: number } }[]) {
    if (column.expr.kind !== 'column' || column.expr.id === undefined) return null;
    pairs.push([column.id, column.expr.id]);
  }
  return pairs;
}

/** WHY kept by what fields there are: a plan has a dozen kinds of nodes and hundreds of nodes. */
const orders = new Map<string, readonly string[]>();

function inFlow(fields: Fields): readonly string[] {
  const keys = Object.keys(fields);
  const shape = keys.join(' ');
  const known = orders.get(shape) ?? keys.filter((key) => !LEFT_OUT.has(key)).sort(byFlow);
  orders.set(shape, known);
  return known;
}

const FLOW: readonly string[] = ['kind', 'input', 'left', 'right', 'source', 'keys'];

function byFlow(a: string, b: string): number {
  const rank = (key: string): number => (FLOW.includes(key) ? FLOW.indexOf(key) : FLOW.length);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}
