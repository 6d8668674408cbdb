/**
 * Goal: what differential privacy costs. Here: drawing exact noise, which happens ahead of use.
 * Not a goal: accuracy (policies/DP.md).
 */
import { noiseFigures } from './dp-noise.ts';

export default async function run({ tiny, log }: { readonly tiny: boolean; readonly log: (line: string) => void }) {
  return { ...noiseFigures(tiny, log) };
}
