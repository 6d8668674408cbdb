/**
 * Goal: a gateway that is killed while private jobs run has, when it starts again, charged all that was released and all that had begun,
 * and never more than the budget.
 * Method: a hundred requests at once by ten people over HTTP to a process that gets SIGKILL once a random number of them is answered, five times, with budgets
 * that run out meanwhile; then the books are held against the log, the register and what was answered. Control: jobs were cut off.
 */
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuditEntry, entryCount, readEntries } from '../../../catalog/index.ts';
import { DEFAULT_PROFILE } from '../../../policies/index.ts';
import { killProcess, startGatewayProcess } from './gateway-process.ts';
import { PEOPLE, PRIVATE_PEOPLE_SCHEMA, peopleCsv } from './people.ts';
import { publish, type RunningGateway, startGateway } from './running-gateway.ts';

const ROUNDS = 5;
const REQUESTS = 100;
const RHO = 0.003;
const PLAN = 'people';

let home: string;
let tokens: readonly string[];
const children: ChildProcess[] = [];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-private-crash-'));
  const first = await startGateway(home);
  await publish(
    first,
    { schema: PRIVATE_PEOPLE_SCHEMA, csv: peopleCsv(PEOPLE) },
    { plan: PLAN, columns: ['dept', 'pay'] },
  );
  tokens = await Promise.all(
    Array.from({ length: 10 }, (_, n) => first.token('developer', `racer-${n}`, 'linkong-data')),
  );
  await first.stop();
  await rm(first.config.runDir, { recursive: true, force: true });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

let asked = 0;
/** Whether the answer came; another question each time. */
async function ask(url: string, token: string): Promise<boolean> {
  asked += 1;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=30' };
  const sql = `SELECT dept, count(*) AS n, ${asked} AS run FROM people GROUP BY dept`;
  try {
    const body = JSON.stringify({ plan: PLAN, sql, options: { privacy: { rho: RHO } } });
    const response = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body });
    return response.status === 200 && ((await response.json()) as { result: unknown }).result !== null;
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return false;
    throw error;
  }
}

/** @param counts which answers count towards the kill: at first those with a result, later refusals too. */
async function round(counts: (came: boolean) => boolean): Promise<number> {
  const { child, url } = await startGatewayProcess(home, (one) => children.push(one));
  // WHY by how many have been answered: a busy machine gets nowhere in a time.
  const enough = Promise.withResolvers<void>();
  let left = randomInt(1, 15);
  const answers = Array.from({ length: REQUESTS }, (_, n) =>
    ask(url, tokens[n % tokens.length]!).then((came) => {
      if (counts(came)) left -= 1;
      if (left === 0) enough.resolve();
      return came;
    }),
  );
  await enough.promise;
  await sleep(randomInt(50));
  await killProcess(child);
  return (await Promise.all(answers)).filter(Boolean).length;
}

interface Charges {
  readonly charges?: readonly { readonly rho: number }[];
}
const chargedIn = ({ budget }: AuditEntry): number =>
  ((budget as Charges | undefined)?.charges ?? []).reduce((sum, { rho }) => sum + rho, 0);

it('holds all that was released and all that had begun, after kill -9 in a race for the last of a budget', async () => {
  let answered = 0;
  for (let n = 0; n < ROUNDS; n += 1) answered += await round((came) => came || n > 0);
  const after = await startGateway(home);
  try {
    const { store } = after.gateway.deps;
    const entries = store.read((db) => readEntries(db, 0, entryCount(db)));
    const intents = entries.filter(({ kind }) => kind === 'intent');
    const begun = intents.reduce((sum, entry) => sum + chargedIn(entry), 0);
    const aborted = entries.filter(({ code }) => code === 'JOB_ABORTED').length;
    const refused = entries.filter(({ code }) => code === 'BUDGET_EXHAUSTED').length;
    const get = async (path: string) =>
      (await (await after.request(tokens[0]!, 'GET', path)).json()) as { items: unknown[] };
    const register = (await get('/v1/privacy-registry?limit=200')).items as { rho: number; job: string }[];
    const released = register.reduce((sum, { rho }) => sum + rho, 0);
    const [budget] = (
      (await get('/v1/budgets')) as unknown as {
        privacy: { everybody: { rho: { spent: number; reserved: number } } }[];
      }
    ).privacy;
    const { spent, reserved } = budget!.everybody.rho;
    console.log(
      `kill -9 × ${ROUNDS}: ${intents.length} begun, ${answered} answered, ${aborted} cut off, ${refused} refused`,
    );
    expect(reserved).toBe(0);
    expect(spent).toBeCloseTo(begun, 8);
    expect(spent).toBeGreaterThanOrEqual(released - 1e-9);
    expect(spent).toBeLessThanOrEqual(DEFAULT_PROFILE.privacyBudgets.organisationRho);
    expect(new Set(register.map(({ job }) => job)).size).toBeGreaterThanOrEqual(answered);
    expect(answered).toBeGreaterThan(0);
    expect(entries.filter(({ kind }) => kind === 'integrity')).toEqual([]); // no account had to be raised
    expect(aborted).toBeGreaterThan(0);
  } finally {
    await after.stop();
    await rm(after.config.runDir, { recursive: true, force: true });
  }
}, 180_000);

it('that was edited in the file is what the log says when the gateway starts', async () => {
  const read = async (gateway: RunningGateway) => {
    const response = await gateway.request(tokens[0]!, 'GET', '/v1/budgets');
    return ((await response.json()) as { privacy: unknown[] }).privacy;
  };
  const before = await startGateway(home);
  const told = await read(before);
  await before.stop();
  await rm(before.config.runDir, { recursive: true, force: true });
  const client = new Database(join(home, 'sluice.db'));
  const { changes } = client
    .prepare("UPDATE ledger_accounts SET spent = spent / 2 WHERE account LIKE 'privacy:%'")
    .run();
  client.exec(`DELETE FROM ledger_reservations; DELETE FROM ledger_accounts WHERE account LIKE '%"analyst"%'`);
  client.close();
  const after = await startGateway(home);
  try {
    expect(await read(after)).toMatchObject(told.map((one) => ({ ...(one as object), forecast: expect.anything() })));
    const { store } = after.gateway.deps;
    const reports = store.read((db) => readEntries(db, 0, entryCount(db))).filter(({ kind }) => kind === 'integrity');
    expect(reports).toHaveLength(changes);
    expect(reports[0]?.note).toContain('held less than the log says');
  } finally {
    await after.stop();
    await rm(after.config.runDir, { recursive: true, force: true });
  }
});
