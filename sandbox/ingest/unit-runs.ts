/** One entry of a run: the unit's token (u64 BE) and its rows in one segment (u32 BE), in the order of the tokens. */
export const RUN_ENTRY_BYTES = 12;

export interface UnitTotals {
  readonly rowsMax: number;
  readonly distinct: number;
}

/**
 * Sums the runs of all segments: most rows of one unit and how many units there are, exactly, in the memory of one
 * block per run.
 */
export async function mergeRuns(runs: readonly AsyncIterable<Buffer>[]): Promise<UnitTotals> {
  const cursors = await Promise.all(runs.map((run) => openCursor(run)));
  const heap = cursors.filter((cursor) => !cursor.done);
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at);
  let rowsMax = 0;
  let distinct = 0;
  while (heap.length > 0) {
    const { high, low } = heap[0] as Cursor;
    let rows = 0;
    for (let least = heap[0]; least !== undefined && least.high === high && least.low === low; least = heap[0]) {
      rows += least.rows;
      if (!least.next()) await least.refill();
      if (least.done) removeLeast(heap);
      else sink(heap, 0);
    }
    distinct += 1;
    rowsMax = Math.max(rowsMax, rows);
  }
  return { rowsMax, distinct };
}

/** WHY two halves: comparing bigints costs several times as much. */
interface Cursor {
  high: number;
  low: number;
  rows: number;
  done: boolean;
  /** To the next entry of the block in memory; false when it is used up. */
  next(): boolean;
  refill(): Promise<void>;
}

async function openCursor(run: AsyncIterable<Buffer>): Promise<Cursor> {
  const blocks = run[Symbol.asyncIterator]();
  let block: Buffer = Buffer.alloc(0);
  let at = 0;
  const cursor: Cursor = {
    high: 0,
    low: 0,
    rows: 0,
    done: false,
    next() {
      if (at + RUN_ENTRY_BYTES > block.length) return false;
      cursor.high = block.readUInt32BE(at);
      cursor.low = block.readUInt32BE(at + 4);
      cursor.rows = block.readUInt32BE(at + 8);
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
  return a.high < b.high || (a.high === b.high && a.low < b.low);
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
