import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assemble, type Gateway } from '../gateway/assemble.ts';
import { readConfig } from '../gateway/config.ts';
import { type Caller, openEmbeddedIssuer } from '../gateway/identity/index.ts';
import { batchOfPlan, seedHome } from '../gateway/seed-home.ts';

/** Load under which something is closed: jobs without an end, and short ones as fast as they are answered. */

export type Ask = (method: string, path: string, body?: object) => Promise<Response>;

const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, n) => `(${n})`).join(', ')})`;
export const ENDLESS = `SELECT count(*) FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${HUNDRED} ${name}(n)`).join(', ')}
  WHERE a.n + b.n + c.n + d.n + e.n > f.n`;
/** Over the plan of farms. */
export const SHORT = 'SELECT product_code, sum(output_kg) AS kg FROM crop GROUP BY product_code';
/** Another question each time: it waits for a worker, where a repeated one is answered from what was released. */
const another = (n: number) =>
  `SELECT product_code, count(*) AS n, sum(output_kg) AS kg FROM crop WHERE area_mu > ${n % 97}.${n % 89} GROUP BY product_code`;
/** Clients with short jobs beside the endless ones: these repeat a question and are answered at once. */
const REPEATING = 8;

/** The plan of farms, small, on a gateway and a home that are gone afterwards. */
export const SEEDED = 'plan-demo-farms';
export async function onSeededGateway<T>(work: (gateway: Gateway, home: string) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const config = readConfig({ SLUICE_HOME: home, SLUICE_SCALE: '0.002' });
  const fail = (error: unknown) => {
    throw error;
  };
  const events = { sandbox: () => undefined, bug: (_reference: string, error: unknown) => fail(error), fatal: fail };
  const gateway = await assemble(config, 'bench', events);
  try {
    await seedHome(gateway, config, () => undefined, batchOfPlan(SEEDED));
    return await work(gateway, home);
  } finally {
    await gateway.close();
    for (const folder of [home, config.runDir]) await rm(folder, { recursive: true, force: true });
  }
}

/** Those who ask: requests with tokens, to the app. */
export async function openAskers(gateway: Gateway, home: string): Promise<(caller: Caller) => Promise<Ask>> {
  const issuer = await openEmbeddedIssuer({ home, production: false, audience: 'sluice', clock: () => new Date() });
  return async (caller) => {
    const token = await issuer.issue(caller);
    return (method, path, body) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=30' };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      return Promise.resolve(gateway.app.request(path, { method, headers, ...sent }));
    };
  };
}

/**
 * Endless jobs of every developer, and short ones until one is refused. A result after the closing was answered fails the bench.
 *
 * @param closedAt when it was answered; infinite before.
 * @param anew how many clients besides ask new questions, which wait in the queue.
 * @returns once every one of them has ended.
 */
export async function loadUntilClosed(
  developers: readonly Ask[],
  plan: string,
  closedAt: () => number,
  anew = 0,
): Promise<{ readonly ended: Promise<unknown> }> {
  const ended = [
    ...developers.map((ask) => ask('POST', '/v1/jobs', { plan, sql: ENDLESS })),
    ...Array.from({ length: REPEATING + anew }, (_, n) =>
      shortJobs(developers[n % developers.length] as Ask, plan, closedAt, n < REPEATING ? () => SHORT : another),
    ),
  ];
  await sleep(1_000);
  return { ended: Promise.all(ended) };
}

let asked = 0;

async function shortJobs(ask: Ask, plan: string, closedAt: () => number, sqlOf: (n: number) => string): Promise<void> {
  for (;;) {
    asked += 1;
    const answer = await ask('POST', '/v1/jobs', { plan, sql: sqlOf(asked) });
    const receivedAt = performance.now();
    const body = (await answer.json()) as { readonly result?: unknown };
    const isReleased = answer.status === 200 && body.result !== null && body.result !== undefined;
    if (isReleased && receivedAt > closedAt()) throw new Error('a result left after the closing was answered');
    if (!isReleased) return;
  }
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN) * 10) / 10;
}
