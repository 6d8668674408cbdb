import { acceptedIntakes, type Db, findPlan, type PlanStanding, standingOf } from '#catalog';
import type { TableUse } from '#policies';
import { type Admission, decideAdmission, refusalOf } from './admit.ts';
import type { PipelineDeps } from './deps.ts';
import { scopeError } from './plan-standing.ts';

/**
 * Asks again, within a transaction, what admission asked: nothing begins and nothing leaves on a standing that has ended meanwhile, be
 * it by a revocation, an exit or midnight. Costs nothing while catalogue and day are those of the admission.
 *
 * @throws AppError what `admit` throws; `GRANT_SCOPE` where a column that the query uses is no longer covered.
 */
export function requireStanding(tx: Db, admission: Admission, uses: readonly TableUse[], deps: PipelineDeps): void {
  const { today } = deps.queryFacts();
  const isSameCatalogue = !tx.isCatalogueChanged() && deps.store.catalogueVersion() === admission.catalogueVersion;
  if (isSameCatalogue && today === admission.standing.today) return;
  const { caller, action, plan: admitted } = admission;
  const plan = findPlan(tx, admitted.id);
  const now = plan === null ? null : { plan, standing: standingOf(tx, plan, today) };
  const asks = { caller, action, plan: admitted.id };
  const error = refusalOf(asks, now, decideAdmission(asks, now, deps.authorize));
  if (error !== null) throw error;
  const own = new Set(acceptedIntakes(tx, admitted.id, today).map(({ resource }) => resource));
  const lost = now === null ? [] : lostSince(admission.standing, now.standing, uses, own);
  if (lost.length > 0) throw scopeError(admitted.id, lost);
}

/** What the query uses and was covered at admission, and is not any more. */
function lostSince(
  then: PlanStanding,
  now: PlanStanding,
  uses: readonly TableUse[],
  own: ReadonlySet<string>,
): readonly string[] {
  const columnsOf = ({ covered }: PlanStanding, resource: string) =>
    covered.find((table) => table.resource === resource)?.columns ?? [];
  return uses.flatMap(({ resource, columns }) => {
    const [before, left] = [columnsOf(then, resource), columnsOf(now, resource)];
    if (left.length === 0) return own.has(resource) ? [] : [resource];
    return columns
      .filter((column) => before.includes(column) && !left.includes(column))
      .map((column) => `${resource}.${column}`);
  });
}
