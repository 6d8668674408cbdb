/**
 * Goal: what encrypted sums cost: encrypting, summing by group beside plaintext, opening; for both ciphers, and beside what the machine can do
 * at most. Not a goal: the way over HTTP and the custodian's checks.
 *
 * Two threads or processes, as on two cores. References are measured in turns with their figures.
 */
import { asheFigures } from './homomorphic-ashe.ts';
import { bgvFigures } from './homomorphic-bgv.ts';
import type { BenchOptions } from './run.ts';

export default async function run({ tiny, log }: BenchOptions) {
  return { ...(await asheFigures(tiny, log)), ...(await bgvFigures(tiny, log)) };
}
