import { shanghaiDay } from '#policies';
import type { Db } from '../db.ts';
import { providersOfPlan, type UsagePlan } from '../plans.ts';
import { filingDue, findPlanAgreement } from './plan-agreements.ts';
import { suppliesOfPlan, supplyDue } from './supplies.ts';

/** What a plan waits for, or waited for, after its approval. */
export interface PlanStep {
  readonly step: 'supply' | 'filing';
  /** The table of a supply; null for the filing. */
  readonly resource: string | null;
  /** Whose turn it is, or was. */
  readonly org: string | null;
  /** Last day in time, in Asia/Shanghai; null where nothing has begun that would set it. */
  readonly due: string | null;
  readonly doneAt: string | null;
  /** Past its day, done or not: it stands before the bureau. */
  readonly isLate: boolean;
}

/** @param today ISO date in Asia/Shanghai. */
export function planSteps(db: Db, plan: UsagePlan, today: string): readonly PlanStep[] {
  if (plan.state !== 'approved') return [];
  const supplies = new Map(suppliesOfPlan(db, plan).map((supply) => [supply.resource, supply]));
  const providers = providersOfPlan(db, plan.id);
  const due = supplyDue(db, plan);
  const tables = plan.tables.map(({ resource }): PlanStep => {
    const doneAt = supplies.get(resource)?.at ?? null;
    return {
      step: 'supply',
      resource,
      org: providers.get(resource) ?? null,
      due,
      doneAt,
      isLate: isLate(due, doneAt, today),
    };
  });
  const agreement = findPlanAgreement(db, plan);
  const filing = agreement === null ? null : filingDue(db, agreement);
  const filedAt = agreement?.filedAt ?? null;
  const step = { step: 'filing', resource: null, org: plan.org, due: filing, doneAt: filedAt } as const;
  return [...tables, { ...step, isLate: isLate(filing, filedAt, today) }];
}

function isLate(due: string | null, doneAt: string | null, today: string): boolean {
  return due !== null && (doneAt === null ? today : shanghaiDay(doneAt)) > due;
}
