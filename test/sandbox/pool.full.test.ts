import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError, ROW_KEY_COLUMN } from '#policies';
import { startCommand } from '../../sandbox/isolation/spawn.ts';
import type { EngineSession, SandboxJob } from '../../sandbox/job-session.ts';
import { openChannel, WorkerGone } from '../../sandbox/worker-channel.ts';
import { familyOf } from './process-family.ts';
import { asEmitted, openFixture, PEOPLE, type SandboxFixture, WAGES } from './sandbox-fixture.ts';

let fixture: SandboxFixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

const jobOf = (analyst: string, rest: Partial<SandboxJob> = {}): SandboxJob => ({
  id: `job-${analyst}`,
  analyst,
  tables: [PEOPLE],
  deadlineMs: 20_000,
  ...rest,
});
const ask = (sql: string) => (session: EngineSession) => session.query(asEmitted(sql));
const countPeople = ask('SELECT count(*) FROM "people@1"');
const ENDLESS =
  'SELECT count(*) FROM range(100000) a(i), range(100000) b(j), range(100000) c(k) WHERE i * j % 7 = k % 3';
/** Does not look at the interrupt for minutes: DuckDB asks only between vectors of 2,048 rows. */
const DEAF = "SELECT sum(levenshtein(repeat('a' || i, 5000), repeat('b' || i, 5000))) FROM range(2000) t(i)";

test.each([
  ['an endless join', ENDLESS],
  ['one that is deaf to the interrupt', DEAF],
])('deadline: %s ends as SANDBOX_TIMEOUT, and the pool is whole', async (_, sql) => {
  const sandbox = await fixture.open({ memoryMbMax: 1_024 });
  const job = jobOf('ada', { deadlineMs: 300 });
  await expect(sandbox.run(job, ask(sql))).rejects.toMatchObject({
    code: 'SANDBOX_TIMEOUT',
    facts: { deadlineMs: 300 },
  });
  await expect(sandbox.run(job, ask(sql))).rejects.toMatchObject({ code: 'SANDBOX_TIMEOUT' }); // and the same once more
  expect((await sandbox.run(jobOf('ada'), countPeople)).values).toEqual([[1000n]]);
  expect((await sandbox.run(jobOf('bob'), countPeople)).values).toEqual([[1000n]]);
  await expect.poll(() => sandbox.stats().busy, { timeout: 5_000 }).toBe(0);
});

test.each([
  ['a long list', 'SELECT sum(len(list_transform(range(i, i + 30000000), x -> x + i))) FROM range(3) t(i)'],
  ['a long string', "SELECT length(repeat('x', 2000000000) || repeat('y', 2000000000))"],
  ['many groups', 'SELECT count(*) FROM (SELECT DISTINCT hash(i) FROM range(200000000) t(i))'],
  [
    'a wide sort',
    "SELECT max(r) FROM (SELECT row_number() OVER (ORDER BY hash(i)) r, repeat('x', 100) || i FROM range(50000000) t(i))",
  ],
])('memory: %s ends as SANDBOX_MEMORY, and the pool is whole', async (_, sql) => {
  const sandbox = await fixture.open({ memoryMbMax: 256 });
  const failed = await sandbox.run(jobOf('ada', { deadlineMs: 30_000 }), ask(sql)).catch((reason: unknown) => reason);
  expect(failed).toMatchObject({ code: 'SANDBOX_MEMORY', facts: { limitMb: 256 } });
  expect((await sandbox.run(jobOf('ada'), countPeople)).values).toEqual([[1000n]]);
});

test('workers that are stopped, neither dead nor answering, cost a job its deadline each, and the pool is whole', async () => {
  const sandbox = await fixture.open();
  await sandbox.run(jobOf('ada'), countPeople);
  // WHY: one that is stopped while it starts is given up after two minutes only.
  await vi.waitFor(() => expect(sandbox.stats()).toMatchObject({ idle: sandbox.stats().workers }), { timeout: 30_000 });
  const stopped = sandbox.pids().flatMap(familyOf);
  for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  const refusals: unknown[] = [];
  for (let answered = false; !answered && refusals.length < 20; ) {
    answered = await sandbox.run(jobOf('ada', { deadlineMs: 2_000 }), countPeople).then(
      () => true,
      (reason: unknown) => !refusals.push(reason),
    );
  }
  expect(refusals.length).toBeGreaterThan(0);
  for (const reason of refusals) expect(reason).toMatchObject({ code: 'SANDBOX_TIMEOUT' });
  expect((await sandbox.run(jobOf('ada'), countPeople)).values).toEqual([[1000n]]);
});

test('a process that does not come up is given up', async () => {
  const child = startCommand({ program: '/bin/sleep', args: ['60'], env: {} });
  const channel = openChannel(child, () => null, 50);
  await expect(channel.ready).rejects.toBeInstanceOf(WorkerGone);
  await channel.ended;
});

test('kill -9 of every process in the middle of jobs: the jobs fail, later ones do not', async () => {
  const sandbox = await fixture.open();
  const running = ['ada', 'bob'].map((analyst) => sandbox.run(jobOf(analyst), ask(ENDLESS)));
  const outcomes = Promise.allSettled(running);
  await expect.poll(() => sandbox.stats().busy, { timeout: 10_000 }).toBe(2);
  for (const pid of sandbox.pids()) process.kill(pid, 'SIGKILL');
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SANDBOX_FAILED', facts: {} } });
  }
  expect((await sandbox.run(jobOf('ada'), countPeople)).values).toEqual([[1000n]]);
  expect(await sandbox.parse('SELECT 1' as never)).toContain('"error":false');
  expect(fixture.events).toContainEqual({ kind: 'worker-ended', reason: 'crashed' });
});

test('expel: the workers of one analyst are dead, busy and deaf or idle, and no other is', async () => {
  const sandbox = await fixture.open();
  await sandbox.run(jobOf('bob'), countPeople);
  const controller = new AbortController();
  const frozen = new AppError('POLICY_FROZEN', { scope: 'developer' });
  const running = sandbox
    .run(jobOf('ada', { signal: controller.signal }), ask(DEAF))
    .catch((reason: unknown) => reason);
  await expect.poll(() => sandbox.stats().busy, { timeout: 20_000 }).toBe(1);
  const before = sandbox.pids();
  controller.abort(frozen);
  expect(await sandbox.expel(({ analyst }) => analyst === 'ada')).toBe(1);
  expect(await running).toBe(frozen);
  expect(before.filter((pid) => !existsSync(`/proc/${pid}`))).toHaveLength(1);
  expect(await sandbox.expel(({ holds }) => holds(WAGES.resource))).toBe(0);
  expect(await sandbox.expel(({ analyst, holds }) => analyst === 'bob' && holds(PEOPLE.resource))).toBe(1);
  expect((await sandbox.run(jobOf('ada'), countPeople)).values).toEqual([[1000n]]);
});

test('an abort ends a running job and a waiting one with the reason of the signal', async () => {
  const sandbox = await fixture.open({ workers: 1 });
  const controller = new AbortController();
  const running = sandbox.run(jobOf('ada', { signal: controller.signal }), ask(ENDLESS));
  const waiting = sandbox.run(jobOf('bob', { signal: controller.signal }), countPeople);
  const outcomes = Promise.allSettled([running, waiting]);
  await expect.poll(() => sandbox.stats(), { timeout: 10_000 }).toMatchObject({ busy: 1, queued: 1 });
  controller.abort(new Error('the client left'));
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'the client left' } });
  }
  await expect(sandbox.run(jobOf('ada', { signal: controller.signal }), countPeople)).rejects.toThrow(
    'the client left',
  );
  expect((await sandbox.run(jobOf('ada'), countPeople)).values).toEqual([[1000n]]);
  expect(sandbox.stats().queued).toBe(0);
});

test('turns: one analyst’s long line does not hold up another’s job', async () => {
  const sandbox = await fixture.open({ workers: 1 });
  await sandbox.run(jobOf('flood'), countPeople);
  const spareReady = () => fixture.events.filter(({ kind }) => kind === 'worker-ready').length >= 2;
  await expect.poll(spareReady, { timeout: 10_000 }).toBe(true);
  const order: string[] = [];
  const work = (name: string) => async (session: EngineSession) => {
    await countPeople(session);
    order.push(name);
  };
  const jobs = Array.from({ length: 20 }, () => sandbox.run(jobOf('flood'), work('flood')));
  jobs.push(sandbox.run(jobOf('ada'), work('ada')));
  await Promise.all(jobs);
  expect(order.indexOf('ada')).toBeLessThanOrEqual(2); // behind the one that runs, and one turn
});

test('a full queue refuses with the time to come back', async () => {
  const sandbox = await fixture.open({ workers: 1, limits: { queueMax: 4, queuePerAnalystMax: 3 } });
  const controller = new AbortController();
  const jobs = Array.from({ length: 6 }, () => sandbox.run(jobOf('ada', { signal: controller.signal }), ask(ENDLESS)));
  const outcomes = Promise.allSettled(jobs);
  await expect.poll(() => sandbox.stats(), { timeout: 10_000 }).toMatchObject({ queued: 3 });
  controller.abort(new Error('enough'));
  const reasons = (await outcomes).flatMap((one) => (one.status === 'rejected' ? [one.reason as AppError] : []));
  const busy = reasons.filter((reason) => reason.code === 'SANDBOX_BUSY');
  expect(busy.length).toBeGreaterThanOrEqual(2);
  expect(busy[0]?.facts['retryAfterSeconds']).toBeGreaterThanOrEqual(1);
});

test('analysts never share a process; an analyst keeps one', async () => {
  const sandbox = await fixture.open({ workers: 2 });
  // What a process remembers: every connection of it draws numbers from one counter of its own.
  const whichProcess = ask(
    "SELECT database_oid FROM duckdb_databases() WHERE NOT internal AND database_name LIKE 'segment%'",
  );
  const dirsBefore = new Set<string>();
  const seen = new Map<string, Set<string>>();
  for (const analyst of ['ada', 'bob', 'ada', 'cyd', 'bob', 'ada']) {
    await sandbox.run(jobOf(analyst), async (session) => {
      await whichProcess(session);
      const dirs = await occupiedDirs(fixture.runDir);
      for (const dir of dirs) if (!dirsBefore.has(dir)) seen.set(analyst, (seen.get(analyst) ?? new Set()).add(dir));
      for (const dir of dirs) dirsBefore.add(dir);
    });
  }
  expect([...seen.values()].map((dirs) => dirs.size)).toEqual([1, 1, 1]);
  expect(new Set([...seen.values()].flatMap((dirs) => [...dirs])).size).toBe(3);
});

test('a job sees the versions and columns of its own grant only, also after another grant of the same analyst', async () => {
  const sandbox = await fixture.open();
  await sandbox.run(jobOf('ada', { tables: [WAGES] }), ask('SELECT sum(amount) FROM "wages@1"'));
  for (const sql of ['SELECT * FROM "wages@1"', 'SELECT secret FROM "people@1"']) {
    await expect(sandbox.run(jobOf('ada'), ask(sql))).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
  }
  const narrow = jobOf('ada', { tables: [{ ...PEOPLE, columns: ['dept'] }] });
  await expect(sandbox.run(narrow, ask('SELECT id FROM "people@1"'))).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
  // Control: with the grant it works.
  const both = jobOf('ada', { tables: [PEOPLE, WAGES] });
  const joined = await sandbox.run(both, ask('SELECT count(*) FROM "people@1" JOIN "wages@1" USING (id)'));
  expect(joined.values).toEqual([[100n]]);
});

test('many grants in turn: the oldest is let go, its files with it', async () => {
  const sandbox = await fixture.open({ workers: 1 });
  const columns = [['id'], ['dept'], ['secret'], ['id', 'dept'], ['id', 'secret'], ['dept', 'secret']];
  const grants = columns.flatMap((list) => [[{ ...PEOPLE, columns: list }], [{ ...PEOPLE, columns: list }, WAGES]]);
  for (const tables of [...grants, ...grants]) {
    const table = await sandbox.run(jobOf('ada', { tables }), ask('SELECT * FROM "people@1" LIMIT 1'));
    expect(table.columns.map(({ name }) => name)).toEqual([...[...(tables[0]?.columns ?? [])].sort(), ROW_KEY_COLUMN]);
  }
  expect(await occupiedFiles(fixture.runDir)).toBe(4 * 2 + 4 * 3); // the last eight grants, of two and of three segments
});

test('a version that is forgotten leaves no plain copy', async () => {
  const sandbox = await fixture.open();
  await sandbox.run(jobOf('ada'), countPeople);
  expect(await occupiedFiles(fixture.runDir)).toBe(2);
  await sandbox.forget('people', 1);
  expect(await occupiedFiles(fixture.runDir)).toBe(0);
  await fixture.vault.destroy('people', 1);
  await expect(sandbox.run(jobOf('ada'), countPeople)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
  expect((await sandbox.run(jobOf('ada', { tables: [WAGES] }), ask('SELECT 1'))).values).toEqual([[1n]]);
});

test('work that throws gives its own error and its worker back; a session ends with its job', async () => {
  const sandbox = await fixture.open({ workers: 1 });
  let kept: EngineSession | null = null;
  const work = async (session: EngineSession) => {
    kept = session;
    void countPeople(session).catch(() => undefined);
    void session.query(asEmitted(ENDLESS)).catch(() => undefined); // still running when the work ends
    throw new AppError('POLICY_ROWS_REFUSED', { mode: 'aggregate' });
  };
  await expect(sandbox.run(jobOf('ada'), work)).rejects.toMatchObject({ code: 'POLICY_ROWS_REFUSED' });
  expect((await sandbox.run(jobOf('ada'), countPeople)).values).toEqual([[1000n]]);
  expect(() => kept?.query(asEmitted('SELECT 1'))).toThrow('a session is used during its job only');
});

test('a hundred jobs of ten analysts at once all succeed', async () => {
  const sandbox = await fixture.open({ workers: 2 });
  const jobs = Array.from({ length: 100 }, (_, index) =>
    sandbox.run(jobOf(`analyst-${String(index % 10)}`), countPeople),
  );
  for (const table of await Promise.all(jobs)) expect(table.values).toEqual([[1000n]]);
  expect(sandbox.stats().workers).toBeLessThanOrEqual(12);
});

test('more analysts than processes: the longest idle makes room', async () => {
  const sandbox = await fixture.open({ workers: 1, limits: { processesMax: 2, sparesMin: 1 } });
  for (const analyst of ['a', 'b', 'c', 'd', 'a']) {
    expect((await sandbox.run(jobOf(analyst), countPeople)).values).toEqual([[1000n]]);
  }
  expect(fixture.events).toContainEqual({ kind: 'worker-ended', reason: 'evicted' });
});

test('no engine text and no value leaves with an error', async () => {
  const sandbox = await fixture.open({ tier: 'none' });
  const leak = 'SELECT CAST(secret AS INT) FROM "people@1" WHERE id = 7';
  const job = jobOf('ada', { tables: [{ ...PEOPLE, columns: ['id', 'secret'] }] });
  const error = await sandbox.run(job, ask(leak)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AppError);
  const { code, facts, message, stack } = error as AppError;
  expect({ code, facts, message }).toEqual({ code: 'SANDBOX_FAILED', facts: {}, message: 'SANDBOX_FAILED' });
  expect(stack).not.toContain('canary');
  expect(JSON.stringify(fixture.events)).not.toContain('canary');
  // Control: the engine itself does print the value.
  const control = await sandbox.run(job, ask('SELECT secret FROM "people@1" WHERE id = 7'));
  expect(control.values).toEqual([['canary-7']]);
});

test('closing refuses what waits, ends every process and empties its folder', async () => {
  const sandbox = await fixture.open({ workers: 1 });
  const outcomes = Promise.allSettled([
    sandbox.run(jobOf('ada'), ask(ENDLESS)),
    sandbox.run(jobOf('bob'), countPeople),
  ]);
  await expect.poll(() => sandbox.stats(), { timeout: 10_000 }).toMatchObject({ busy: 1, queued: 1 });
  await sandbox.close();
  const codes = (await outcomes).map((one) => (one.status === 'rejected' ? (one.reason as AppError).code : 'ok'));
  expect(codes).toEqual(['SANDBOX_FAILED', 'SANDBOX_BUSY']);
  expect(await readdir(fixture.runDir)).not.toContain('workers');
  await expect(sandbox.run(jobOf('ada'), countPeople)).rejects.toMatchObject({ code: 'SANDBOX_BUSY' });
});

async function occupiedDirs(runDir: string): Promise<string[]> {
  const workers = join(runDir, 'workers');
  const occupied: string[] = [];
  for (const dir of await readdir(workers)) if ((await readdir(join(workers, dir))).length > 0) occupied.push(dir);
  return occupied;
}

async function occupiedFiles(runDir: string): Promise<number> {
  const workers = join(runDir, 'workers');
  let files = 0;
  for (const dir of await readdir(workers)) files += (await readdir(join(workers, dir))).length;
  return files;
}
