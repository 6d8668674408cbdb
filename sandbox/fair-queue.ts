/**
 * Jobs that wait, in order for each analyst and in turns between analysts: an analyst with a thousand jobs delays another
 * analyst's next one by one job, not by a thousand.
 */
export interface FairQueue<T> {
  push(analyst: string, item: T): void;
  /** The first item, in turns, that `canRun` accepts; its analyst goes to the back. Only the head of each line is asked. */
  take(canRun: (item: T) => boolean): T | null;
  /** Removes a waiting item; false when it is not there. */
  remove(analyst: string, item: T): boolean;
  /** Removes and gives out everything. */
  drain(): readonly T[];
  size(): number;
  sizeOf(analyst: string): number;
}

export function createFairQueue<T>(): FairQueue<T> {
  // WHY a Map: it keeps insertion order, so its first key is the analyst whose turn it is.
  const lines = new Map<string, T[]>();
  let size = 0;
  return {
    push(analyst, item) {
      const line = lines.get(analyst);
      if (line === undefined) lines.set(analyst, [item]);
      else line.push(item);
      size += 1;
    },
    take(canRun) {
      for (const [analyst, line] of lines) {
        const head = line[0];
        if (head === undefined || !canRun(head)) continue;
        line.shift();
        lines.delete(analyst);
        if (line.length > 0) lines.set(analyst, line);
        size -= 1;
        return head;
      }
      return null;
    },
    remove(analyst, item) {
      const line = lines.get(analyst);
      const index = line?.indexOf(item) ?? -1;
      if (line === undefined || index < 0) return false;
      line.splice(index, 1);
      if (line.length === 0) lines.delete(analyst);
      size -= 1;
      return true;
    },
    drain() {
      const items = [...lines.values()].flat();
      lines.clear();
      size = 0;
      return items;
    },
    size: () => size,
    sizeOf: (analyst) => lines.get(analyst)?.length ?? 0,
  };
}
