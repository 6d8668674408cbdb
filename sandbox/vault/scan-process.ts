import { lookForCopies } from './copies.ts';
import { lookForRemains } from './remains.ts';
import type { ScanOrder } from './scan.ts';

/** One search, and the end: a search that fails ends the process without an answer. Whoever ordered it and is gone wants none. */
process.once('disconnect', () => process.exit(1));
process.once('message', (order: ScanOrder) => void answer(order));

async function answer(order: ScanOrder): Promise<void> {
  const found = order.kind === 'remains' ? await lookForRemains(order) : await lookForCopies(order);
  process.send?.(found, () => process.exit(0));
}
