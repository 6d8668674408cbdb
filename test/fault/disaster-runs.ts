import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { ENDLESS, startLoad } from './clients.ts';
import { damage, fillDisk } from './disasters.ts';
import { type FaultyGateway, StartFailed } from './faulty-gateway.ts';
import { endGateway, type Life, openLife, startAndJudge, tryStart, underLoad } from './life.ts';
import type { Disaster } from './plan-runs.ts';
import { Promises } from './promises.ts';
import type { Setting } from './setting.ts';
import { orderAndWait, type Struck } from './strikes.ts';
import { joined, judgeFolders, type Verdict } from './verdict.ts';

const DAY_MS = 86_400_000;
/** Longest that the load goes on after the disaster. */
const GOES_ON_MS = 3_000;

/** A disaster comes over a gateway at work, or over its files; it is dead afterwards. */
export async function disasterRun(disaster: Disaster, life: Life, gateway: FaultyGateway): Promise<Struck> {
  const load = await underLoad(life, gateway);
  const goOn = async (happened: boolean): Promise<Struck> => {
    await load.results(10, GOES_ON_MS);
    const stopped = !gateway.isAlive();
    return { happened, stopped, found: await endGateway(life, gateway, load, 'SIGKILL') };
  };
  switch (disaster) {
    case 'clock set back a day':
      return goOn(await orderAndWait(gateway, { kind: 'clock', jumpMs: -DAY_MS }));
    case 'clock set forward a year':
      return goOn(await orderAndWait(gateway, { kind: 'clock', jumpMs: 365 * DAY_MS }));
    case 'memory bomb in a worker':
      return goOn(await memoryBomb(life.setting, gateway));
    case 'disk full':
      await endGateway(life, gateway, load, 'SIGKILL');
      return diskFull(life.random);
    default: {
      const ended = await endGateway(life, gateway, load, life.random() < 0.5 ? 'SIGTERM' : 'SIGKILL');
      const struck = await damaged(disaster, life);
      return { ...struck, found: joined(ended, struck.found) };
    }
  }
}

/** A job that wants more than a worker may have. */
async function memoryBomb(setting: Setting, { url }: FaultyGateway): Promise<boolean> {
  const token = await setting.token('developer', 'greedy', 'linkong-data');
  const [, from = ''] = /FROM ([\s\S]*)\n/.exec(ENDLESS) ?? [];
  const sql = `SELECT count(*) FROM (SELECT DISTINCT a.n AS a, b.n AS b, c.n AS c, d.n AS d, e.n AS e FROM ${from}) t`;
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=60' },
    body: JSON.stringify({ plan: 'stops', sql }),
  });
  return ((await response.json()) as { code?: string }).code === 'SANDBOX_MEMORY';
}

/**
 * Damaged files: the gateway starts and refuses what stands on them, or does not start and says why. Whatever it does, it gives
 * nobody anything false; and with the file back in its place all is as before.
 */
async function damaged(disaster: Disaster, { setting, promises, random }: Life): Promise<Struck> {
  const done = damage(disaster, setting, random);
  if (done === null) return { happened: false, stopped: false, found: {} };
  const met = new Promises();
  const started = await tryStart(setting);
  const stopped = started instanceof StartFailed;
  if (!stopped) {
    const load = await startLoad(setting, started.url, met, Math.floor(random() * 2 ** 31));
    await load.results(6, GOES_ON_MS);
    await started.end('SIGKILL');
    await load.stop();
  }
  done.undo();
  if (!done.isUndoneAsAWhole) adopt(promises, met);
  promises.wrong.push(...met.wrong);
  const taken = disaster === 'older store alone' && !stopped ? ['a store that is older than its vault was taken'] : [];
  return { happened: true, stopped, found: joined(mute(started), { broken_promises: taken }) };
}

/** A start that was refused has to say why. */
export function mute(started: FaultyGateway | StartFailed): Verdict {
  if (!(started instanceof StartFailed) || started.message.includes('sluice: ')) return {};
  return { broken_promises: [`says nothing of use: ${started.message}`] };
}

function adopt(promises: Promises, met: Promises): void {
  for (const [job, result] of met.results) promises.results.set(job, result);
  for (const job of met.jobs) promises.jobs.add(job);
  for (const id of met.withdrawn) promises.withdrawn.add(id);
  promises.uploaded = met.uploaded ?? promises.uploaded;
  promises.freeze = { state: 'unknown', id: null };
}

const SMALL_DISK = '48m';

/** A home on a small disk that fills up under load; it is emptied, and all goes on. */
async function diskFull(random: () => number): Promise<Struck> {
  if (process.getuid?.() !== 0) {
    console.log('disk full is not tried: it takes root to mount a small disk');
    return { happened: false, stopped: false, found: {} };
  }
  const disk = mkdtempSync('/dev/shm/sluice-fault-disk-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK},mode=700`, 'tmpfs', disk]);
  const life = await openLife(random, `${disk}/home`);
  try {
    const full = await fillUnderLoad(life, disk);
    const onFull = await tryStart(life.setting); // may be refused, with words
    if (!(onFull instanceof StartFailed)) await onFull.end('SIGKILL');
    rmSync(full.ballast);
    const after = await startAndJudge(life, false);
    await after.gateway?.end('SIGKILL');
    return { happened: true, stopped: full.stopped, found: joined(full.found, mute(onFull), after.found) };
  } finally {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
    await life.setting.remove();
  }
}

async function fillUnderLoad(life: Life, disk: string) {
  const gateway = await tryStart(life.setting);
  if (gateway instanceof StartFailed) throw gateway;
  const load = await underLoad(life, gateway);
  const ballast = fillDisk(disk);
  await load.results(10, GOES_ON_MS);
  const stopped = !gateway.isAlive();
  await gateway.end('SIGKILL');
  await load.stop();
  return { ballast, stopped, found: judgeFolders(life.setting.home) };
}
