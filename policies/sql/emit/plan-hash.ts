import { createHash } from 'node:crypto';
import type { Rel } from '../plan.ts';

/**
 * SHA-256 of a plan up to spelling: columns are numbered in order of appearance, names, offsets, projections that only
 * rename, and the order of sides of commutative operators are left out. Plans of equal hash have equal answers; the
 * reverse need not hold.
 */
export function planHash(plan: Rel): string {
  return createHash('sha256').update(canonicalPlan(plan)).digest('hex');
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
const LEFT_OUT: ReadonlySet<string> = new Set(['at', 'name']);
/** Relations that give out their input's columns: positions of the root matter below them too. */
const PASSING: ReadonlySet<unknown> = new Set(['filter', 'sort', 'limit']);

type Fields = Readonly<Record<string, unknown>>;

export function canonicalPlan(plan: Rel): string {
  const numbers = new Map<number, number>();
  const renamed = new Map<number, number>();
  const numbered = (id: number): number => {
    const source = renamed.get(id) ?? id;
    const known = numbers.get(source) ?? numbers.size;
    numbers.set(source, known);
    return known;
  };
  // Inputs are written before what reads them, so that numbers follow the flow of data.
  const write = (value: unknown, positional: boolean): string => {
    if (Array.isArray(value)) return `[${value.map((item) => write(item, false)).join(',')}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const fields = value as Fields;
    const names = positional ? null : renames(fields);
    if (names !== null) {
      const inner = write(fields['input'], false);
      for (const [id, source] of names) renamed.set(id, renamed.get(source) ?? source);
      return inner;
    }
    const kept = Object.keys(fields).filter((key) => !LEFT_OUT.has(key) && fields[key] !== undefined);
    return `{${kept
      .sort(byFlow)
      .map((key) => `${JSON.stringify(key)}:${writeField(fields, key, positional)}`)
      .join(',')}}`;
  };
  const writeField = (fields: Fields, key: string, positional: boolean): string => {
    const value = fields[key];
    if (key === 'id' && typeof value === 'number') return String(numbered(value));
    if (key === 'args' && Array.isArray(value) && COMMUTATIVE.has(String(fields['fn']))) {
      return `[${value
        .map((arg) => write(arg, false))
        .sort()
        .join(',')}]`;
    }
    return write(value, fields['kind'] === 'set-operation' || (positional && PASSING.has(fields['kind'])));
  };
  return write(plan, true);
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

const FLOW: readonly string[] = ['kind', 'input', 'left', 'right', 'source', 'keys'];

function byFlow(a: string, b: string): number {
  const rank = (key: string): number => (FLOW.includes(key) ? FLOW.indexOf(key) : FLOW.length);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}
