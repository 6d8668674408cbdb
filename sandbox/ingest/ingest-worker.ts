import { assert } from '#policies/stored-tables';
import { endWorker } from '../worker-exit.ts';
import { isOutOfMemory } from './checked-insert.ts';
import { appendCsv } from './csv-append.ts';
import type { CsvChunk, IngestFailure, IngestReply, IngestRequest, ParquetChunk } from './ingest-protocol.ts';
import { appendParquet, ParquetRefused } from './parquet-append.ts';
import { openSegmentStore, type SegmentStore } from './segment-store.ts';

/**
 * The ingest worker: reads what a provider sent, in isolation, and writes segments. It says counts, lines, reasons, or
 * one word for a failure; the engine's own messages, which quote values, stay here.
 */
let store: SegmentStore | null = null;

process.on('uncaughtException', endWorker);
process.on('unhandledRejection', endWorker);
process.on('disconnect', endWorker);
process.on('message', (message) => {
  void handle(message as IngestRequest);
});

async function handle(request: IngestRequest): Promise<void> {
  if (request.kind === 'open') {
    store = await openSegmentStore(request);
    say({ kind: 'ready' });
    return;
  }
  assert(store !== null, 'the worker is opened first');
  try {
    if (request.kind === 'seal') {
      say({ kind: 'sealed', id: request.id, outcome: await store.seal(request.runs) });
    } else if (request.kind === 'review') {
      say({ kind: 'sealed', id: request.id, outcome: await store.review(request.file) });
    } else if (request.kind === 'rank') {
      await store.rank(request);
      say({ kind: 'ranked', id: request.id });
    } else {
      say({ kind: 'appended', id: request.id, outcome: await append(store, request) });
    }
  } catch (error) {
    say({ kind: 'failure', id: request.id, failure: failureOf(error) });
  }
}

async function append(open: SegmentStore, chunk: CsvChunk | ParquetChunk) {
  const rows = chunk.kind === 'csv' ? chunk.records : chunk.rows;
  await open.begin((rows / Math.max(1, chunk.bytes)) * 2 ** 20);
  const outcome = chunk.kind === 'csv' ? await appendCsv(open, chunk) : await appendParquet(open, chunk);
  const size = open.size();
  return { ...outcome, segmentRows: size.rows, segmentBytes: size.bytes };
}

function failureOf(error: unknown): IngestFailure {
  if (error instanceof ParquetRefused) return error.failure;
  return isOutOfMemory(error) ? 'memory' : 'engine';
}

function say(reply: IngestReply): void {
  process.send?.(reply);
}
