import { appendEntry, type Intake, type Job, type Product, type Resource, type UsagePlan } from '#catalog';
import { AppError, type FrozenThing, LEFT_TO_FROZEN } from '#policies';
import type { AppDeps } from '../app-deps.ts';
import type { Action, Caller, Target } from '../identity/index.ts';

/** True when a policy permits the action. Nothing is recorded: for filtering and for choosing what an answer shows. */
export function isPermitted(deps: AppDeps, caller: Caller, action: Action, target: Target): boolean {
  return deps.authorize(caller, action, target).permitted;
}

/** Refuses, and records the refusal, unless a policy permits the action and no freeze stops it. Errors: POLICY_ACCESS_DENIED, POLICY_FROZEN. */
export async function requirePermit(deps: AppDeps, caller: Caller, action: Action, target: Target): Promise<void> {
  if (!isPermitted(deps, caller, action, target))
    throw await refusal(deps, caller, action, new AppError('POLICY_ACCESS_DENIED', { action }), target);
  const frozen = frozenBy(deps, caller, action, target);
  if (frozen === null) return;
  throw await refusal(deps, caller, action, new AppError('POLICY_FROZEN', { scope: frozen.scope }), target);
}

/** WHY not the authorities': they are who ends an incident. */
function frozenBy(
  { freezes }: AppDeps,
  { sub, org, role }: Caller,
  action: Action,
  { type, id }: Target,
): FrozenThing | null {
  if (LEFT_TO_FROZEN.has(action) || role === 'security' || role === 'bureau') return null;
  const resources = type === 'Resource' || type === 'Intake' ? [id] : [];
  return freezes.find({ sub, org, plan: type === 'Plan' ? id : '', resources });
}

/** The job, for a caller who may read it. Errors: JOB_NOT_FOUND, whether it is absent or another's. */
export async function readableJob(deps: AppDeps, caller: Caller, action: Action, id: string): Promise<Job> {
  const job = deps.jobs.find(id);
  const absent = new AppError('JOB_NOT_FOUND', { id });
  if (job === null) throw absent;
  const target = jobTarget(job);
  if (isPermitted(deps, caller, action, target)) return job;
  throw await refusal(deps, caller, action, absent, target);
}

async function refusal(
  deps: AppDeps,
  caller: Caller,
  action: Action,
  error: AppError,
  target: Target,
): Promise<AppError> {
  const { sub, org, role } = caller;
  const { code } = error;
  const at = deps.clock().toISOString();
  const note = `${action} ${target.type} ${target.id}`;
  await deps.store.commit((tx) =>
    appendEntry(tx, { v: 1, kind: 'refusal', at, who: { sub, org, role }, decision: 'deny', code, note }),
  );
  return error;
}

export function jobTarget(job: Job): Target {
  return { type: 'Job', id: job.id, attrs: { org: job.org, sub: job.sub } };
}
export function resourceTarget(resource: Resource): Target {
  return { type: 'Resource', id: resource.id, attrs: { provider: resource.provider, state: resource.state } };
}
export function planTarget(plan: UsagePlan, providers: readonly string[]): Target {
  return { type: 'Plan', id: plan.id, attrs: { org: plan.org, author: plan.author, providers } };
}
export function productTarget(product: Product, providers: ReadonlySet<string>): Target {
  const { id, org, author, state } = product;
  return { type: 'Product', id, attrs: { org, author, state, providers: [...providers] } };
}
/** All that can be frozen. */
export const PLATFORM_TARGET: Target = { type: 'Platform', id: 'platform', attrs: {} };
/** The register of private releases. */
export const REGISTER_TARGET: Target = { type: 'PrivacyRegistry', id: 'register', attrs: {} };
export function intakeTarget({ resource, org, createdBy }: Intake): Target {
  return { type: 'Intake', id: resource, attrs: { org, createdBy } };
}
/** Who may sign consents, and which were withdrawn. */
export const CONSENTS_TARGET: Target = { type: 'ConsentRegister', id: 'consents', attrs: {} };
/** The access log as a whole. */
export const LOG_TARGET: Target = { type: 'AccessLog', id: 'log', attrs: {} };
