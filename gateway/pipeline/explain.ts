import { costOf, type PolicyProfile } from '#policies';
import type { Explanation } from '../jobs/job-service.ts';
import type { Admission } from './admit.ts';
import type { CompiledStages } from './compile-query.ts';
import { versionsOf } from './record.ts';

/** The compiler's stages as an answer: public metadata and the asker's own query only; nothing ran, nothing is charged. */
export function explanationOf(admission: Admission, stages: CompiledStages, profile: PolicyProfile): Explanation {
  const { parsed, resolved, decision, privatePlan, compiled } = stages;
  const isRows = decision.mode === 'rows';
  return {
    plan: admission.plan.id,
    mode: decision.mode,
    because: decision.because,
    columns: decision.outputs,
    unitsMin: isRows ? null : decision.unitsMin,
    rules: isRows
      ? [{ rule: 'row-cap', limit: profile.rowsMax }]
      : [
          { rule: 'threshold', limit: decision.unitsMin },
          { rule: 'dominance', limit: profile.topTwoShareMax },
          ...(decision.mode === 'perturbed' ? ([{ rule: 'noise', limit: profile.perturbation.D }] as const) : []),
        ],
    cost: { ...costOf(compiled), jobs: 1 },
    versions: versionsOf(admission, compiled, profile),
    stages: [parsed, resolved, decision, privatePlan, compiled].map((value) => ({
      stage: value.kind,
      value: withoutExtremes(value),
    })),
  };
}

/** The most rows that one unit has is an extreme of the data: the compiler proves with it, the asker does not get it. */
function withoutExtremes(value: unknown): unknown {
  const hidden = new Set(['rowsPerUnitMax', 'oneRow']);
  return JSON.parse(JSON.stringify(value, (key, part: unknown) => (hidden.has(key) ? undefined : part)));
}
