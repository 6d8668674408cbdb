import { balance, type Db, type UsagePlan } from '#catalog';
import type { Amounts } from './privacy-reading.ts';

export interface JobsBudget extends Amounts {
  readonly account: string;
  readonly plan: string;
  readonly unit: 'jobs';
}

/** What is left of the jobs of a plan. */
export function jobsBudgetOf(db: Db, { id, jobsMax: limit }: UsagePlan): JobsBudget {
  const account = `plan:${id}:jobs`;
  const { spent, reserved } = balance(db, { account, kind: 'jobs' });
  const remaining = limit === null ? null : Math.max(0, limit - spent - reserved);
  return { account, plan: id, unit: 'jobs', limit, spent, reserved, remaining };
}
