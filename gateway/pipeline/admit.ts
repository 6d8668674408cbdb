import {
  appendEntry,
  findPlan,
  findResource,
  findVersion,
  isPlanInForce,
  type Resource,
  type ResourceVersion,
  type UsagePlan,
} from '#catalog';
import { AppError, type GrantedTable, type QueryCatalog } from '#policies';
import type { Action, Caller } from '../identity/index.ts';
import type { PipelineDeps } from './deps.ts';

/** Stage `admit`: who asks, under which approved plan, and the only tables and columns that exist for the query. */
export interface Admission {
  readonly kind: 'admission';
  readonly caller: Caller;
  readonly plan: UsagePlan;
  readonly catalog: QueryCatalog;
  /** Ids of the Cedar policies that permitted it, and the hash of the whole set. */
  readonly policies: string;
}

/**
 * Permits a caller to ask under a plan. A refusal is in the log before it is answered.
 *
 * Errors: PLAN_NOT_FOUND where the plan is absent or another's (they look the same), PLAN_STATE where it is not approved
 * or out of term today, POLICY_ACCESS_DENIED where the role may not ask at all.
 */
export async function admit(
  asks: { readonly caller: Caller; readonly plan: string; readonly action: Extract<Action, 'submitJob' | 'explain'> },
  deps: PipelineDeps,
): Promise<Admission> {
  try {
    return admitted(asks, deps);
  } catch (error) {
    if (error instanceof AppError) await recordDenial(asks, error, deps);
    throw error;
  }
}

function admitted(
  { caller, plan: id, action }: { readonly caller: Caller; readonly plan: string; readonly action: Action },
  deps: PipelineDeps,
): Admission {
  const plan = deps.store.read((db) => findPlan(db, id));
  const { today } = deps.queryFacts();
  const inTerm = plan !== null && isPlanInForce(plan, today);
  const attrs = { org: plan?.org ?? '', state: plan?.state ?? 'absent', inTerm };
  const decision = deps.authorize(caller, action, { type: 'Plan', id, attrs });
  if (plan === null || (plan.org !== caller.org && !decision.permitted)) throw new AppError('PLAN_NOT_FOUND', { id });
  if (!decision.permitted && !inTerm) {
    throw new AppError('PLAN_STATE', { id, state: stateInTerm(plan, today), accepted: ['approved'] });
  }
  if (!decision.permitted) throw new AppError('POLICY_ACCESS_DENIED', { action });
  return Object.freeze({
    kind: 'admission',
    caller,
    plan,
    catalog: catalogOf(plan, deps),
    policies: decision.policies,
  });
}

/** An approved plan before its first day or after its last is as closed as one that nobody approved. */
function stateInTerm(plan: UsagePlan, today: string): string {
  if (plan.state !== 'approved') return plan.state;
  return today < plan.validFrom ? 'not yet valid' : 'expired';
}

function catalogOf(plan: UsagePlan, deps: PipelineDeps): QueryCatalog {
  const tables = new Map<string, GrantedTable>();
  deps.store.read((db) => {
    for (const { resource: id, columns } of plan.tables) {
      const resource = findResource(db, id);
      const version = resource?.currentVersion ?? null;
      if (resource === null || resource.state !== 'listed' || version === null) continue;
      const stored = findVersion(db, id, version);
      if (stored !== null) tables.set(resource.schema.table, grantedTable(resource, stored, columns));
    }
  });
  return tables;
}

function grantedTable(resource: Resource, stored: ResourceVersion, columns: readonly string[]): GrantedTable {
  const granted = new Set(columns);
  const seen = resource.schema.columns.filter((column) => granted.has(column.name) || column.unit !== undefined);
  return {
    resource: resource.id,
    version: stored.version,
    schema: { ...resource.schema, columns: seen },
    // Columns that name a privacy unit protect whether or not the plan lets the asker use them.
    protectionOnly: seen.filter((column) => !granted.has(column.name)).map((column) => column.name),
    rowsPerUnitMax: stored.rowsPerUnitMax,
  };
}

async function recordDenial(
  { caller, plan, action }: { readonly caller: Caller; readonly plan: string; readonly action: string },
  error: AppError,
  deps: PipelineDeps,
): Promise<void> {
  const { sub, org, role } = caller;
  await deps.store.commit((tx) =>
    appendEntry(tx, {
      v: 1,
      kind: 'refusal',
      at: tx.now(),
      who: { sub, org, role },
      plan,
      decision: 'deny',
      code: error.code,
      note: action,
    }),
  );
}
