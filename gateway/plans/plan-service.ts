import {
  type Db,
  decidePlan,
  findPlan,
  findResource,
  type NewPlan,
  reviewPlan,
  revokePlan,
  type Store,
  soleOperator,
  submitPlan,
  suspendingTables,
  type UsagePlan,
} from '#catalog';
import { AppError, LEVELS, type Level } from '#policies';
import type { Caller } from '../identity/index.ts';
import { appendChange, type Change, knowOrganisation } from '../log-change.ts';

export interface Verdict {
  readonly verdict: 'approve' | 'refuse';
  readonly comment: string;
}

/** Changes of usage plans, each in one transaction with its log entry. Authorization is the routes' part. */
export interface PlanService {
  /** For the operator that it names, or the only one there is. Errors: PLAN_INVALID; PLAN_STATE when the id is taken. */
  submit(caller: Caller, plan: NewPlan): Promise<UsagePlan>;
  /** Errors: PLAN_NOT_FOUND, PLAN_STATE, POLICY_ACCESS_DENIED (the author's own plan; not asked). */
  decide(caller: Caller, id: string, verdict: Verdict): Promise<UsagePlan>;
  /** After its tables' entries changed. Errors: PLAN_NOT_FOUND, PLAN_STATE, POLICY_ACCESS_DENIED. */
  review(caller: Caller, id: string, verdict: Verdict): Promise<UsagePlan>;
  /** For good. Errors: PLAN_NOT_FOUND, PLAN_STATE, POLICY_ACCESS_DENIED. */
  revoke(caller: Caller, id: string): Promise<UsagePlan>;
}

export function createPlanService(deps: { readonly store: Store }): PlanService {
  return {
    submit: (caller, content) =>
      deps.store.commit((tx) => {
        knowOrganisation(tx, caller);
        const taken = findPlan(tx, content.id);
        if (taken !== null) throw new AppError('PLAN_STATE', { id: taken.id, state: 'taken', accepted: 'another id' });
        const operator = content.operator ?? soleOperator(tx);
        return logged(tx, caller, submitPlan(tx, { ...content, operator }), 'submitted');
      }),
    decide: (caller, id, { verdict, comment }) =>
      deps.store.commit((tx) => {
        knowOrganisation(tx, caller);
        const { org, sub: by } = caller;
        const role = caller.role === 'bureau' ? 'bureau' : 'provider';
        const plan = decidePlan(tx, id, { role, org, by, verdict, comment });
        return logged(tx, caller, plan, `${verdict} by ${role}; ${plan.state}`);
      }),
    review: (caller, id, { verdict, comment }) =>
      deps.store.commit((tx) => {
        knowOrganisation(tx, caller);
        const { org, sub: by } = caller;
        const role = caller.role === 'bureau' ? 'bureau' : 'provider';
        const plan = reviewPlan(tx, id, { role, org, by, verdict, comment });
        const left = suspendingTables(tx, plan).length === 0 ? 'resumed' : 'suspended';
        return logged(tx, caller, plan, `reviewed again, ${verdict} by ${role}; ${left}`);
      }),
    revoke: (caller, id) =>
      deps.store.commit((tx) => {
        knowOrganisation(tx, caller);
        return logged(tx, caller, revokePlan(tx, id, { org: caller.org, by: caller.sub, comment: '' }), 'revoked');
      }),
  };
}

function logged(tx: Db, caller: Caller, plan: UsagePlan, note: string): UsagePlan {
  const { id, hash, purpose } = plan;
  appendChange(tx, { kind: 'plan', caller, plan: id, planHash: hash, purpose, tables: tablesOf(tx, plan), note });
  return plan;
}

/** The plan's columns with the strictest of their levels, table by table. */
function tablesOf(tx: Db, plan: UsagePlan): NonNullable<Change['tables']> {
  return plan.tables.flatMap(({ resource, columns }) => {
    const found = findResource(tx, resource);
    if (found === null) return [];
    const levels = found.schema.columns.filter(({ name }) => columns.includes(name)).map(({ level }) => level);
    return [
      { resource, version: found.currentVersion ?? 0, columns, level: strictest([found.schema.level, ...levels]) },
    ];
  });
}

function strictest(levels: readonly [Level, ...Level[]]): Level {
  return levels.reduce((most, level) => (LEVELS.indexOf(level) > LEVELS.indexOf(most) ? level : most));
}
