/**
 * Reproducible draws: every attribute of every entity is a hash of (seed, stream, entity, part), so that any row of any
 * table can be made alone, in any order and without memory. Not for secrets: anyone can recompute it.
 */

/** A named source of draws; attributes of different streams are unrelated. */
export type Stream = number;

/** FNV-1a of the attribute's name. */
export function stream(name: string): Stream {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** 32 bits; each step is the finalizer of MurmurHash3 (Appleby, public domain). */
export function hash32(seed: number, of: Stream, entity: number, part = 0): number {
  return mix(Math.imul(mix(Math.imul(mix(seed ^ of), 0x9e3779b1) ^ entity), 0x85ebca77) ^ part) >>> 0;
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Uniform in [0, 1). */
export function uniform(seed: number, of: Stream, entity: number, part = 0): number {
  return hash32(seed, of, entity, part) / 0x1_0000_0000;
}

/** Standard normal (Box–Muller), within ±6.7. */
export function normal(seed: number, of: Stream, entity: number, part = 0): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(seed, of, entity, 2 * part)));
  return radius * Math.cos(2 * Math.PI * uniform(seed, of, entity, 2 * part + 1));
}

/** Uniform integer of `from`…`to`, inclusive. */
export function integer(u: number, from: number, to: number): number {
  return from + Math.floor(u * (to - from + 1));
}

/** The element at quantile `u`. */
export function pick<T>(list: readonly T[], u: number): T {
  return list[Math.floor(u * list.length)]!;
}

/** A list with weights, to be picked from by quantile. */
export interface Weighted<T> {
  readonly items: readonly T[];
  /** Upper quantile of each item; the last is 1. */
  readonly upper: readonly number[];
}

export function weighted<T>(pairs: readonly (readonly [T, number])[]): Weighted<T> {
  const total = pairs.reduce((sum, [, weight]) => sum + weight, 0);
  let sum = 0;
  return {
    items: pairs.map(([item]) => item),
    upper: pairs.map(([, weight]) => {
      sum += weight;
      return sum / total;
    }),
  };
}

export function pickWeighted<T>({ items, upper }: Weighted<T>, u: number): T {
  let low = 0;
  let high = items.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (u < upper[middle]!) high = middle;
    else low = middle + 1;
  }
  return items[low]!;
}
