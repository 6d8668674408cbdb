import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RANK_LAST } from '#policies/stored-tables';
import { openSealedFile, sealFile, writeFully } from '../vault/sealed-file.ts';
import { openSealedSpool, type SealedSpool } from '../vault/sealed-spool.ts';
import type { VersionWriter } from '../vault/version-writer.ts';
import type { SealOutcome } from './ingest-protocol.ts';
import type { TakeRank } from './unit-runs.ts';
import type { IngestWorker } from './worker-client.ts';

/**
 * Segments of a version that has several: the place of a row among all rows of its unit is known only when the last one is there. Until then
 * they lie on disk, sealed under a key of this process, one at a time in memory.
 */
export interface WaitingSegments {
  hold(outcome: Pick<SealOutcome, 'file' | 'rows'>): Promise<void>;
  /** One that the version shares: it stays as it is, and gets its ranks beside it. `place`: of all its segments. */
  holdShared(file: string, rows: number, place: number): void;
  /** For the rows of one column, run by run, as all segments have them in order. */
  ranksOf(column: string): Promise<TakeRank>;
  /** Gives all rows their ranks, and the segments to the vault. */
  store(): Promise<void>;
  close(): Promise<void>;
}

export interface WaitingOptions {
  /** A worker that has done nothing yet; the one before has ended. WHY not one for all: an engine keeps memory of what it has written. */
  readonly freshWorker: () => Promise<Pick<IngestWorker, 'rank'>>;
  readonly writer: Pick<VersionWriter, 'addSegment' | 'addRanks'>;
  /** The folder shared with the worker. */
  readonly dir: string;
  /** On disk. */
  readonly spoolDir: string;
  readonly spoolKey: Uint8Array;
}

interface Waiting {
  readonly file: string;
  readonly rows: number;
  /** Its place among the segments that the version shares; null where it is new. */
  readonly shared: number | null;
}

const BLOCK_BYTES = 64 * 1024;
/** Where a worker puts the ranks of a shared segment. */
const BESIDE = 'beside.duckdb';
/** Rows that one worker ranks, beyond those of its first segment. */
const WORKER_ROWS_MAX = 4_000_000;
/** One rank as a line of text. */
const LINES = Array.from({ length: RANK_LAST + 1 }, (_, rank) => Buffer.from(`${String(rank).padStart(3, '0')}\n`));
const LINE_BYTES = 4;

export function createWaitingSegments(options: WaitingOptions): WaitingSegments {
  const { freshWorker, writer, dir, spoolDir, spoolKey } = options;
  const segments: Waiting[] = [];
  const ranks: { readonly column: string; readonly lists: readonly RankList[] }[] = [];

  let worker: Pick<IngestWorker, 'rank'> | null = null;
  let rowsOfWorker = 0;
  /** A worker that has written little yet. */
  const workerFor = async (rows: number): Promise<Pick<IngestWorker, 'rank'>> => {
    if (worker === null || rowsOfWorker + rows > WORKER_ROWS_MAX) {
      worker = await freshWorker();
      rowsOfWorker = 0;
    }
    rowsOfWorker += rows;
    return worker;
  };

  const takeOne = async ({ file, rows, shared }: Waiting, index: number): Promise<void> => {
    const path = join(dir, shared === null ? file : BESIDE);
    if (shared === null) {
      await copyInto(path, openSealedFile(spoolKey, file, join(spoolDir, file)));
      await rm(join(spoolDir, file));
    }
    const files = ranks.map(({ column, lists }, position) => ({
      column,
      file: `ranks-${position}`,
      list: lists[index]!,
    }));
    for (const one of files) await copyInto(join(dir, one.file), one.list.read());
    const given = files.map((one) => ({ column: one.column, file: one.file }));
    await (await workerFor(rows)).rank({ file, beside: shared === null ? null : BESIDE, ranks: given });
    for (const one of files) await rm(join(dir, one.file));
    if (shared === null) await writer.addSegment(path, rows);
    else await writer.addRanks(shared, path);
    await rm(path);
  };

  return {
    async hold({ file, rows }) {
      await sealFile(spoolKey, file, join(dir, file), join(spoolDir, file), { durable: false });
      await rm(join(dir, file));
      segments.push({ file, rows, shared: null });
    },
    holdShared(file, rows, place) {
      segments.push({ file, rows, shared: place });
    },
    async ranksOf(column) {
      const paths = segments.map((_, index) => join(spoolDir, `ranks-${ranks.length}-${index}`));
      const lists = await Promise.all(paths.map(openRankList));
      ranks.push({ column, lists });
      return (run, rank) => lists[run]!.add(rank);
    },
    async store() {
      for (const { lists } of ranks) for (const list of lists) await list.finish();
      for (const [index, segment] of segments.entries()) await takeOne(segment, index);
    },
    async close() {
      for (const { lists } of ranks) for (const list of lists) await list.close();
    },
  };
}

/** Ranks as lines of text, on disk. */
interface RankList {
  add(rank: number): Promise<void> | null;
  finish(): Promise<void>;
  read(): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

async function openRankList(path: string): Promise<RankList> {
  const spool: SealedSpool = await openSealedSpool(path, BLOCK_BYTES);
  const block = Buffer.alloc(BLOCK_BYTES);
  let filled = 0;
  return {
    add(rank) {
      LINES[Math.min(rank, RANK_LAST)]!.copy(block, filled);
      filled += LINE_BYTES;
      if (filled < BLOCK_BYTES) return null;
      filled = 0;
      return spool.append(block);
    },
    async finish() {
      if (filled > 0) await spool.append(block.subarray(0, filled));
      await spool.finish();
    },
    read: () => spool.read(0, spool.bytes()),
    close: () => spool.close(),
  };
}

async function copyInto(path: string, blocks: AsyncIterable<Buffer>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const block of blocks) await writeFully(file, [block]);
  } finally {
    await file.close();
  }
}
