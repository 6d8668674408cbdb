import { defineConfig } from 'vitest/config';

/**
 * `quick` (≤ 5 s) holds pure tests: no worker, no port, no file. `full` starts the real gateway, workers and store.
 * A file belongs to `full` when its name ends in `.full.test.ts`.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.full.test.ts'],
          testTimeout: 60_000, // a busy machine is no failure
          // Pure tests share one module graph: loading it for each file would take most of the time.
          isolate: false,
          pool: 'threads',
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'full',
          include: ['test/**/*.full.test.ts'],
          testTimeout: 180_000, // a busy machine is no failure
          hookTimeout: 180_000,
          // One module graph for the files of a process: loading it anew for each took a quarter of the time.
          isolate: false,
          pool: 'forks',
          // Two files side by side: much of their time is waiting for processes to start. Each has ports and folders of its own.
          maxWorkers: 2,
        },
      },
    ],
  },
});
