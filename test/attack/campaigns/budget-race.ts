import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readyPlan } from '../../gateway/life/authorise.ts';
import { killProcess, startGatewayProcess } from '../../gateway/life/gateway-process.ts';
import { publish, type RunningGateway, startGateway } from '../../gateway/life/running-gateway.ts';
import { csvOf, P_SCHEMA, peopleOf } from '../attacked-table.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Campaign, CampaignContext, Measured } from './campaign.ts';

/**
 * B16. A plan of a few jobs only, and a hundred requests for it at once by ten accounts, over HTTP to a process that gets
 * SIGKILL at a random moment of each round. Whatever ran, answered or was cut off counts: no more than the limit, ever.
 */

const LIMIT = 40;
const REQUESTS = 100;
const PLAN = 'race';
const SQL = 'SELECT dept, count(*) FROM p GROUP BY dept';

interface Race {
  readonly home: string;
  readonly tokens: readonly string[];
}

async function prepare(): Promise<Race> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-race-'));
  const running = await startGateway(home);
  const table = { schema: P_SCHEMA, csv: csvOf(P_SCHEMA, peopleOf('ordinary')) };
  const { developer, provider, bureau } = await publish(running, table, { plan: 'unlimited' });
  const columns = ['id', 'dept'];
  const facts = {
    title: 'race',
    purpose: 'race',
    class: 'governance',
    validFrom: '2020-01-01',
    validUntil: '2099-12-31',
  };
  const verdict = { verdict: 'approve', comment: '' };
  await running.request(developer, 'POST', '/v1/plans', {
    id: PLAN,
    ...facts,
    jobsMax: LIMIT,
    tables: [{ resource: 'p', columns }],
  });
  for (const token of [provider, bureau]) await running.request(token, 'POST', `/v1/plans/${PLAN}/decisions`, verdict);
  await readyPlan(running, PLAN);
  const others = Array.from({ length: 9 }, (_, i) => running.token('developer', `racer-${i}`, 'linkong-data'));
  const tokens = [developer, ...(await Promise.all(others))];
  await running.stop();
  await rm(running.config.runDir, { recursive: true, force: true });
  return { home, tokens };
}

/** Sends all requests at once; kills the process after a while, or waits for the answers. Returns what was answered. */
async function round({ home, tokens }: Race, killAfterMs: number | null): Promise<number> {
  let child: ChildProcess | undefined;
  try {
    const started = await startGatewayProcess(home, (one) => {
      child = one;
    });
    const requests = Array.from({ length: REQUESTS }, (_, i) => submit(started.url, tokens[i % tokens.length]!));
    if (killAfterMs !== null) await new Promise((resolve) => setTimeout(resolve, killAfterMs));
    if (killAfterMs !== null) await killProcess(started.child);
    return (await Promise.all(requests)).filter((answered) => answered).length;
  } finally {
    if (child?.exitCode === null && child.signalCode === null) await killProcess(child);
  }
}

/** Whether there was an answer with rows; a connection that breaks is none. */
async function submit(url: string, token: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=30' };
  try {
    const response = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ plan: PLAN, sql: SQL }),
    });
    return ((await response.json()) as { result?: unknown }).result !== null && response.status === 200;
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return false;
    throw error;
  }
}

interface Books {
  readonly spent: number;
  readonly reserved: number;
  readonly begun: number;
}

/** What the store says after all: of the budget, and of the jobs themselves. */
async function books({ home, tokens }: Race): Promise<Books> {
  const running = await startGateway(home);
  try {
    const { items } = await readJson<{ items: readonly { plan: string; spent: number; reserved: number }[] }>(
      running,
      tokens[0]!,
      '/v1/budgets',
    );
    const budget = items.find(({ plan }) => plan === PLAN)!;
    let begun = 0;
    for (const token of tokens) {
      for (let path: string | null = '/v1/jobs?limit=200'; path !== null; ) {
        const page: { items: readonly { plan: string; startedAt: string | null }[]; next: string | null } =
          await readJson(running, token, path);
        begun += page.items.filter(({ plan, startedAt }) => plan === PLAN && startedAt !== null).length;
        path = page.next === null || page.next === undefined ? null : `/v1/jobs?limit=200&cursor=${page.next}`;
      }
    }
    return { spent: budget.spent, reserved: budget.reserved, begun };
  } finally {
    await running.stop();
    await rm(running.config.runDir, { recursive: true, force: true });
  }
}

async function readJson<T>(running: RunningGateway, token: string, path: string): Promise<T> {
  return (await (await running.request(token, 'GET', path)).json()) as T;
}

/** A ledger that looks, waits for its disk and then writes. */
async function naiveLedger(random: SeededRandom): Promise<number> {
  let spent = 0;
  const reserve = async () => {
    if (spent >= LIMIT) return false;
    await new Promise((resolve) => setTimeout(resolve, random.below(5)));
    spent += 1;
    return true;
  };
  await Promise.all(Array.from({ length: REQUESTS }, reserve));
  return spent - LIMIT;
}

export const BUDGET_RACE_CAMPAIGN: Campaign = {
  id: 'B16',
  name: 'budget race: 100 requests at once, kill -9 at random moments',
  metric: 'jobs beyond the limit',
  modes: ['mode-free'],
  bar: { side: 'most', value: 0 },
  controlBar: { side: 'least', value: 1 },
  async attack({ tiny, random }: CampaignContext): Promise<Measured> {
    const fork = random.fork('race');
    const race = await prepare();
    try {
      const kills = Array.from({ length: tiny ? 1 : 6 }, () => 20 + fork.below(400));
      let answered = 0;
      for (const killAfterMs of [...kills, null]) answered += await round(race, killAfterMs);
      const { spent, reserved, begun } = await books(race);
      const measured = Math.max(0, spent + reserved - LIMIT, begun - LIMIT, answered - LIMIT, begun - spent - reserved);
      return {
        measured,
        detail: { limit: LIMIT, requests: REQUESTS * (kills.length + 1), answered, begun, spent, reserved, kills },
      };
    } finally {
      await rm(race.home, { recursive: true, force: true });
    }
  },
  control: async ({ random }) => ({ measured: await naiveLedger(random.fork('naive')) }),
};
