import { AppError } from '#policies';
import type { PipelineDeps } from './deps.ts';
import type { JobArrival } from './run-job.ts';

/** Waits for the tick, or for a freeze, which has its own moment: that a job ends then tells nothing of its work. */
export async function releaseTick(
  { arrivedMs, signal }: Pick<JobArrival, 'arrivedMs' | 'signal'>,
  deps: Pick<PipelineDeps, 'releaseTick'>,
): Promise<void> {
  const isFrozen = () => signal.reason instanceof AppError && signal.reason.code === 'POLICY_FROZEN';
  if (isFrozen()) return;
  const frozen = Promise.withResolvers<void>();
  const listen = () => {
    if (isFrozen()) frozen.resolve();
  };
  signal.addEventListener('abort', listen, { once: true });
  await Promise.race([deps.releaseTick(arrivedMs), frozen.promise]);
  signal.removeEventListener('abort', listen);
}
