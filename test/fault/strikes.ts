import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultyGateway } from './faulty-gateway.ts';
import { aftermath, endGateway, type Life, tryStart, underLoad } from './life.ts';
import type { Run } from './plan-runs.ts';
import type { Order } from './steps.ts';
import type { Verdict } from './verdict.ts';

/** What became of a run, before the gateway is started again. */
export interface Struck {
  /** Whether what was ordered happened: a run in which it did not shows nothing. */
  readonly happened: boolean;
  /** Whether the gateway ended by itself. */
  readonly stopped: boolean;
  readonly found: Verdict;
}

type FaultRun = Exclude<Run, { kind: 'disaster' }>;
const HAPPENS_MS_MAX = 90_000;

/** Something fails, lies or is killed in a gateway at work; it is dead afterwards. */
export async function strikeGateway(run: FaultRun, life: Life, gateway: FaultyGateway): Promise<Struck> {
  const { random } = life;
  const load = await underLoad(life, gateway);
  const happened = await strike(run, gateway, random);
  await aftermath(random);
  const stopped = !gateway.isAlive();
  // Half of those that go on are ended in order: then nothing may lie open, at once.
  const isKill = run.kind === 'kill' || run.kind === 'kill-start';
  const found = await endGateway(
    life,
    gateway,
    load,
    isKill || random() < 0.5 ? 'SIGKILL' : 'SIGTERM',
    run.kind === 'step',
  );
  if (run.kind === 'kill-start') await killDuringStart(life);
  return { happened, stopped, found };
}

async function strike(run: FaultRun, gateway: FaultyGateway, random: () => number): Promise<boolean> {
  switch (run.kind) {
    case 'step': {
      const { isPersisted, code } = run;
      const nth = 1 + Math.floor(random() * 2);
      return orderAndWait(gateway, { kind: 'fail', seam: run.step.seam, nth, isPersisted, code });
    }
    case 'lie':
      return orderAndWait(gateway, { kind: 'lie', lie: run.lie, nth: 1 + Math.floor(random() * 4) });
    case 'kill-workers':
      return killWorkers(gateway, random);
    case 'kill':
    case 'kill-start':
      await sleep(300 * random());
      return true;
  }
}

/** Whether it happened. */
export async function orderAndWait(gateway: FaultyGateway, order: Order): Promise<boolean> {
  gateway.order(order);
  return gateway.fired(HAPPENS_MS_MAX);
}

/** A second crash while it mends the first. */
async function killDuringStart({ setting, random }: Life): Promise<void> {
  const started = await tryStart(setting, false, AbortSignal.timeout(Math.floor(3_000 * random())));
  if ('end' in started) await started.end('SIGKILL');
}

/** Some of them, busy or not, in some rounds. */
async function killWorkers({ child }: FaultyGateway, random: () => number): Promise<boolean> {
  let killed = 0;
  for (let round = 0; round < 4; round += 1) {
    for (const pid of childrenOf(child.pid ?? 0)) {
      if (random() < 0.6 && kill(pid)) killed += 1;
    }
    await sleep(200 * random());
  }
  return killed > 0;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false; // ended meanwhile
    throw error;
  }
}

function childrenOf(pid: number): readonly number[] {
  const children = `/proc/${pid}/task/${pid}/children`;
  return readFileSync(children, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}
