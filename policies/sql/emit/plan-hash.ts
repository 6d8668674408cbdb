import { createHash } from 'node:crypto';
import type { Rel } from '../plan.ts';

/**
 * SHA-256 of a plan up to spelling: columns are numbered in order of appearance, names, offsets and the order of sides
 * of commutative operators are left out. Queries with the same hash have the same answer; the reverse need not hold.
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

export function canonicalPlan(plan: Rel): string {
  const numbers = new Map<number, number>();
  const numbered = (id: number): number => {
    const known = numbers.get(id) ?? numbers.size;
    numbers.set(id, known);
    return known;
  };
  // Inputs are written before what reads them, so that numbers follow the flow of data.
  const write = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const fields = value as Readonly<Record<string, unknown>>;
    const sorted = Object.keys(fields)
      .filter((key) => !LEFT_OUT.has(key) && fields[key] !== undefined)
      .sort(byFlow);
    const parts = sorted.map((key) => `${JSON.stringify(key)}:${writeField(fields, key)}`);
    return `{${parts.join(',')}}`;
  };
  const writeField = (fields: Readonly<Record<string, unknown>>, key: string): string => {
    const value = fields[key];
    if (key === 'id' && typeof value === 'number') return String(numbered(value));
    if (key === 'args' && Array.isArray(value) && COMMUTATIVE.has(String(fields['fn'])))
      return `[${value.map(write).sort().join(',')}]`;
    return write(value);
  };
  return write(plan);
}

const FLOW: readonly string[] = ['kind', 'input', 'left', 'right', 'source', 'keys'];

function byFlow(a: string, b: string): number {
  const rank = (key: string): number => (FLOW.includes(key) ? FLOW.indexOf(key) : FLOW.length);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}
