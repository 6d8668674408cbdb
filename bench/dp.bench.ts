/**
 * Goal: what differential privacy costs. Drawing exact noise, which happens ahead of use; and bounding what one person has a part in.
 * Not a goal: accuracy (policies/DP.md).
 */
import { noiseFigures } from './dp-noise.ts';
import { planFigures } from './dp-plans.ts';
import type { BenchOptions } from './run.ts';

export default async function run({ tiny, log }: BenchOptions) {
  return { ...noiseFigures(tiny, log), ...(await planFigures(tiny, log)) };
}
