/**
 * Ends this worker at once, even while a query runs in the engine's threads.
 * WHY not `process.exit`: it waits for the thread pool. WHY both: the first process of a PID namespace cannot be killed
 * from inside, and an abort would leave a crash report where there is no namespace.
 */
export function endWorker(): never {
  process.kill(process.pid, 'SIGKILL');
  process.abort();
}
