import { privacyRemaining } from '#catalog';
import { expectedErrors, type PolicyProfile, privacyCostOf } from '#policies';
import type { Explanation } from '../jobs/job-service.ts';
import type { Admission } from './admit.ts';
import { type CompiledStages, isCharged } from './compile-query.ts';
import type { PipelineDeps } from './deps.ts';
import { versionsOf } from './record.ts';

/** The compiler's stages as an answer: public metadata and the asker's own query only; nothing ran, nothing is charged. */
export function explanationOf(
  admission: Admission,
  stages: CompiledStages,
  { profile, store }: Pick<PipelineDeps, 'profile' | 'store'>,
): Explanation {
  const { parsed, resolved, decision, privatePlan, compiled } = stages;
  const isRows = decision.mode === 'rows';
  const { charges } = compiled;
  const asker = { ...admission.caller, plan: admission.plan };
  const remaining = store.read((db) => privacyRemaining(db, charges, asker, profile.privacyBudgets));
  return {
    plan: admission.plan.id,
    mode: decision.mode,
    because: decision.because,
    columns: decision.outputs,
    unitsMin: isRows ? null : decision.unitsMin,
    rules: rulesOf(stages, profile),
    cipher: cipherOf(stages),
    cost: { ...privacyCostOf(charges, remaining, profile.privacyBudgets), jobs: 1 },
    privacy: isCharged(decision.mode) ? privacyOf(stages) : null,
    versions: versionsOf(admission, compiled, profile),
    stages: [parsed, resolved, decision, privatePlan, compiled].map((value) => ({
      stage: value.kind,
      value: withoutExtremes(value),
    })),
  };
}

function rulesOf({ decision, privatePlan }: CompiledStages, profile: PolicyProfile): Explanation['rules'] {
  const { mode, unitsMin } = decision;
  const threshold = { rule: 'threshold', limit: unitsMin } as const;
  const dominance = { rule: 'dominance', limit: profile.topTwoShareMax } as const;
  switch (mode) {
    case 'rows':
      return [{ rule: 'row-cap', limit: profile.rowsMax }];
    case 'dp':
      // Groups of a public list are shown whatever they hold.
      return expectedErrors(privatePlan).boundaries.some(({ groups }) => groups === 'selected') ? [threshold] : [];
    case 'homomorphic':
      // The custodian withholds what stands for too few, whatever the list.
      return [threshold, { rule: 'custodian', limit: unitsMin }];
    case 'perturbed':
      return [threshold, dominance, { rule: 'noise', limit: profile.perturbation.D }];
    default:
      return [threshold, dominance];
  }
}

/** Under which cipher the encrypted columns are summed, and where: one question has one table of them. */
function cipherOf({ privatePlan }: CompiledStages): Explanation['cipher'] {
  const sealed = privatePlan.boundaries.find((boundary) => boundary.kind === 'sealed');
  if (sealed === undefined) return null;
  const { columns, storage } = sealed.layout.table;
  return { scheme: columns[0]!.scheme, storage };
}

function privacyOf({ privatePlan, compiled }: CompiledStages): NonNullable<Explanation['privacy']> {
  const { outputs, columns, choices, boundaries } = expectedErrors(privatePlan);
  const { charges, mechanisms } = compiled;
  return { charges, mechanisms, outputs, errors: columns, choices, boundaries };
}

/**
 * The most rows that one unit has is an extreme of the data: the compiler proves with it, the asker does not get it. Nor how many rows a
 * table has, by which sets of rows are written down.
 */
function withoutExtremes(value: unknown): unknown {
  const hidden = new Set(['rowsPerUnitMax', 'oneRow', 'sealedRows']);
  return JSON.parse(
    JSON.stringify(value, (key, part: unknown) => {
      if (hidden.has(key)) return undefined;
      if (typeof part === 'string' && part.includes('bitstring_agg(')) return part.replaceAll(LAST_ROW, ', 0, …');
      return isRowSet(part) ? { ...part, args: [] } : part;
    }),
  );
}

const LAST_ROW = /, 0, CAST\('\d+' AS BIGINT\)/g;
const isRowSet = (part: unknown): part is object =>
  typeof part === 'object' && part !== null && 'fn' in part && part.fn === 'row_set';
