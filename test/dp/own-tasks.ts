import { deltaOf } from '../../policies/accounting/zcdp.ts';
import { discreteGaussian } from '../../policies/mechanisms/discrete-gaussian/discrete-gaussian.ts';
import type { RandomSource } from '../../policies/mechanisms/exact-sampling/random-source.ts';
import { PartitionSelection } from '../../policies/mechanisms/partition-selection/partition-selection.ts';
import type { Finding, Laboratory, Task } from './finding.ts';

/** Deviations of a proportion: two-sided α = 1e-7 for each. */
const DEVIATIONS = 5.33;
const SAMPLES = 4_000_000;

/**
 * The δ that discrete Gaussian noise really has at one ε, measured between counts of 0 and 1. The worst event is known: all outputs whose probability
 * differs by more than e^ε. What is measured must agree with the exact sum, and must not be above what the accountant promises.
 */
export function estimateTasks(): readonly Task[] {
  return [
    { variance: 1, epsilon: 1 },
    { variance: 4, epsilon: 0.5 },
  ].map(({ variance, epsilon }) => ({
    name: `δ of discrete Gaussian noise, σ² = ${variance}, ε = ${epsilon}`,
    run: (laboratory) => [estimateDelta(variance, epsilon, laboratory)],
  }));
}

function estimateDelta(variance: number, epsilon: number, { source }: Laboratory): Finding {
  // P(o)/P'(o) = e^{(2o − 1)/2σ²} for counts 1 and 0
  const event = Math.floor(epsilon * variance + 0.5) + 1;
  const noise = discreteGaussian({ top: BigInt(variance), bottom: 1n });
  const share = (truth: number) => {
    let inside = 0;
    for (let i = 0; i < SAMPLES; i += 1) if (truth + Number(noise.sample(source)) >= event) inside += 1;
    return inside / SAMPLES;
  };
  const [p, q] = [share(1), share(0)];
  const spread = (rate: number) => DEVIATIONS * Math.sqrt((rate * (1 - rate)) / SAMPLES);
  const measured = p - Math.exp(epsilon) * q;
  const error = spread(p) + Math.exp(epsilon) * spread(q);
  const exact = exactDelta(variance, epsilon);
  const promised = deltaOf(1 / (2 * variance), epsilon);
  return {
    check: 'estimate',
    subject: 'δ',
    name: `discrete Gaussian σ² = ${variance}, ε = ${epsilon}`,
    holds: Math.abs(measured - exact) <= error && measured + error <= promised,
    detail: { epsilon, measured, low: measured - error, high: measured + error, exact, promised, samples: 2 * SAMPLES },
  };
}

/** Σ max(0, P(o − 1) − e^ε·P(o)) over the formula. */
export function exactDelta(variance: number, epsilon: number): number {
  const reach = 60;
  const weight = (x: number) => Math.exp(-(x * x) / (2 * variance));
  const outputs = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const total = outputs.reduce((sum, x) => sum + weight(x), 0);
  return outputs.reduce((sum, o) => sum + Math.max(0, weight(o - 1) - Math.exp(epsilon) * weight(o)), 0) / total;
}

type Keep = (source: RandomSource, units: number) => boolean;
const EPSILON = 0.75;
const DELTA = 0.02;
const DRAWS = 1_000_000;
const UNITS_MAX = 16;

/** Whether a group shows, between neighbouring numbers of units; the mutants decide by the number alone, and forget δ. */
export function selectionTasks(): readonly Task[] {
  const parameters = { epsilon: { top: 3n, bottom: 4n }, delta: { top: 1n, bottom: 50n }, unitsMin: 3 };
  const own = new PartitionSelection(parameters);
  const generous = new PartitionSelection({ ...parameters, delta: { top: 1n, bottom: 10n } });
  return [
    selectionTask('near-truncated geometric, k = 3', (source, units) => own.keeps(source, units), false),
    selectionTask('all from k units on', (_source, units) => units >= 3, true),
    selectionTask('five times δ', (source, units) => generous.keeps(source, units), true),
  ];
}

function selectionTask(name: string, keeps: Keep, mutant: boolean): Task {
  const run = ({ source }: Laboratory): readonly Finding[] => {
    const kept = Array.from({ length: UNITS_MAX + 1 }, (_, units) => keptShare(keeps, source, units));
    const excesses = kept.slice(1).flatMap((after, units) => {
      const before = kept[units]!;
      return [
        excess(after, before),
        excess(before, after),
        excess(1 - before, 1 - after),
        excess(1 - after, 1 - before),
      ];
    });
    const worst = Math.max(...excesses);
    return [
      {
        check: mutant ? 'mutant' : 'selection',
        subject: 'partition selection',
        name,
        holds: mutant ? worst > 0 : worst <= 0,
        detail: { epsilon: EPSILON, delta: DELTA, excess: worst, samples: DRAWS * (UNITS_MAX + 1) },
      },
    ];
  };
  return { name: `selection, ${name}`, run };
}

function keptShare(keeps: Keep, source: RandomSource, units: number): number {
  let kept = 0;
  for (let i = 0; i < DRAWS; i += 1) if (keeps(source, units)) kept += 1;
  return kept / DRAWS;
}

/** By how much P − e^ε·Q is surely above δ: its confidence bound is taken off. */
function excess(p: number, q: number): number {
  const spread = (rate: number) => DEVIATIONS * Math.sqrt((rate * (1 - rate)) / DRAWS);
  return p - Math.exp(EPSILON) * q - spread(p) - Math.exp(EPSILON) * spread(q) - DELTA;
}
