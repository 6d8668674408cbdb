import {
  type CompiledQuery,
  type Decision,
  decide,
  emit,
  type ParsedQuery,
  type PrivatePlan,
  type ResolvedQuery,
  readSyntaxTree,
  resolve,
  rewrite,
  type UntrustedSql,
} from '#policies';
import type { Admission } from './admit.ts';
import type { PipelineDeps } from './deps.ts';

/** Every stage value of the compiler: `run-job` takes the last, `explain` shows them all. */
export interface CompiledStages {
  readonly parsed: ParsedQuery;
  readonly resolved: ResolvedQuery;
  readonly decision: Decision;
  readonly privatePlan: PrivatePlan;
  readonly compiled: CompiledQuery;
}

/** parse → resolve → decide → rewrite → emit. Touches public metadata only, charges nothing. */
export async function compileStages(
  sql: string,
  admission: Admission,
  deps: PipelineDeps,
  signal?: AbortSignal,
): Promise<CompiledStages> {
  const text = sql as UntrustedSql;
  const parsed = readSyntaxTree(text, await deps.parser.parse(text, signal));
  const resolved = resolve(parsed, admission.catalog, deps.queryFacts());
  const decision = decide(resolved, deps.profile, { unitsMin: admission.plan.unitsMin });
  const privatePlan = rewrite(resolved, decision, deps.profile);
  const compiled = emit(resolved, decision, privatePlan);
  return { parsed, resolved, decision, privatePlan, compiled };
}

export async function compileQuery(
  sql: string,
  admission: Admission,
  deps: PipelineDeps,
  signal: AbortSignal,
): Promise<CompiledQuery> {
  return (await compileStages(sql, admission, deps, signal)).compiled;
}
