import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BgvStep } from './homomorphic-bgv-child.ts';
import { median, PAIRS, rounded } from './paired-times.ts';

const SEED = 20_261_127n;
const ROWS = 1_000_000;
const ROWS_TINY = 20_000;
const GROUPS = 10;
const PROCESSES = 2;

interface Told {
  /** Of the step. */
  readonly cpuMs: number;
  readonly result: string;
  readonly bytesPerValue: number;
}

export async function bgvFigures(tiny: boolean, log: (line: string) => void) {
  const rows = tiny ? ROWS_TINY : ROWS;
  const children = Array.from({ length: PROCESSES }, (_, at) => startHalf(SEED + BigInt(at), rows / PROCESSES));
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const told = async (step: BgvStep): Promise<readonly Told[]> =>
      await Promise.all(children.map((child) => tell(child, step)));
    const [{ bytesPerValue }] = (await told('encrypt')) as [Told];
    await told('load');
    const checked = await told('check');
    const times = await stepTimes(told);
    const perSecond = (ms: number) => rounded(rows / ms / 1_000, 2);
    const perGroup = (ms: number) => rounded(ms / GROUPS / (rows / 1_000_000), 1);
    const speeds = (name: string, { ms, cpuMs }: StepTime) => ({
      [`bgv_${name}_mvalues_s`]: perSecond(ms),
      [`bgv_${name}_mvalues_s_by_cpu`]: perSecond(cpuMs),
    });
    const { groups, 'groups-of-two': two } = times;
    const figures = {
      bgv_rows: rows,
      bgv_bytes_per_value: rounded(bytesPerValue, 1),
      ...speeds('encrypt', times.encrypt),
      ...speeds('encrypt_public', times['encrypt-public']),
      ...speeds('load', times.load),
      ...speeds('sum', times.sum),
      // Without what a sum of one block costs as well: its mask, blinding it, writing it out.
      bgv_add_mvalues_s_by_cpu: perSecond(times.sum.cpuMs - times['sum-of-one-block'].cpuMs),
      ...speeds('sum_limit', times.read),
      // A second column under the same masks: what a group costs once its masks are there.
      bgv_group_ms_per_million: perGroup(two.ms - groups.ms),
      bgv_group_ms_per_million_by_cpu: perGroup(two.cpuMs - groups.cpuMs),
      bgv_group_with_masks_ms_per_million: perGroup(groups.ms),
      bgv_group_with_masks_ms_per_million_by_cpu: perGroup(groups.cpuMs),
      bgv_result_sha256: createHash('sha256')
        .update(checked.map(({ result }) => result).join())
        .digest('hex')
        .slice(0, 16),
    };
    log(
      `bgv-v1 encrypt ${perSecond(times.encrypt.cpuMs)} M/s, sum ${perSecond(times.sum.cpuMs)} M/s, group ${figures.bgv_group_ms_per_million_by_cpu} ms, by CPU`,
    );
    return figures;
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

function startHalf(seed: bigint, rows: number): ChildProcess {
  const args = [String(seed), String(rows), String(GROUPS)];
  return fork(join(import.meta.dirname, 'homomorphic-bgv-child.ts'), args, { serialization: 'advanced' });
}

async function tell(child: ChildProcess, step: BgvStep): Promise<Told> {
  const answer = once(child, 'message');
  child.send(step);
  return (await answer)[0] as Told;
}

const STEPS = [
  'encrypt',
  'encrypt-public',
  'load',
  'read',
  'sum',
  'sum-of-one-block',
  'groups',
  'groups-of-two',
] as const;

/** Elapsed, and CPU of the process that took most. */
interface StepTime {
  readonly ms: number;
  readonly cpuMs: number;
}
type StepTimes = Readonly<Record<(typeof STEPS)[number], StepTime>>;

/** Medians of all steps, one after the other in each round: a slow minute meets all of them. */
async function stepTimes(told: (step: BgvStep) => Promise<readonly Told[]>): Promise<StepTimes> {
  const rounds: StepTime[][] = STEPS.map(() => []);
  for (let round = 0; round < PAIRS; round += 1) {
    for (const [at, step] of STEPS.entries()) {
      const startedMs = performance.now();
      const answers = await told(step);
      const cpuMs = Math.max(...answers.map((answer) => answer.cpuMs));
      rounds[at]!.push({ ms: performance.now() - startedMs, cpuMs });
    }
  }
  const medianOf = (of: readonly StepTime[]): StepTime => ({
    ms: median(of.map(({ ms }) => ms)),
    cpuMs: median(of.map(({ cpuMs }) => cpuMs)),
  });
  return Object.fromEntries(STEPS.map((step, at) => [step, medianOf(rounds[at]!)])) as StepTimes;
}
