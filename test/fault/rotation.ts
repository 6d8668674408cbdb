import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { mute } from './disaster-runs.ts';
import { COMPILED, type FaultyGateway, INJECT, StartFailed } from './faulty-gateway.ts';
import { endGateway, type Life, tryStart, underLoad } from './life.ts';
import type { Run } from './plan-runs.ts';
import type { Setting } from './setting.ts';
import type { Order } from './steps.ts';
import type { Struck } from './strikes.ts';
import { joined, type Verdict } from './verdict.ts';

const SLUICE = join(import.meta.dirname, '../../gateway/cli/sluice.ts');

/**
 * A gateway at work is ended, and `sluice keys rotate` fails at a step. Then a start, which goes on or says which key is needed, and the
 * same command again, which has to finish what was begun.
 */
export async function rotationRun(
  { step, isPersisted, code }: Extract<Run, { kind: 'step' }>,
  life: Life,
  gateway: FaultyGateway,
): Promise<Struck> {
  const { setting, random } = life;
  const load = await underLoad(life, gateway);
  const ended = await endGateway(life, gateway, load, random() < 0.5 ? 'SIGTERM' : 'SIGKILL');
  const nth = 1 + Math.floor(random() * 2);
  const cut = await rotate(setting, { kind: 'fail', seam: step.seam, nth, isPersisted, code });
  const between = await tryStart(setting);
  if (!(between instanceof StartFailed)) await between.end('SIGKILL');
  const again = await rotate(setting, null);
  const unfinished: Verdict = again.code === 0 ? {} : { broken_promises: [`rotation again: ${again.said}`] };
  return { happened: cut.fired, stopped: cut.code !== 0, found: joined(ended, mute(between), unfinished) };
}

interface Rotation {
  readonly code: number | null;
  readonly fired: boolean;
  readonly said: string;
}

/** As an operator runs it, with the fault already in. */
async function rotate({ home, runDir, tmpDir }: Setting, order: Order | null): Promise<Rotation> {
  const { PATH = '' } = process.env;
  const env = { PATH, TMPDIR: tmpDir, NODE_COMPILE_CACHE: COMPILED, SLUICE_HOME: home, SLUICE_RUN_DIR: runDir };
  const child = spawn(process.execPath, ['--import', INJECT, SLUICE, 'keys', 'rotate'], {
    env: { ...env, ...(order === null ? {} : { FAULT_ORDER: JSON.stringify(order) }) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let [fired, said] = [false, ''];
  child.on('message', (message) => {
    fired ||= message === 'fired';
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-400);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, fired, said };
}
