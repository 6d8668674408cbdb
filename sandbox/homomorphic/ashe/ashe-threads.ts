import { Worker } from 'node:worker_threads';
import type { RowSet } from '../row-set.ts';
import { addPads } from './add-pads.ts';
import { PAD_ROWS, padSums } from './pads.ts';

/** The two costly steps, on the caller's own thread or on several. */
export interface AsheThreads {
  encrypt(key: Uint8Array, lanes: 1 | 2, firstIndex: number, values: BigInt64Array): Promise<BigInt64Array>;
  /** Of each set, over all its rows. */
  padSums(key: Uint8Array, lanes: 1 | 2, sets: readonly RowSet[]): Promise<readonly bigint[]>;
  close(): Promise<void>;
}

export const OWN_THREAD: AsheThreads = {
  encrypt(key, lanes, firstIndex, values) {
    const stored = new BigInt64Array(values.length * lanes);
    addPads(key, lanes, firstIndex, values, stored);
    return Promise.resolve(stored);
  },
  padSums: (key, lanes, sets) => Promise.resolve(padSums(key, lanes, sets, 0, lastRow(sets))),
  close: () => Promise.resolve(),
};

export type AsheTask =
  | {
      readonly kind: 'encrypt';
      readonly key: Uint8Array;
      readonly lanes: 1 | 2;
      readonly firstIndex: number;
      readonly values: BigInt64Array;
      readonly stored: BigInt64Array;
    }
  | {
      readonly kind: 'pad-sums';
      readonly key: Uint8Array;
      readonly lanes: 1 | 2;
      readonly sets: readonly Uint8Array[];
      readonly fromRow: number;
      readonly toRow: number;
    };

/** Splits rows over `count` threads. They share the arrays, so nothing but the key is copied to each. */
export function openAsheThreads(count: number): AsheThreads {
  const threads = Array.from({ length: count }, () => startThread());
  return {
    async encrypt(key, lanes, firstIndex, values) {
      const from = shared(BigInt64Array, values);
      const stored = new BigInt64Array(new SharedArrayBuffer(8 * lanes * values.length));
      const tasks = ranges(values.length, count).map(
        ([start, end]): AsheTask => ({
          kind: 'encrypt',
          key,
          lanes,
          firstIndex: firstIndex + start,
          values: from.subarray(start, end),
          stored: stored.subarray(start * lanes, end * lanes),
        }),
      );
      await Promise.all(tasks.map((task, at) => threads[at]!.run(task)));
      return stored;
    },
    async padSums(key, lanes, rowSets) {
      const sets = rowSets.map(({ bytes }) => shared(Uint8Array, bytes));
      const tasks = ranges(lastRow(rowSets), count).map(
        ([fromRow, toRow]): AsheTask => ({
          kind: 'pad-sums',
          key,
          lanes,
          sets,
          fromRow,
          toRow,
        }),
      );
      const parts = await Promise.all(tasks.map((task, at) => threads[at]!.run(task)));
      return sets.map((_, set) => parts.reduce((sum, part) => sum + part[set]!, 0n));
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.end()));
    },
  };
}

function lastRow(sets: readonly RowSet[]): number {
  return 8 * Math.max(0, ...sets.map(({ bytes }) => bytes.length));
}

/** `count` stretches of about equal length, each but the last a multiple of what is worked on at once. */
function ranges(rows: number, count: number): readonly (readonly [start: number, end: number])[] {
  const each = Math.max(PAD_ROWS, Math.ceil(rows / count / PAD_ROWS) * PAD_ROWS);
  return Array.from({ length: Math.ceil(rows / each) }, (_, at) => [at * each, Math.min(rows, (at + 1) * each)]);
}

function shared<T extends Uint8Array | BigInt64Array>(make: new (buffer: SharedArrayBuffer) => T, array: T): T {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const copy = new make(new SharedArrayBuffer(array.byteLength));
  new Uint8Array(copy.buffer).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return copy;
}

interface Thread {
  /** One task at a time goes on; more wait in its queue. */
  run(task: AsheTask): Promise<readonly bigint[]>;
  end(): Promise<unknown>;
}

function startThread(): Thread {
  const worker = new Worker(new URL('./ashe-thread.ts', import.meta.url));
  const waiting: { done(sums: readonly bigint[]): void; failed(error: unknown): void }[] = [];
  const fail = (error: unknown): void => {
    for (const one of waiting.splice(0)) one.failed(error);
  };
  worker.on('message', (sums: readonly bigint[]) => waiting.shift()?.done(sums));
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('a thread has ended')));
  return {
    run: (task) =>
      new Promise((done, failed) => {
        waiting.push({ done, failed });
        worker.postMessage(task);
      }),
    end: () => worker.terminate(),
  };
}
