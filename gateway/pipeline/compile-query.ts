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
import { compileKey } from './compile-cache.ts';
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
  const facts = deps.queryFacts();
  const key = compileKey(sql, admission, facts);
  const known = deps.compiled.find(key);
  if (known !== undefined) return known;
  const stages = await compileAnew(sql, admission, deps, facts, signal);
  deps.compiled.keep(key, stages);
  return stages;
}

export async function compileAnew(
  sql: string,
  admission: Admission,
  deps: Pick<PipelineDeps, 'sandbox' | 'profile'>,
  facts: ReturnType<PipelineDeps['queryFacts']>,
  signal?: AbortSignal,
): Promise<CompiledStages> {
  const text = sql as UntrustedSql;
  const parsed = readSyntaxTree(text, await deps.sandbox.parse(text, signal));
  const resolved = resolve(parsed, admission.catalog, facts);
  const decision = decide(resolved, deps.profile, { unitsMin: admission.plan.unitsMin });
  const privatePlan = rewrite(resolved, decision, deps.profile);
  const compiled = emit(resolved, decision, privatePlan);
  return { parsed, resolved, decision, privatePlan, compiled };
}
