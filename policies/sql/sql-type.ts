/**
 * Types of the project's own plan. Few on purpose: each one is total under every function that the compiler lists.
 * `hugeint` (128-bit) only arises from sums. `token` is a keyed hash of an identifier: comparable, never visible.
 */
export type SqlType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'hugeint' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'double' }
  | { readonly kind: 'text' }
  | { readonly kind: 'date' }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'interval' }
  | { readonly kind: 'token'; readonly domain: string }
  | { readonly kind: 'null' };

export const BOOLEAN: SqlType = { kind: 'boolean' };
export const INTEGER: SqlType = { kind: 'integer' };
export const HUGEINT: SqlType = { kind: 'hugeint' };
export const DOUBLE: SqlType = { kind: 'double' };
export const TEXT: SqlType = { kind: 'text' };
export const DATE: SqlType = { kind: 'date' };
export const TIMESTAMP: SqlType = { kind: 'timestamp' };
export const INTERVAL: SqlType = { kind: 'interval' };
export const NULL_TYPE: SqlType = { kind: 'null' };
export const decimal = (precision: number, scale: number): SqlType => ({ kind: 'decimal', precision, scale });
