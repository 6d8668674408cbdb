import { Worker } from 'node:worker_threads';
import { AppError } from '#policies/vocabulary';
import { entryCount } from './audit-entries.ts';
import { type IndexWriter, indexWriter } from './audit-index.ts';
import type { Db } from './db.ts';
import { countErasures } from './logged-people.ts';
import { emptySearchIndex, removeSearchIndex } from './search-index.ts';

/** Keeps the search index up to the log, some entries behind it. */
export interface Indexer {
  /** The log holds so many entries, all durable. */
  noteCount(count: number): void;
  /**
   * Resolves once the index holds as many.
   *
   * @throws AppError `STORE_FAILED`.
   */
  reach(count: number): Promise<void>;
  /** Empties the index, to be filled anew when somebody asks: names were erased. Resolves when nothing of it is left. */
  remake(): Promise<void>;
  close(): void;
}

/** What the thread is told and tells. */
export interface IndexerData {
  readonly storePath: string;
  readonly indexPath: string;
  /** One Int32: `GOES_ON`, `MUST_END` or `HAS_ENDED`. */
  readonly life: SharedArrayBuffer;
}
export const [GOES_ON, MUST_END, HAS_ENDED] = [0, 1, 2];
/** Fill it up to `count`; emptied first where it was made after fewer erasures. */
export interface IndexerTask {
  readonly count: number;
  readonly erasures: number;
}
export type IndexerAnswer = { readonly next: number; readonly erasures: number } | { readonly failed: true };

/** WHY a backlog: a segment of the index for every few entries costs more than the entries themselves. */
const BACKLOG_MAX = 256;
const END_MS = 5_000;
const HEAP_MB = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 };

/** In the caller's own thread, when it is asked for: a store in memory. */
export function inlineIndexer(db: Db): Indexer {
  let writer: IndexWriter | null = null;
  return {
    noteCount: () => undefined,
    async reach() {
      writer ??= indexWriter(db, db.client);
      for (let end = entryCount(db); writer.advance(end) < end; );
    },
    remake: async () => emptySearchIndex(db.client, countErasures(db)),
    close: () => undefined,
  };
}

interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** In a thread of its own, which begins with the first backlog or search. */
export function threadedIndexer(log: Db, storePath: string, indexPath: string): Indexer {
  const life = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const state = new Int32Array(life);
  let thread: Worker | null = null;
  let waiters: Waiter[] = [];
  let [told, next, erasures, failed] = [0, 0, countErasures(log), false];

  function tell(count: number): void {
    if (failed || count <= told) return;
    told = count;
    thread ??= start();
    thread.postMessage({ count, erasures } satisfies IndexerTask);
  }

  function start(): Worker {
    const workerData: IndexerData = { storePath, indexPath, life };
    const worker = new Worker(new URL('./indexer-thread.ts', import.meta.url), { workerData, resourceLimits: HEAP_MB });
    worker.on('message', (answer: IndexerAnswer) => ('failed' in answer ? fail() : advanceTo(answer)));
    worker.on('error', () => {
      thread = null; // it has ended, or is about to
      fail();
    });
    worker.unref();
    return worker;
  }

  function advanceTo(reached: { readonly next: number; readonly erasures: number }): void {
    if (reached.erasures !== erasures) return; // of the index before
    next = reached.next;
    for (const waiter of waiters) if (waiter.count <= next) waiter.resolve();
    waiters = waiters.filter(({ count }) => count > next);
    hold();
  }

  function fail(): void {
    failed = true;
    for (const { reject } of waiters) reject(new AppError('STORE_FAILED'));
    waiters = [];
    hold();
  }

  /** A process stays for the thread while somebody waits for it. */
  const hold = () => (waiters.length > 0 ? thread?.ref() : thread?.unref());

  return {
    noteCount(count) {
      if (count - told >= BACKLOG_MAX) tell(count);
    },
    reach(count) {
      if (failed) return Promise.reject(new AppError('STORE_FAILED'));
      if (count <= next) return Promise.resolve();
      return new Promise((resolve, reject) => {
        waiters.push({ count, resolve, reject });
        tell(count);
        hold();
      });
    },
    remake() {
      erasures = countErasures(log);
      [told, next] = [0, 0];
      const waiting = waiters.map(({ count }) => count);
      const emptied = this.reach(1); // whatever comes next is emptied first
      for (const count of waiting) tell(count);
      return emptied;
    },
    close() {
      const isSpoilt = failed;
      // WHY wait: whoever opens or removes the home next finds nobody at work in it.
      if (thread !== null && Atomics.compareExchange(state, 0, GOES_ON, MUST_END) === GOES_ON) {
        thread.postMessage({ count: 0, erasures } satisfies IndexerTask);
        Atomics.wait(state, 0, MUST_END, END_MS);
      }
      fail();
      if (thread !== null && Atomics.load(state, 0) !== HAS_ENDED) void thread.terminate();
      if (isSpoilt) removeSearchIndex(indexPath);
    },
  };
}
