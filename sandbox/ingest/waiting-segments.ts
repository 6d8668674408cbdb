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
  /** For the rows of one column, run by run, as all segments have them in order. */
  ranksOf(column: string): Promise<TakeRank>;
  /** Gives all rows their ranks, and the segments to the vault. */
  store(): Promise<void>;
  close(): Promise<void>;
}

export interface WaitingOptions {
  /** A worker that has done nothing yet; the one before has ended. WHY: an engine keeps memory of what it has written. */
  readonly freshWorker: () => Promise<Pick<IngestWorker, 'rank'>>;
  readonly writer: Pick<VersionWriter, 'addSegment'>;
  /** The folder shared with the worker. */
  readonly dir: string;
  /** On disk. */
  readonly spoolDir: string;
  readonly spoolKey: Uint8Array;
}

const BLOCK_BYTES = 64 * 1024;
/** One rank as a line of text. */
const LINES = Array.from({ length: RANK_LAST + 1 }, (_, rank) => Buffer.from(`${String(rank).padStart(3, '0')}\n`));
const LINE_BYTES = 4;

export function createWaitingSegments(options: WaitingOptions): WaitingSegments {
  const { freshWorker, writer, dir, spoolDir, spoolKey } = options;
  const segments: { readonly file: string; readonly rows: number }[] = [];
  const ranks: { readonly column: string; readonly lists: readonly RankList[] }[] = [];

  const takeOne = async ({ file, rows }: (typeof segments)[number], index: number): Promise<void> => {
    const path = join(dir, file);
    await copyInto(path, openSealedFile(spoolKey, file, join(spoolDir, file)));
    await rm(join(spoolDir, file));
    const files = ranks.map(({ column, lists }, position) => ({
      column,
      file: `ranks-${position}`,
      list: lists[index]!,
    }));
    for (const one of files) await copyInto(join(dir, one.file), one.list.read());
    const worker = await freshWorker();
    await worker.rank({ file, ranks: files.map((one) => ({ column: one.column, file: one.file })) });
    for (const one of files) await rm(join(dir, one.file));
    await writer.addSegment(path, rows);
    await rm(path);
  };

  return {
    async hold({ file, rows }) {
      await sealFile(spoolKey, file, join(dir, file), join(spoolDir, file), { durable: false });
      await rm(join(dir, file));
      segments.push({ file, rows });
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
