import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { AppError } from '#policies';
import { findTool } from '../../sandbox/isolation/runtime-files.ts';
import type { IsolationTier } from '../../sandbox/isolation/spawn.ts';
import { readWorkerReply, type WorkerReply, type WorkerRequest } from '../../sandbox/protocol.ts';
import { openChannel } from '../../sandbox/worker-channel.ts';
import { plantFiles, READS, REFUSED_BY_WORKER, WRITES_AND_SETTINGS } from '../sandbox/engine-statements.ts';
import { asEmitted, openFixture, PEOPLE } from '../sandbox/sandbox-fixture.ts';
import { type Attacker, startAttacker } from './attacker.ts';
import { ATTEMPTS, type Attempt } from './attempts.ts';
import { isUntouched, type PlantedGround, plantGround } from './ground.ts';
import { LIES } from './lies.ts';
import { BOMB_NAMES, type BombName } from './taken-over.ts';

/** One attempt in one tier. */
export interface EscapeFigure {
  readonly tier: IsolationTier;
  readonly group: 'code' | 'bomb' | 'children' | 'lie' | 'statement';
  readonly name: string;
  readonly escaped: boolean;
  /** Whether it works with the protection off; null with the reason where that cannot be shown here. */
  readonly control: boolean | null;
  readonly why: string | null;
  /** From SIGKILL to the end, where it had to be killed. */
  readonly killedMs: number | null;
}

export interface EscapeSummary {
  readonly tiers: readonly IsolationTier[];
  readonly attempts: number;
  readonly escaped: number;
  readonly controlsFailing: readonly string[];
  /** Fewest that one tier was put to. */
  readonly attemptsPerTierMin: number;
  /** From the deadline to the end of what had to be killed. */
  readonly killed_ms_max: number;
  readonly ok: boolean;
}

/** Node and DuckDB have 650 MiB of address space before they do anything. */
const DATA_MB = 1_024;
const BOMB_MB = 1_536;
/** Where nothing is to be protected. */
const UNBOUNDED_MB = 64 * 1_024;
const ANSWER_MS = 10_000;
/** A control proves that it works, not how fast. */
const CONTROL_MS = 120_000;
/** An endless attempt's deadline; it has to be gone a second later. */
const DEADLINE_MS = 2_000;
const KILLED_MS_MAX = 1_000;

export interface EscapeOptions {
  /** Without bombs, and of the statements every eighth. */
  readonly tiny: boolean;
  readonly report: (figure: EscapeFigure) => void;
}

export function availableTiers(): readonly IsolationTier[] {
  return findTool('bwrap') === null ? ['namespaces'] : ['namespaces', 'bubblewrap'];
}

export async function runEscapes({ tiny, report }: EscapeOptions): Promise<EscapeSummary> {
  const figures: EscapeFigure[] = [];
  const tell = (figure: EscapeFigure) => {
    figures.push(figure);
    report(figure);
  };
  const planted = await plantGround(dirname(dirname(import.meta.dirname)));
  try {
    const controls = await codeFigures('none', planted);
    for (const tier of availableTiers()) {
      for (const [name, got] of await codeFigures(tier, planted)) tell(codeFigure(tier, name, got, controls, planted));
      for (const figure of await lieFigures(tier, planted)) tell(figure);
      if (!tiny) for (const name of BOMB_NAMES) tell(await bombFigure(tier, name, planted));
      tell(await childrenFigure(tier, planted));
      for await (const figure of statementFigures(tier, tiny ? 8 : 1)) tell(figure);
    }
  } finally {
    await planted.close();
  }
  return summaryOf(figures);
}

function summaryOf(figures: readonly EscapeFigure[]): EscapeSummary {
  const escaped = figures.filter((figure) => figure.escaped).length;
  const controlsFailing = [...new Set(figures.filter(({ control }) => control === false).map(({ name }) => name))];
  const killed_ms_max = Math.ceil(Math.max(0, ...figures.map(({ killedMs }) => killedMs ?? 0)));
  const ok = escaped === 0 && controlsFailing.length === 0 && killed_ms_max <= KILLED_MS_MAX;
  const perTier = [...Map.groupBy(figures, ({ tier }) => tier).values()].map(({ length }) => length);
  const attemptsPerTierMin = Math.min(...perTier);
  const attempts = figures.length;
  return { tiers: availableTiers(), attempts, attemptsPerTierMin, escaped, controlsFailing, killed_ms_max, ok };
}

// ── Code ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Per attempt whether it got out, by what it says or by what the host sees. */
async function codeFigures(tier: IsolationTier, planted: PlantedGround): Promise<Map<string, boolean>> {
  const got = new Map<string, boolean>();
  let attacker: Attacker | null = null;
  for (const { name } of ATTEMPTS) {
    await planted.restore();
    attacker ??= startAttacker(tier, planted, DATA_MB);
    const ground = { ...attacker.ground, bystanderPid: planted.ground.bystanderPid };
    const answer = await attacker.ask({ kind: 'attempt', name, ground }, ANSWER_MS);
    const harmed = !(await isUntouched(planted)) || !planted.bystanderLives();
    got.set(name, answer === 'got' || harmed);
    if (answer === 'died' || answer === 'silent') {
      await attacker.kill();
      attacker = null;
    }
  }
  await attacker?.kill();
  await planted.restore();
  return got;
}

function codeFigure(
  tier: IsolationTier,
  name: string,
  got: boolean,
  controls: ReadonlyMap<string, boolean>,
  { ground }: PlantedGround,
): EscapeFigure {
  const attempt = ATTEMPTS.find((one) => one.name === name)!;
  const missing = missingHere(attempt, ground.outwardAddress);
  const why = attempt.noControl ?? (missing === null ? null : `this host has not ${missing}`);
  const control = why === null ? controls.get(name)! : null;
  return { tier, group: 'code', name, escaped: got && attempt.staysIn !== tier, control, why, killedMs: null };
}

function missingHere({ needs }: Attempt, outwardAddress: string | null): Attempt['needs'] | null {
  if (needs === 'root' && process.getuid?.() !== 0) return needs;
  return needs === 'an address' && outwardAddress === null ? needs : null;
}

// ── Bombs and children ───────────────────────────────────────────────────────────────────────────────────────────

async function bombFigure(tier: IsolationTier, name: BombName, planted: PlantedGround): Promise<EscapeFigure> {
  const endless = name.startsWith('endless') || name === 'deaf to signals';
  const { answer, killedMs } = await explode(tier, name, planted, DATA_MB, endless ? DEADLINE_MS : ANSWER_MS);
  const control = endless
    ? answer === 'silent'
    : (await explode('none', name, planted, UNBOUNDED_MB, CONTROL_MS)).answer === 'got';
  const why = null;
  return { tier, group: 'bomb', name, escaped: answer === 'got', control, why, killedMs: endless ? killedMs : null };
}

async function explode(tier: IsolationTier, name: BombName, planted: PlantedGround, mbMax: number, withinMs: number) {
  const attacker = startAttacker(tier, planted, mbMax);
  const answer = await attacker.ask({ kind: 'bomb', name, mb: BOMB_MB }, withinMs);
  return { answer, killedMs: await attacker.kill() };
}

const CHILDREN = 5;
const GONE_MS = 2_000;

/** Children that a worker leaves behind end with it. */
async function childrenFigure(tier: IsolationTier, planted: PlantedGround): Promise<EscapeFigure> {
  const left = await childrenLeft(tier, planted);
  const without = await childrenLeft('none', planted);
  const name = 'leave children behind';
  return { tier, group: 'children', name, escaped: left > 0, control: without > 0, why: null, killedMs: null };
}

async function childrenLeft(tier: IsolationTier, planted: PlantedGround): Promise<number> {
  const mark = `sluice-escape-${randomBytes(8).toString('hex')}`;
  const attacker = startAttacker(tier, planted, DATA_MB);
  await attacker.ask({ kind: 'children', mark, count: CHILDREN }, ANSWER_MS);
  await attacker.kill();
  await new Promise((resolve) => setTimeout(resolve, GONE_MS));
  const { stdout } = await promisify(execFile)('ps', ['-e', '-o', 'pid=,args=']);
  const alive = stdout.split('\n').filter((line) => line.includes(mark));
  for (const line of alive) process.kill(Number(line.trim().split(/\s/)[0]), 'SIGKILL');
  return alive.length;
}

// ── Lies ─────────────────────────────────────────────────────────────────────────────────────────────────────────

async function lieFigures(tier: IsolationTier, planted: PlantedGround): Promise<readonly EscapeFigure[]> {
  const figures: EscapeFigure[] = [];
  for (const { name, message, times, why } of LIES) {
    const escaped = await isBelieved(tier, planted, { message, times }, readWorkerReply);
    const unread = (said: unknown) => said as WorkerReply;
    const control = why === null ? await isBelieved('none', planted, { message, times }, unread) : null;
    figures.push({ tier, group: 'lie', name: `say ${name}`, escaped, control, why, killedMs: null });
  }
  return figures;
}

/** True unless the worker is thrown away, and what was asked of it fails. */
async function isBelieved(
  tier: IsolationTier,
  planted: PlantedGround,
  lie: { readonly message: unknown; readonly times: number },
  read: (message: unknown) => WorkerReply | null,
): Promise<boolean> {
  const { child, kill } = startAttacker(tier, planted, DATA_MB);
  const channel = openChannel<WorkerRequest, WorkerReply>(child, (message) => {
    try {
      return read(message);
    } catch {
      return null;
    }
  });
  const asked = channel.request({ kind: 'revoke', id: 1, grant: 1 }).then(
    () => true,
    () => false,
  );
  child.send({ kind: 'say', ...lie }, () => undefined);
  const timeout = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), ANSWER_MS).unref());
  const believed = await Promise.race([asked, timeout]);
  await kill();
  return believed;
}

// ── Statements ───────────────────────────────────────────────────────────────────────────────────────────────────

async function* statementFigures(tier: IsolationTier, every: number): AsyncGenerator<EscapeFigure> {
  const fixture = await openFixture();
  try {
    const host = join(fixture.runDir, 'host');
    await mkdir(host);
    await plantFiles(host);
    const before = await readdir(host);
    const sandbox = await fixture.open({ tier, limits: { sparesMin: 3 } });
    const all = [
      ...READS.map((statement) => ({ statement, why: null })),
      ...WRITES_AND_SETTINGS.map((statement) => ({ statement, why: null })),
      ...REFUSED_BY_WORKER.map(([statement, why]) => ({ statement, why })),
    ];
    for (const { statement, why } of all.filter((_, index) => index % every === 0)) {
      const sql = statement.replaceAll('#', host);
      const job = { id: 'j', analyst: 'mallory', tables: [PEOPLE], deadlineMs: ANSWER_MS };
      const refused = await sandbox
        .run(job, (session) => session.query(asEmitted(sql)))
        .then(
          () => false,
          (error: unknown) => error instanceof AppError && error.code === 'SANDBOX_FAILED',
        );
      const escaped = !refused || (await readdir(host)).length !== before.length;
      const control = why === null ? await worksUnlocked(statement, join(fixture.runDir, 'control')) : null;
      yield { tier, group: 'statement', name: statement, escaped, control, why, killedMs: null };
    }
  } finally {
    await fixture.close();
  }
}

/** In an engine that nobody locked, over files of its own. */
async function worksUnlocked(statement: string, folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length === 0) await plantFiles(folder);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.runAndReadAll(statement.replaceAll('#', folder));
    return true;
  } catch {
    return false;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
