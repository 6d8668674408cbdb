import { parentPort } from 'node:worker_threads';
import { addPads } from './add-pads.ts';
import type { AsheTask } from './ashe-threads.ts';
import { padSums } from './pads.ts';

/** One thread of ashe-threads.ts: answers each task in turn, with the pads' sums or with nothing. */
parentPort?.on('message', (task: AsheTask) => {
  parentPort?.postMessage(work(task));
});

function work(task: AsheTask): readonly bigint[] {
  if (task.kind === 'pad-sums')
    return padSums(
      task.key,
      task.lanes,
      task.sets.map((bytes) => ({ bytes })),
      task.fromRow,
      task.toRow,
    );
  addPads(task.key, task.lanes, task.firstIndex, task.values, task.stored);
  return [];
}
