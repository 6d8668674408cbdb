import type { Rel } from '../plan.ts';

/** Keys that hold a column id, wherever they stand in a plan. */
const ID_KEY = 'id';
/** What does not change what a plan computes: places in the text, names that nothing refers to, and what is stored beside the rows. */
const IGNORED: ReadonlySet<string> = new Set(['at', 'name', 'prints']);

/** Equal text for plans that differ only in spelling: column ids are renumbered in the order in which they appear. */
export function canonicalText(rel: Rel): string {
  const numbers = new Map<number, number>();
  return JSON.stringify(rel, (key, value: unknown) => {
    if (IGNORED.has(key)) return undefined;
    if (key !== ID_KEY || typeof value !== 'number') return value;
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
}
