import { formatError } from './upload-problem.ts';

/**
 * Thrift's compact protocol, read into a tree and written back: just enough to take a Parquet footer apart and put
 * one back together that names a single row group. Unknown fields pass through.
 *
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

export type ThriftValue = boolean | bigint | Buffer | ThriftList | ThriftStruct;

export interface ThriftList {
  readonly element: number;
  readonly items: readonly ThriftValue[];
}

export type ThriftStruct = Map<number, { readonly type: number; readonly value: ThriftValue }>;

const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;
const DEPTH_MAX = 16;

/** @throws AppError UPLOAD_FORMAT `parquet-malformed` */
export function readStruct(bytes: Buffer): ThriftStruct {
  const reader = new Reader(bytes);
  return reader.struct(0);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  struct(depth: number): ThriftStruct {
    const fields: ThriftStruct = new Map();
    for (let id = 0; ; ) {
      const head = this.#byte();
      if (head === 0) return fields;
      const delta = head >> 4;
      id = delta === 0 ? Number(this.#zigzag()) : id + delta;
      const type = head & 15;
      const value = type === TRUE || type === FALSE ? type === TRUE : this.#value(type, depth + 1);
      fields.set(id, { type, value });
    }
  }

  #value(type: number, depth: number): ThriftValue {
    if (depth > DEPTH_MAX) throw formatError('parquet-malformed');
    if (type === TRUE || type === FALSE) return this.#byte() === TRUE; // as an element of a list
    if (type === BYTE) return BigInt(this.#byte());
    if (type > BYTE && type <= I64) return this.#zigzag();
    if (type === DOUBLE) return this.#take(8);
    if (type === BINARY) return this.#take(Number(this.#varint()));
    if (type === LIST || type === SET) return this.#list(depth);
    if (type === STRUCT) return this.struct(depth);
    throw formatError('parquet-malformed'); // maps do not occur in a footer
  }

  #list(depth: number): ThriftList {
    const head = this.#byte();
    const size = head >> 4 === 15 ? Number(this.#varint()) : head >> 4;
    // An element takes at least a byte: a size beyond that is a lie, and not to be allocated for.
    if (size > this.#bytes.length - this.#at) throw formatError('parquet-malformed');
    const element = head & 15;
    return { element, items: Array.from({ length: size }, () => this.#value(element, depth + 1)) };
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw formatError('parquet-malformed');
    this.#at += 1;
    return byte;
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw formatError('parquet-malformed');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw formatError('parquet-malformed');
  }

  #zigzag(): bigint {
    const value = this.#varint();
    return (value >> 1n) ^ -(value & 1n);
  }
}

export function writeStruct(fields: ThriftStruct): Buffer {
  const out: Buffer[] = [];
  putStruct(out, fields);
  return Buffer.concat(out);
}

function putStruct(out: Buffer[], fields: ThriftStruct): void {
  let last = 0;
  for (const [id, { type, value }] of [...fields].sort(([a], [b]) => a - b)) {
    const delta = id - last;
    const kind = typeof value === 'boolean' ? (value ? TRUE : FALSE) : type;
    if (delta > 0 && delta < 16) out.push(Buffer.of((delta << 4) | kind));
    else out.push(Buffer.of(kind), varint(zigzag(BigInt(id))));
    if (typeof value !== 'boolean') putValue(out, type, value);
    last = id;
  }
  out.push(Buffer.of(0));
}

function putValue(out: Buffer[], type: number, value: ThriftValue): void {
  if (typeof value === 'boolean') out.push(Buffer.of(value ? TRUE : FALSE));
  else if (typeof value === 'bigint') out.push(type === BYTE ? Buffer.of(Number(value)) : varint(zigzag(value)));
  else if (Buffer.isBuffer(value)) out.push(...(type === BINARY ? [varint(BigInt(value.length)), value] : [value]));
  else if (value instanceof Map) putStruct(out, value);
  else {
    const size = value.items.length;
    out.push(Buffer.of((Math.min(size, 15) << 4) | value.element), ...(size < 15 ? [] : [varint(BigInt(size))]));
    for (const item of value.items) putValue(out, value.element, item);
  }
}

function zigzag(value: bigint): bigint {
  return value >= 0n ? value << 1n : (-value << 1n) - 1n;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
