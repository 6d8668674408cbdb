/**
 * Goal: what the differencing guard costs a job: judging a grouping of many cells against a long history, storing what it
 * releases, reading the history at a start.
 * Not a goal: the worker's part, which makes the sketches (bench release).
 * Method: groupings drawn at random over one table, so that all cross each other; CPU time, as it all runs on one thread. The
 * reference is the same question answered pair by pair, over a part of the pairs.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertKnownSets, openStore, readKnownSets } from '../catalog/index.ts';
import {
  type CandidatePartition,
  DISTINCT_LIMITS,
  judge,
  PRINT_SLOTS,
  ReleaseHistory,
  tablePrint,
} from '../policies/index.ts';
import { unitsDiffering } from '../policies/release/guard/difference.ts';

const SEED = 12_345;
const LINEAGE = 'power/uscc';

export default async function run({ tiny, log }: { readonly tiny: boolean; readonly log: (line: string) => void }) {
  const rows = tiny ? 40_000 : 2_000_000;
  const table = drawTable(rows);
  const history = new ReleaseHistory();
  const sizes = tiny ? [300, 1000] : [300, 1000, 50_000, 50_000, 40_000];
  for (const [at, cells] of sizes.entries()) {
    const { ms, shown } = timed(history, `history-${at}`, groupingOf(table, cells, at + 1));
    log(`${cells} cells, ${shown} shown, history of ${history.index(LINEAGE).size}: ${ms} ms`);
  }
  const before = history.index(LINEAGE).size;
  const cells = tiny ? 1000 : 50_000;
  const question = groupingOf(table, cells, 99);
  const first = timed(history, 'question', question);
  const again = timed(history, 'again', question);
  const one = timed(history, 'one', groupingOf(table, 1, 100));
  const reference = pairByPair(question, tiny ? 50 : 500);
  return {
    history_sets: before,
    new_cells: cells,
    judge_cpu_ms: first.ms,
    judge_shown: first.shown,
    judge_again_cpu_ms: again.ms,
    judge_one_cpu_ms: one.ms,
    pair_by_pair_cpu_ms: Math.round(reference * cells * before),
    ...(await stored(first.known)),
    seed: SEED,
    result_sha256: first.digest,
  };
}

function timed(history: ReleaseHistory, answer: string, partition: CandidatePartition) {
  const startedAt = process.cpuUsage();
  const { shown, known } = judge(history, answer, [partition]);
  const { user, system } = process.cpuUsage(startedAt);
  const digest = createHash('sha256').update(shown[0]!.join()).digest('hex').slice(0, 16);
  return { ms: Math.round((user + system) / 1000), shown: shown[0]!.filter(Boolean).length, known, digest };
}

/** Milliseconds a pair. */
function pairByPair({ cells }: CandidatePartition, count: number): number {
  const prints = cells.slice(0, count).map(({ print }) => print![0]!);
  const startedAt = process.cpuUsage();
  let near = 0;
  for (const a of prints) for (const b of prints) if (unitsDiffering(a, b) < 10) near += 1;
  const { user } = process.cpuUsage(startedAt);
  return near < 0 ? 0 : user / 1000 / prints.length ** 2;
}

/** One transaction of everything that the question released, and the reading of it. */
async function stored(sets: ReturnType<typeof judge>['known']) {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-guard-bench-'));
  const store = openStore({ path: join(dir, 'home.db'), now: () => new Date() });
  try {
    const startedAt = performance.now();
    await store.commit((tx) =>
      insertKnownSets(tx, { job: 'j', mode: 'aggregate', sets, rowKeySchemeOf: () => 'bench' }),
    );
    const insertedAt = performance.now();
    const history = new ReleaseHistory();
    for (const known of store.read((db) => [...readKnownSets(db, LINEAGE)])) history.add(known);
    return {
      store_ms: Math.round(insertedAt - startedAt),
      load_ms: Math.round(performance.now() - insertedAt),
      stored_sets: sets.length,
    };
  } finally {
    store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Drawn {
  readonly keys: Int32Array;
  readonly slots: Uint8Array;
}

function drawTable(rows: number): Drawn {
  const draw = generator(SEED);
  const keys = Int32Array.from({ length: rows }, () => draw() | 0);
  return { keys, slots: Uint8Array.from({ length: rows }, () => draw() >>> 26) };
}

/** Cells with two keys, so that there are margins. */
function groupingOf({ keys, slots }: Drawn, count: number, seed: number): CandidatePartition {
  const draw = generator(SEED + seed);
  const sums = new Float64Array(count * PRINT_SLOTS);
  const counts = new Float64Array(count * PRINT_SLOTS);
  const [allSums, allCounts] = [new Float64Array(PRINT_SLOTS), new Float64Array(PRINT_SLOTS)];
  for (let row = 0; row < keys.length; row += 1) {
    const slot = slots[row]!;
    const at = (draw() % count) * PRINT_SLOTS + slot;
    sums[at]! += keys[row]!;
    counts[at]! += 1;
    allSums[slot]! += keys[row]!;
    allCounts[slot]! += 1;
  }
  const cells = Array.from({ length: count }, (_, cell) => {
    const [from, to] = [cell * PRINT_SLOTS, (cell + 1) * PRINT_SLOTS];
    const print = [tablePrint(LINEAGE, 1, sums.subarray(from, to), counts.subarray(from, to))!];
    return { key: [BigInt(cell % 300), BigInt(Math.floor(cell / 300))], print };
  });
  const universe = [tablePrint(LINEAGE, 1, allSums, allCounts)!];
  return { cells, universe, unitsMin: 10, limit: DISTINCT_LIMITS.aggregate };
}

/** Whole numbers below 2³² (xorshift32). */
function generator(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) | 1) >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
