import { lookForCopies } from './copies.ts';
import { lookForRemains } from './remains.ts';
import type { ScanOrder } from './scan.ts';

/** One search, and the end. Whoever ordered it and is gone wants no answer. */
process.once('disconnect', () => process.exit(1));
process.once('message', async (order: ScanOrder) => {
  const found = order.kind === 'remains' ? await lookForRemains(order) : await lookForCopies(order);
  process.send?.(found, () => process.exit(0));
});
