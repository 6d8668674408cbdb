import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_ORIGIN, loadOrCreateLogKey } from '../../gateway/audit/index.ts';
import { mute } from './disaster-runs.ts';
import { COMPILED, type FaultyGateway, INJECT, StartFailed } from './faulty-gateway.ts';
import { endGateway, type Life, tryStart, underLoad } from './life.ts';
import type { Run } from './plan-runs.ts';
import type { Setting } from './setting.ts';
import type { Order } from './steps.ts';
import type { Struck } from './strikes.ts';
import { joined, type Verdict } from './verdict.ts';

const SLUICE = join(import.meta.dirname, '../../gateway/cli/sluice.ts');
type StepRun = Extract<Run, { kind: 'step' }>;

/**
 * A gateway at work is ended, and `sluice keys rotate` fails or dies at a step. Then a start, which goes on or says which key is needed, and
 * the same command again, which has to finish what was begun and leave no other key behind.
 */
export async function rotationRun(run: StepRun, life: Life, gateway: FaultyGateway): Promise<Struck> {
  const { setting } = life;
  const ended = await endUnderLoad(life, gateway);
  const cut = await sluice(setting, ['keys', 'rotate'], orderOf(run, life));
  const between = await startBetween(setting);
  const again = await sluice(setting, ['keys', 'rotate'], null);
  const left = keyFilesLeft(setting);
  const broken: Verdict = {
    broken_promises: [
      ...(again.code === 0 ? [] : [`rotation again: ${again.said}`]),
      ...left.map((name) => `left of a rotation: ${name}`),
    ],
  };
  return { happened: cut.fired, stopped: cut.code !== 0, found: joined(ended, between, broken) };
}

/**
 * The same of the key that signs the log. Before it, the key of the run before is retired, and offices keep the one that is in force. What
 * was cut off after both keys sign is through.
 */
export async function logKeyRun(run: StepRun, life: Life, gateway: FaultyGateway): Promise<Struck> {
  const { setting } = life;
  const ended = await endUnderLoad(life, gateway);
  const keys = join(setting.home, 'keys');
  if (existsSync(join(keys, 'log-former.key'))) {
    const retired = await sluice(setting, ['audit', 'retire-key'], null);
    if (retired.code !== 0) throw new Error(`retiring a log key: ${retired.said}`);
    setting.vkey = loadOrCreateLogKey(join(keys, 'log.key'), LOG_ORIGIN).vkey;
  }
  const cut = await sluice(setting, ['audit', 'rotate-key'], orderOf(run, life));
  const between = await startBetween(setting);
  const again = await sluice(setting, ['audit', 'rotate-key'], null);
  const isThrough = again.code === 0 || again.said.includes('the former key still signs');
  const unfinished: Verdict = isThrough ? {} : { broken_promises: [`rotation of the log key again: ${again.said}`] };
  return { happened: cut.fired, stopped: cut.code !== 0, found: joined(ended, between, unfinished) };
}

async function endUnderLoad(life: Life, gateway: FaultyGateway): Promise<Verdict> {
  const load = await underLoad(life, gateway);
  return await endGateway(life, gateway, load, life.random() < 0.5 ? 'SIGTERM' : 'SIGKILL');
}

/** What a command does to its own keys, it does once. */
function orderOf({ step, isPersisted, code }: StepRun, { random }: Life): Order {
  const isOnce = step.part === 'log key' || (step.seam.via === 'file' && step.seam.path.includes('/keys/'));
  const nth = isOnce ? 1 : 1 + Math.floor(random() * 2);
  return { kind: 'fail', seam: step.seam, nth, isPersisted, code };
}

async function startBetween(setting: Setting): Promise<Verdict> {
  const between = await tryStart(setting);
  if (!(between instanceof StartFailed)) await between.end('SIGKILL');
  return mute(between);
}

/** Drafts, and keys that were replaced. */
function keyFilesLeft({ home }: Setting): readonly string[] {
  return ['keys', 'vault']
    .flatMap((dir) => readdirSync(join(home, dir), { recursive: true }).map(String))
    .filter((name) => /(^|\/)(key|master\.key|secrets\.sealed)\.(next|former)/.test(name));
}

interface Command {
  readonly code: number | null;
  readonly fired: boolean;
  readonly said: string;
}

/** As an operator runs it, with the fault already in. */
async function sluice(
  { home, runDir, tmpDir }: Setting,
  command: readonly string[],
  order: Order | null,
): Promise<Command> {
  const { PATH = '' } = process.env;
  const env = { PATH, TMPDIR: tmpDir, NODE_COMPILE_CACHE: COMPILED, SLUICE_HOME: home, SLUICE_RUN_DIR: runDir };
  const child = spawn(process.execPath, ['--import', INJECT, SLUICE, ...command], {
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
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, fired: fired || signal === 'SIGKILL', said };
}
