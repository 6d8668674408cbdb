import type { Cell } from '../../table-data.ts';

/** A number without rounding: `top / bottom`, bottom positive. */
export interface Exact {
  readonly top: bigint;
  readonly bottom: bigint;
}

export const ZERO: Exact = { top: 0n, bottom: 1n };
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** The exact value of a cell: integers, decimal text, and doubles by their bits. null for what is no finite number. */
export function exactOf(cell: Cell): Exact | null {
  if (typeof cell === 'bigint') return { top: cell, bottom: 1n };
  if (typeof cell === 'number') return exactDouble(cell);
  if (typeof cell !== 'string') return null;
  const match = DECIMAL.exec(cell);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = ''] = match;
  return { top: BigInt(`${sign}${whole}${fraction}`), bottom: 10n ** BigInt(fraction.length) };
}

/** A limit of the profile as its author wrote it: 0.9 is nine tenths, not the nearest double. */
export function exactLimit(value: number): Exact {
  const text = String(value);
  return exactOf(text.includes('e') ? value : text)!;
}

function exactDouble(value: number): Exact | null {
  if (!Number.isFinite(value)) return null;
  let scaled = value;
  let bottom = 1n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    bottom *= 2n;
  }
  return { top: BigInt(scaled), bottom };
}

export function compare(a: Exact, b: Exact): number {
  const difference = a.top * b.bottom - b.top * a.bottom;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function plus(a: Exact, b: Exact): Exact {
  return { top: a.top * b.bottom + b.top * a.bottom, bottom: a.bottom * b.bottom };
}

export function minus(a: Exact, b: Exact): Exact {
  return plus(a, { top: -b.top, bottom: b.bottom });
}

export function times(a: Exact, b: Exact): Exact {
  return { top: a.top * b.top, bottom: a.bottom * b.bottom };
}

export function magnitude(a: Exact): Exact {
  return a.top < 0n ? { top: -a.top, bottom: a.bottom } : a;
}
