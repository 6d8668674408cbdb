import { AppError } from '#policies';
import type { PipelineDeps } from './deps.ts';
import type { Answer } from './record.ts';
import type { JobArrival } from './run-job.ts';

/**
 * Looks for canaries in what is about to leave, before anything of it is recorded. With one in it nothing leaves: the developer is
 * frozen or reported, and the job ends as failed and charged.
 *
 * @throws AppError `POLICY_CANARY`.
 */
export async function screen(arrival: JobArrival, { result, guard }: Answer, deps: PipelineDeps): Promise<void> {
  const canary = deps.canaries.find(result);
  if (canary === null) return;
  if (guard !== null) deps.guard.forget(guard); // nothing of it left
  const { id, caller, request, arrivedMs } = arrival;
  await deps.canaries.raise(canary, { id, caller, plan: request.plan, arrivedMs });
  throw new AppError('POLICY_CANARY');
}
