import { seeded } from './clients.ts';
import { disasterRun } from './disaster-runs.ts';
import { type FaultyGateway, killAll, StartFailed } from './faulty-gateway.ts';
import { type Life, openLife, startAndJudge, tryStart } from './life.ts';
import { nameOf, planRuns, type Run } from './plan-runs.ts';
import { type Struck, strikeGateway } from './strikes.ts';
import { type FaultSummary, type RunFigure, summaryOf } from './summary.ts';
import { joined } from './verdict.ts';

export interface CampaignOptions {
  readonly runs: number;
  readonly seed: number;
  /** Runs whose name has this in it; all of them without. */
  readonly only?: string;
  readonly report: (figure: RunFigure) => void;
}

/** Runs on one home; then a fresh one, so that one failure does not colour all that follow. */
const RUNS_PER_HOME = 40;

export async function runFaults({ runs: count, seed, only = '', report }: CampaignOptions): Promise<FaultSummary> {
  const random = seeded(seed);
  const runs = planRuns(count, seed).filter((run) => nameOf(run).includes(only));
  const figures: RunFigure[] = [];
  let results = 0;
  const tell = (figure: RunFigure) => {
    figures.push(figure);
    report(figure);
  };
  try {
    for (let at = 0; at < runs.length; at += RUNS_PER_HOME) {
      results += await runsOnOneHome(runs.slice(at, at + RUNS_PER_HOME), random, tell);
    }
  } finally {
    killAll();
  }
  return summaryOf(figures, runs, { seed, results });
}

/**
 * The start after one run is the gateway of the next. Where faults are to be put in, `inject.ts` is loaded with it, which does nothing
 * until it is told to.
 *
 * @returns how many results clients got.
 */
async function runsOnOneHome(
  runs: readonly Run[],
  random: () => number,
  report: (figure: RunFigure) => void,
): Promise<number> {
  const life = await openLife(random);
  try {
    let gateway: FaultyGateway | null = await firstStart(life, runs[0]);
    for (const [index, run] of runs.entries()) {
      if (gateway === null) break;
      const struck = await strikeWith(run, life, gateway);
      const next = await startAndJudge(life, needsFaults(runs[index + 1]));
      gateway = next.gateway;
      report({ run: nameOf(run), ...struck, found: joined(struck.found, next.found) });
    }
    await gateway?.end('SIGKILL');
    return life.promises.results.size;
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
  run?.kind === 'step' || run?.kind === 'lie' || (run?.kind === 'disaster' && run.disaster.startsWith('clock'));

function strikeWith(run: Run, life: Life, gateway: FaultyGateway): Promise<Struck> {
  return run.kind === 'disaster' ? disasterRun(run.disaster, life, gateway) : strikeGateway(run, life, gateway);
}
