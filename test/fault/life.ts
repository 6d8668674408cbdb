import { setTimeout as sleep } from 'node:timers/promises';
import { type Load, startLoad } from './clients.ts';
import { type FaultyGateway, StartFailed, startFaulty } from './faulty-gateway.ts';
import { Promises } from './promises.ts';
import { makeSetting, type Setting } from './setting.ts';
import { joined, judgeFolders, judgeGateway, judgeHome, type Verdict } from './verdict.ts';

/** One home through many lives of its gateway, with what its clients know. */
export interface Life {
  readonly setting: Setting;
  readonly promises: Promises;
  readonly random: () => number;
}

export async function openLife(random: () => number, homeIn?: string): Promise<Life> {
  return { setting: await makeSetting(homeIn), promises: new Promises(), random };
}

const RESULTS_MS_MAX = 30_000;

/** Everybody at work, and some jobs answered. */
export async function underLoad({ setting, promises, random }: Life, { url }: FaultyGateway): Promise<Load> {
  const load = await startLoad(setting, url, promises, Math.floor(random() * 2 ** 31));
  await load.results(1 + Math.floor(random() * 5), RESULTS_MS_MAX);
  return load;
}

/** What a gateway ends itself with when its disk can no longer be believed: as after a crash, the next start cleans up. */
const EXIT_FATAL = 2;

/**
 * Ends a gateway and looks at what lies there at once: after an end in order, in its run folder too.
 *
 * @param mayEndItself something was done to it for which it may do so meanwhile.
 */
export async function endGateway(
  { setting: { home, runDir, tmpDir } }: Life,
  gateway: FaultyGateway,
  load: Load,
  signal: 'SIGTERM' | 'SIGKILL',
  mayEndItself = false,
): Promise<Verdict> {
  const wasAlive = gateway.isAlive();
  const code = await gateway.end(signal);
  await load.stop();
  const inOrder = signal === 'SIGTERM' && wasAlive && !(mayEndItself && code === EXIT_FATAL);
  const ended: Verdict = inOrder && code !== 0 ? { broken_promises: [`SIGTERM: exit code ${code}`] } : {};
  return joined(ended, judgeFolders(home, tmpDir, ...(inOrder ? [runDir] : [])));
}

/** The normal start, and what the gateway that has started again and its home look like. */
export async function startAndJudge(
  { setting, promises }: Life,
  withFaults: boolean,
): Promise<{ readonly gateway: FaultyGateway | null; readonly found: Verdict }> {
  const gateway = await tryStart(setting, withFaults);
  if (gateway instanceof StartFailed) return { gateway: null, found: { failed_restarts: [gateway.message] } };
  const { home, runDir, tmpDir } = setting;
  const open = judgeFolders(home, runDir, tmpDir);
  return {
    gateway,
    found: joined(open, judgeHome(setting, promises), await judgeGateway(setting, gateway.url, promises)),
  };
}

/** A start that may be refused. */
export async function tryStart(
  setting: Setting,
  withFaults = false,
  killed?: AbortSignal,
): Promise<FaultyGateway | StartFailed> {
  try {
    return await startFaulty(setting, withFaults, killed);
  } catch (error) {
    if (error instanceof StartFailed) return error;
    throw error;
  }
}

/** What is left of a gateway has time to answer, or to end itself. */
export const aftermath = (random: () => number): Promise<void> => sleep(400 * random());
