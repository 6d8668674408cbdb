import { AppError } from '#policies';
import type { Sandbox } from '#sandbox';
import type { Jobs } from '../jobs/jobs.ts';

/** Of a table that is declared otherwise from now on: its rows leave with the workers that hold them. */
export function stopJobsOn(resource: string, jobs: Jobs, sandbox: Sandbox): Promise<unknown> {
  const changed = new AppError('PLAN_SUSPENDED', {
    requirement: '02',
    paragraph: 'T1',
    missing: `the entry of ${resource} changed`,
    missingZh: `条目 ${resource} 已变更`,
  });
  return Promise.all([
    jobs.stop(({ resources }) => resources.includes(resource), changed),
    sandbox.expel(({ holds }) => holds(resource)),
  ]);
}
