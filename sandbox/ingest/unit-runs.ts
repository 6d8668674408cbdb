import { AppError } from '#policies/stored-tables';

/**
 * One entry of a run: the unit's token (u64 BE) and a word (u32 BE), in the order of both. Runs of counts have one entry a unit, the word is its
 * rows in one segment; runs of rows have one a row, the word is the chance by which it is ranked (unit-rank.ts).
 */
export const RUN_ENTRY_BYTES = 12;

export interface UnitTotals {
  readonly rowsMax: number;
  readonly distinct: number;
}

/**
 * Sums the counts of all segments: most rows of one unit and how many units there are, exactly, in the memory of one
 * block per run.
 */
export async function mergeRuns(runs: readonly AsyncIterable<Buffer>[]): Promise<UnitTotals> {
  const totals = { rowsMax: 0, distinct: 0 };
  let rows = 0;
  await inOrder(runs, ({ word }, isFirst) => {
    rows = isFirst ? word : rows + word;
    if (isFirst) totals.distinct += 1;
    totals.rowsMax = Math.max(totals.rowsMax, rows);
    return null;
  });
  return totals;
}

/** What a worker said of a run. */
export interface RunFigures extends UnitTotals {
  /** That name a unit. */
  readonly rows: number;
}

/**
 * A run as it is read, held against what was said of it: in order, and of so many rows of so many units. `of`: what its entries are.
 * @throws AppError SANDBOX_FAILED
 */
export async function* checkedRun(
  blocks: AsyncIterable<Buffer>,
  { rows, distinct, rowsMax }: RunFigures,
  of: 'rows' | 'units',
): AsyncGenerator<Buffer> {
  const seen = { rows: 0, distinct: 0, rowsMax: 0 };
  let ofUnit = 0;
  const last: RunPlace = { high: -1, low: -1, word: -1 };
  let rest: Buffer = Buffer.alloc(0);
  for await (const block of blocks) {
    const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
    let at = 0;
    for (; at + RUN_ENTRY_BYTES <= bytes.length; at += RUN_ENTRY_BYTES) {
      const [high, low, word] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4), bytes.readUInt32BE(at + 8)];
      const isSame = high === last.high && low === last.low;
      const isInOrder = isSame
        ? of === 'rows' && word >= last.word
        : high > last.high || (high === last.high && low > last.low);
      if (!isInOrder) throw new AppError('SANDBOX_FAILED');
      const added = of === 'rows' ? 1 : word;
      ofUnit = isSame ? ofUnit + added : added;
      seen.rows += added;
      seen.distinct += isSame ? 0 : 1;
      seen.rowsMax = Math.max(seen.rowsMax, ofUnit);
      last.high = high;
      last.low = low;
      last.word = word;
    }
    rest = Buffer.from(bytes.subarray(at));
    yield bytes.subarray(0, at);
  }
  const isAsSaid = seen.rows === rows && seen.distinct === distinct && seen.rowsMax === rowsMax;
  if (rest.length > 0 || !isAsSaid) throw new AppError('SANDBOX_FAILED');
}

interface RunPlace {
  high: number;
  low: number;
  word: number;
}

/** Takes the rank of the next row of a run; waits for the promise, where there is one. */
export type TakeRank = (run: number, rank: number) => Promise<void> | null;

/** Ranks the rows of all segments: each run's rows, in their order, get their place among all rows of their unit. */
export async function mergeRanks(runs: readonly AsyncIterable<Buffer>[], take: TakeRank): Promise<UnitTotals> {
  const totals = { rowsMax: 0, distinct: 0 };
  let rank = 0;
  await inOrder(runs, ({ run }, isFirst) => {
    rank = isFirst ? 0 : rank + 1;
    if (isFirst) totals.distinct += 1;
    totals.rowsMax = Math.max(totals.rowsMax, rank + 1);
    return take(run, rank);
  });
  return totals;
}

/** Visits every entry: by unit, then by word, then by run. `isFirst`: of its unit. */
async function inOrder(
  runs: readonly AsyncIterable<Buffer>[],
  visit: (entry: Cursor, isFirst: boolean) => Promise<void> | null,
): Promise<void> {
  const cursors = await Promise.all(runs.map((run, index) => openCursor(run, index)));
  const heap = cursors.filter((cursor) => !cursor.done);
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at);
  let [high, low] = [-1, -1];
  for (let least = heap[0]; least !== undefined; least = heap[0]) {
    const wait = visit(least, least.high !== high || least.low !== low);
    if (wait !== null) await wait;
    ({ high, low } = least);
    if (!least.next()) await least.refill();
    if (least.done) removeLeast(heap);
    else sink(heap, 0);
  }
}

/** WHY two halves: comparing bigints costs several times as much. */
interface Cursor {
  readonly run: number;
  high: number;
  low: number;
  word: number;
  done: boolean;
  /** To the next entry of the block in memory; false when it is used up. */
  next(): boolean;
  refill(): Promise<void>;
}

async function openCursor(entries: AsyncIterable<Buffer>, run: number): Promise<Cursor> {
  const blocks = entries[Symbol.asyncIterator]();
  let block: Buffer = Buffer.alloc(0);
  let at = 0;
  const cursor: Cursor = {
    run,
    high: 0,
    low: 0,
    word: 0,
    done: false,
    next() {
      if (at + RUN_ENTRY_BYTES > block.length) return false;
      cursor.high = block.readUInt32BE(at);
      cursor.low = block.readUInt32BE(at + 4);
      cursor.word = block.readUInt32BE(at + 8);
      at += RUN_ENTRY_BYTES;
      return true;
    },
    async refill() {
      do {
        const more = await blocks.next();
        if (more.done === true) {
          cursor.done = true;
          return;
        }
        block = Buffer.concat([block.subarray(at), more.value]);
        at = 0;
      } while (!cursor.next());
    },
  };
  await cursor.refill();
  return cursor;
}

function before(a: Cursor, b: Cursor): boolean {
  if (a.high !== b.high) return a.high < b.high;
  if (a.low !== b.low) return a.low < b.low;
  return a.word === b.word ? a.run < b.run : a.word < b.word;
}

function sink(heap: Cursor[], from: number): void {
  for (let at = from; ; ) {
    const left = 2 * at + 1;
    const right = left + 1;
    let least = at;
    if (left < heap.length && before(heap[left] as Cursor, heap[least] as Cursor)) least = left;
    if (right < heap.length && before(heap[right] as Cursor, heap[least] as Cursor)) least = right;
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least] as Cursor, heap[at] as Cursor];
    at = least;
  }
}

function removeLeast(heap: Cursor[]): void {
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return;
  heap[0] = last;
  sink(heap, 0);
}
