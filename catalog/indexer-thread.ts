import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { indexWriter } from './audit-index.ts';
import { GOES_ON, HAS_ENDED, type IndexerAnswer, type IndexerData, type IndexerTask } from './indexer.ts';
import { emptySearchIndex, erasuresKnown, openForIndexing } from './search-index.ts';

/** The thread that fills the search index: told how far the log is durable, tells how far the index is. */

const { storePath, indexPath, life } = workerData as IndexerData;
const state = new Int32Array(life);
const log = new Database(storePath, { readonly: true });
const index = openForIndexing(indexPath);
const writer = indexWriter({ client: log }, index);
const say = (answer: IndexerAnswer) => parentPort?.postMessage(answer);
const mayGoOn = () => Atomics.load(state, 0) === GOES_ON;

function end(): void {
  index.close();
  log.close();
  parentPort?.close();
  Atomics.store(state, 0, HAS_ENDED);
  Atomics.notify(state, 0);
}

parentPort?.on('message', ({ count, erasures }: IndexerTask) => {
  if (Atomics.load(state, 0) === HAS_ENDED) return;
  try {
    if (mayGoOn() && erasuresKnown(index) !== erasures) emptySearchIndex(index, erasures);
    while (mayGoOn()) {
      const next = writer.advance(count);
      if (next < count) continue;
      say({ next, erasures });
      break;
    }
  } catch {
    // SAD PATH: a full disk, a damaged index. A search is told so, and the next start makes the index anew where it must.
    say({ failed: true });
    end();
    return;
  }
  if (!mayGoOn()) end();
});
