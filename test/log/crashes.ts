import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEntry, entryCount, openStore } from '../../catalog/index.ts';
import {
  isConsistent,
  LOG_ORIGIN,
  type LogKey,
  loadOrCreateLogKey,
  openLog,
  type TreeHead,
  verifyHome,
} from '../../gateway/audit/index.ts';

/** What a crash at each step of the store's writing left behind, and what became of it. */
export interface CrashFigures {
  /** Places in the write-ahead log at which the power went. */
  readonly crashes: number;
  /** Crashes after which the log did not verify, lost what had been published, or could not go on. */
  readonly failures: readonly string[];
}

interface Published extends TreeHead {
  /** Bytes of the write-ahead log when the checkpoint left the gateway. */
  readonly walBytes: number;
}

/**
 * Cuts the write-ahead log of a home off at every frame and within frames: that is all that a power cut can do to a file that
 * is only appended to. Each remainder must verify offline as it lies, open, hold every checkpoint that had been published by
 * then as its own beginning, go on, and verify again.
 */
export async function crashEverywhere(batches: readonly number[], step: number): Promise<CrashFigures> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-crash-'));
  try {
    const key = loadOrCreateLogKey(join(dir, 'log.key'), LOG_ORIGIN);
    const published = await writeLog(dir, key, batches);
    const wal = readFileSync(join(dir, 'kept.db-wal'));
    const failures: string[] = [];
    let crashes = 0;
    for (const cut of cutsOf(wal, step)) {
      crashes += 1;
      const known = published.filter(({ walBytes }) => walBytes <= cut);
      const failure = await reopen(dir, key, wal.subarray(0, cut), known).catch(String);
      if (failure !== null) failures.push(`cut at ${cut}: ${failure}`);
    }
    return { crashes, failures };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Writes `kept.db` with all that came after its beginning still in `kept.db-wal`. */
async function writeLog(dir: string, key: LogKey, batches: readonly number[]): Promise<readonly Published[]> {
  const path = join(dir, 'sluice.db');
  openStore({ path, now: () => new Date() }).close();
  const store = openStore({ path, now: () => new Date() });
  copyFileSync(path, join(dir, 'kept.db'));
  const log = await openLog({ store, key });
  const published: Published[] = [];
  let n = 0;
  for (const count of batches) {
    const append = () => store.commit((tx) => appendEntry(tx, { v: 1, kind: 'intent', at: tx.now(), note: `${n++}` }));
    await Promise.all(Array.from({ length: count }, append));
    const { size, root } = await log.advance();
    published.push({ size, root, walBytes: statSync(`${path}-wal`).size });
  }
  await log.close();
  copyFileSync(`${path}-wal`, join(dir, 'kept.db-wal'));
  store.close();
  return published;
}

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** The end of each frame (sqlite.org/fileformat2.html, 4.1), and a place inside the next. */
function* cutsOf(wal: Buffer, step: number): Generator<number> {
  const frame = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  const frames = Math.floor((wal.length - WAL_HEADER_BYTES) / frame);
  for (let i = 0; i <= frames; i += step) {
    const end = WAL_HEADER_BYTES + i * frame;
    yield end;
    if (i < frames) yield end + 1 + ((i * 997) % (frame - 1));
  }
}

/** @returns what went wrong; null when nothing did. */
async function reopen(dir: string, key: LogKey, wal: Buffer, known: readonly Published[]): Promise<string | null> {
  const path = join(dir, 'crashed.db');
  for (const suffix of ['-wal', '-shm', '.lock']) rmSync(`${path}${suffix}`, { force: true });
  copyFileSync(join(dir, 'kept.db'), path);
  writeFileSync(`${path}-wal`, wal);
  const store = openStore({ path, now: () => new Date() });
  try {
    const found = store.read(entryCount);
    if (found > 0 && known.length > 0) {
      const asItLies = verifyHome(path, key.vkey);
      if (!asItLies.isIntact) return `does not verify as it lies: ${JSON.stringify(asItLies.problem)}`;
    }
    const log = await openLog({ store, key });
    const tree = log.checkpoint();
    for (const head of known) {
      const proof = log.consistency(head.size);
      if (proof === null || !isConsistent(head, tree, proof)) return `lost the checkpoint of ${head.size} entries`;
    }
    await store.commit((tx) => appendEntry(tx, { v: 1, kind: 'start', at: tx.now() }));
    await log.close();
  } finally {
    store.close();
  }
  const report = verifyHome(path, key.vkey);
  return report.isIntact && report.unsigned === 0 ? null : `does not verify: ${JSON.stringify(report.problem)}`;
}
