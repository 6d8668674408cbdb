import { seeded } from './clients.ts';
import { disasterRun } from './disaster-runs.ts';
import { type FaultyGateway, killAll, StartFailed } from './faulty-gateway.ts';
import { type Life, openLife, startAndJudge, tryStart } from './life.ts';
import { isOfCommand, nameOf, planRuns, type Run } from './plan-runs.ts';
import { logKeyRun, rotationRun } from './rotation.ts';
import { removePattern } from './setting.ts';
import { type Struck, strikeGateway } from './strikes.ts';
import { type FaultSummary, type RunFigure, summaryOf } from './summary.ts';
import { joined } from './verdict.ts';

export interface CampaignOptions {
  readonly runs: number;
  readonly seed: number;
  /** Runs whose name has this in it; all of them without. */
  readonly only?: string;
  /** Homes at once; each goes through a part of the runs. */
  readonly lanes?: number;
  /** Figures of an interrupted campaign of the same runs and seed, by their index: these are not run again. */
  readonly done?: ReadonlyMap<number, RunFigure>;
  readonly report: (figure: RunFigure, index: number) => void;
}

/** Runs on one home; then a fresh one, so that one failure does not colour all that follow. */
const RUNS_PER_HOME = 25;

type Planned = readonly [index: number, run: Run];

export async function runFaults(options: CampaignOptions): Promise<FaultSummary> {
  const { runs: count, seed, only = '', lanes = 1, done = new Map<number, RunFigure>(), report } = options;
  const runs = planRuns(count, seed).filter((run) => nameOf(run).includes(only));
  const figures = new Map(done);
  const left = [...runs.entries()].filter(([index]) => !figures.has(index));
  const tell = (figure: RunFigure, index: number) => {
    figures.set(index, figure);
    report(figure, index);
  };
  const lane = async (first: number): Promise<void> => {
    const own = left.filter((_, place) => place % lanes === first);
    while (own.length > 0) await runsOnOneHome(own, seed, tell);
  };
  try {
    await Promise.all(Array.from({ length: lanes }, (_, first) => lane(first)));
  } finally {
    killAll();
    await removePattern();
  }
  return summaryOf(
    runs.map((run, index) => [run, figures.get(index)!]),
    seed,
  );
}

/**
 * Takes runs from the front of `left`, as many as one home is good for. The start after one run is the gateway of the next. Where faults
 * are to be put in, `inject.ts` is loaded with it, which does nothing until it is told to.
 */
async function runsOnOneHome(left: Planned[], seed: number, report: CampaignOptions['report']): Promise<void> {
  const life = await openLife(seeded(seed + left[0]![0]));
  try {
    let gateway: FaultyGateway | null = await firstStart(life, left[0]?.[1]);
    for (let runs = 0; gateway !== null && runs < RUNS_PER_HOME; runs += 1) {
      const next = left.shift();
      if (next === undefined) break;
      const [index, run] = next;
      const before = life.promises.results.size;
      const struck = await strikeWith(run, life, gateway);
      const after = await startAndJudge(life, needsFaults(left[0]?.[1]));
      gateway = after.gateway;
      const results = life.promises.results.size - before;
      report({ run: nameOf(run), ...struck, results, found: joined(struck.found, after.found) }, index);
    }
    await gateway?.end('SIGKILL');
  } finally {
    await life.setting.remove();
  }
}

async function firstStart({ setting }: Life, run: Run | undefined): Promise<FaultyGateway> {
  const started = await tryStart(setting, needsFaults(run));
  if (started instanceof StartFailed) throw started;
  return started;
}

const needsFaults = (run: Run | undefined): boolean =>
  (run?.kind === 'step' && !isOfCommand(run.step)) ||
  run?.kind === 'lie' ||
  (run?.kind === 'disaster' && run.disaster.startsWith('clock'));

function strikeWith(run: Run, life: Life, gateway: FaultyGateway): Promise<Struck> {
  if (run.kind === 'disaster') return disasterRun(run.disaster, life, gateway);
  if (run.kind !== 'step' || !isOfCommand(run.step)) return strikeGateway(run, life, gateway);
  return run.step.part === 'rotation' ? rotationRun(run, life, gateway) : logKeyRun(run, life, gateway);
}
