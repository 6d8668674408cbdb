import { writeSync } from 'node:fs';
import { appendEntry, openStore, reserve } from '../../catalog/index.ts';

/**
 * Commits as fast as it can and says on its standard output what is durable, until it is killed. WHY writeSync: what
 * was acknowledged must be out of the process before anything more is done.
 */
const store = openStore({ path: process.argv[2] as string, now: () => new Date() });

/** WHY again: a pipe whose reader is busy is full for a while, and takes nothing (EAGAIN). */
function acknowledge(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

async function work(lane: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const job = `${lane}-${n}`;
    const index = await store.commit((tx) => {
      reserve(tx, { kind: 'jobs', account: 'jobs', job, amount: 1, limit: null });
      return appendEntry(tx, { v: 1, kind: 'intent', at: tx.now(), job }).index;
    });
    acknowledge(`${index} ${job}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, (_, lane) => work(lane)));
