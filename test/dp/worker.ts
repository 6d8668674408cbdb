import { randomFillSync } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { RandomSource } from '../../policies/mechanisms/exact-sampling/random-source.ts';
import { NoisePool } from '../../policies/mechanisms/noise-pool/noise-pool.ts';
import { allTasks } from './tasks.ts';

/** Runs the tasks whose numbers it is sent, and answers with what they found. */
const { votes } = workerData as { readonly votes: number | null };
const source = new RandomSource((bytes) => {
  randomFillSync(bytes);
});
const laboratory = { source, pool: new NoisePool(source), votes };
const tasks = allTasks();

parentPort!.on('message', (task: number) => parentPort!.postMessage(tasks[task]!.run(laboratory)));
