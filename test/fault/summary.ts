import type { Run } from './plan-runs.ts';
import type { Struck } from './strikes.ts';
import { FAULT_KINDS, type FaultKind } from './verdict.ts';

/** What became of one run, with what was found after the start that followed. */
export interface RunFigure extends Struck {
  readonly run: string;
  /** That clients got during it. */
  readonly results: number;
}
export interface FaultSummary extends Record<FaultKind, number> {
  readonly ok: boolean;
  readonly seed: number;
  readonly runs: number;
  /** Results that clients had in hands over all runs. */
  readonly results: number;
  /** Runs that show nothing. */
  readonly notHappened: readonly string[];
  readonly steps: readonly StepFigure[];
  readonly examples: readonly string[];
}
export interface StepFigure {
  readonly part: string;
  readonly step: string;
  readonly fails: Outcome;
  readonly persisted: Outcome;
  /** The process died there: commands alone; a gateway is killed at any time. */
  readonly killed: Outcome;
}
type Outcome = 'held' | 'FAILED' | 'did not happen' | 'not tried';

const EXAMPLES_MAX = 20;

export function summaryOf(all: readonly (readonly [Run, RunFigure])[], seed: number): FaultSummary {
  const figures = all.map(([, figure]) => figure);
  const results = figures.reduce((sum, one) => sum + one.results, 0);
  const count = (kind: FaultKind) => figures.reduce((sum, { found }) => sum + (found[kind]?.length ?? 0), 0);
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, count(kind)])) as Record<FaultKind, number>;
  const notHappened = figures.filter(({ happened }) => !happened).map(({ run }) => run);
  const examples = figures.flatMap(({ run, found }) =>
    Object.entries(found).map(([kind, what]) => `${run}: ${kind}: ${what[0]}`),
  );
  return {
    ...counts,
    ...{ ok: Object.values(counts).every((found) => found === 0), seed, runs: figures.length, results, notHappened },
    steps: stepFigures(all),
    examples: examples.slice(0, EXAMPLES_MAX),
  };
}

function stepFigures(all: readonly (readonly [Run, RunFigure])[]): readonly StepFigure[] {
  const steps = all.flatMap(([run, figure]) => (run.kind === 'step' ? [{ run, figure }] : []));
  const outcome = (name: string, how: 'fails' | 'persisted' | 'killed'): Outcome => {
    const tried = steps.find(({ run }) => run.step.name === name && howOf(run) === how)?.figure;
    if (tried === undefined) return 'not tried';
    if (!tried.happened) return 'did not happen';
    return Object.keys(tried.found).length === 0 ? 'held' : 'FAILED';
  };
  const names = [...new Map(steps.map(({ run }) => [run.step.name, run.step])).values()];
  return names.map(({ part, name }) => ({
    ...{ part, step: name },
    fails: outcome(name, 'fails'),
    persisted: outcome(name, 'persisted'),
    killed: outcome(name, 'killed'),
  }));
}

function howOf({ isPersisted, code }: Extract<Run, { kind: 'step' }>): 'fails' | 'persisted' | 'killed' {
  if (code === 'KILL') return 'killed';
  return isPersisted ? 'persisted' : 'fails';
}
