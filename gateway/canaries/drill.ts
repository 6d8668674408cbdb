import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { appendEntry, type Store } from '#catalog';
import type { FreezeService } from '../freezes/freeze-service.ts';
import type { Caller } from '../identity/index.ts';
import type { JobService } from '../jobs/job-service.ts';
import type { PlanService } from '../plans/plan-service.ts';
import type { DestructionService } from '../resources/destruction-service.ts';
import type { ResourceService } from '../resources/resource-service.ts';
import type { UploadService } from '../resources/upload-service.ts';
import type { CanaryService } from './canary-service.ts';
import type { Alarm, CanaryWatch } from './canary-watch.ts';
import { type DrillPeople, declarationOf, drillPeople, planOf, uploadOf } from './drill-material.ts';

/** What a drill found. Times in milliseconds. */
export interface DrillReport {
  readonly id: string;
  readonly detected: boolean;
  /** From the arrival of the query to the hit; null where there was none. */
  readonly detectionMs: number | null;
  /** From the hit until the developer is frozen, its jobs are ended, its workers dead, and all is durable. */
  readonly closureMs: number | null;
  readonly jobsStopped: number;
  readonly workersStopped: number;
  /** Steps that could not be undone: 0 where table, plan, canary and freeze of the drill are gone. */
  readonly leftBehind: number;
}

export interface DrillDeps {
  readonly store: Store;
  readonly resources: ResourceService;
  readonly uploads: UploadService;
  readonly plans: PlanService;
  readonly jobs: Pick<JobService, 'submit' | 'wait'>;
  readonly freezes: FreezeService;
  readonly canaries: CanaryService;
  readonly watch: Pick<CanaryWatch, 'listen'>;
  readonly destructions: Pick<DestructionService, 'destroy'>;
}

interface Drill {
  readonly id: string;
  readonly table: string;
  readonly plan: string;
  readonly people: DrillPeople;
  /** What is to be undone, the last first. */
  readonly undo: (() => Promise<unknown>)[];
}

const WAIT_MS = 60_000;

/**
 * Plants a canary in a table of its own, by the ordinary ways (register, upload, list, plan, decisions of all parties, job), asks for
 * it as a developer of the drill, and tells how fast it was noticed and closed. Nobody else's data, budget or access is touched; every
 * entry of the log that comes of it says that it is of a drill.
 *
 * SAD PATH: a gateway that dies within a drill leaves its table listed, with made-up rows, until someone withdraws it.
 */
export async function runDrill(officer: Caller, deps: DrillDeps): Promise<DrillReport> {
  const id = randomBytes(6).toString('hex');
  const drill: Drill = { id, table: `drill_${id}`, plan: `drill-${id}`, people: drillPeople(id, officer), undo: [] };
  await note(officer, `drill ${id} begins`, deps);
  let alarm: Alarm | null = null;
  let leftBehind = 0;
  try {
    const canary = await prepare(drill, deps);
    alarm = await ask(drill, canary, deps);
  } finally {
    leftBehind = await cleanUp(drill, alarm, deps);
    await note(officer, `drill ${id} ends, ${leftBehind} steps left behind`, deps);
  }
  const report = await reportOf(id, alarm, leftBehind);
  const { detected, detectionMs, closureMs } = report;
  const found = detected ? `detected after ${detectionMs} ms, closed after ${closureMs} ms` : 'not detected';
  await note(officer, `drill ${id}: ${found}`, deps);
  return report;
}

/** Returns the canary's id; its value is known here, to the upload and to nobody else. */
async function prepare({ id, table, plan, people, undo }: Drill, deps: DrillDeps): Promise<string> {
  const { canaries, resources, uploads, plans, destructions } = deps;
  const { provider, developer, bureau, security } = people;
  const value = `canary-${randomUUID()}`;
  const canary = await canaries.watchFor(security, { value, label: `drill ${id}`, onHit: 'freeze' });
  undo.unshift(() => canaries.retire(security, canary.id));
  await resources.register(provider, declarationOf(table));
  undo.unshift(() => resources.withdraw(provider, table));
  const { version } = await uploads.put(provider, table, uploadOf(value));
  undo.unshift(() => destructions.destroy(provider, table, version));
  for (const [gate, who] of [
    ['secrecy', security],
    ['security', { ...security, sub: `second-${id}` }],
    ['personal-information', bureau],
  ] as const) {
    await resources.decideGate(who, table, { gate, verdict: 'approve', comment: `drill ${id}` });
  }
  await resources.list(bureau, table);
  await plans.submit(developer, planOf(plan, table, developer));
  undo.unshift(() => plans.revoke(bureau, plan));
  for (const reviewer of [provider, bureau]) {
    await plans.decide(reviewer, plan, { verdict: 'approve', comment: `drill ${id}` });
  }
  return canary.id;
}

/** The alarm; null when the job ended without one. */
async function ask({ table, plan, people }: Drill, canary: string, { jobs, watch }: DrillDeps): Promise<Alarm | null> {
  const sql = `SELECT n, note FROM ${table} ORDER BY n`;
  const requestSha256 = createHash('sha256').update(sql).digest('hex');
  let alarm: Alarm | null = null;
  const stop = watch.listen(canary, (raised) => {
    alarm = raised;
  });
  try {
    const request = {
      plan,
      sql,
      idempotencyKey: null,
      requestSha256,
      sealFor: null,
      options: { deadlineMs: null, privacy: null },
    };
    const job = await jobs.submit(people.developer, request);
    await jobs.wait(job.id, WAIT_MS, new AbortController().signal);
    return alarm;
  } finally {
    stop();
  }
}

/** What fails is counted, and the rest is undone all the same. */
async function cleanUp({ id, people, undo }: Drill, alarm: Alarm | null, deps: DrillDeps): Promise<number> {
  let failures = 0;
  const attempt = async (step: () => Promise<unknown>) => {
    await step().catch(() => {
      failures += 1;
    });
  };
  const closure = await alarm?.closed;
  if (closure !== null && closure !== undefined) {
    const freeze = closure.effect.freeze.id;
    // The two people that a thaw takes are both of the drill, as is whom it froze.
    for (const sub of [people.security.sub, `second-${id}`]) {
      await attempt(() => deps.freezes.thaw({ ...people.security, sub }, freeze));
    }
  }
  for (const step of undo) await attempt(step);
  return failures;
}

async function reportOf(id: string, alarm: Alarm | null, leftBehind: number): Promise<DrillReport> {
  const closure = (await alarm?.closed) ?? null;
  return {
    id,
    detected: alarm !== null,
    detectionMs: alarm === null ? null : Math.round(alarm.detectedMs - alarm.arrivedMs),
    closureMs: alarm === null || closure === null ? null : Math.round(closure.atMs - alarm.detectedMs),
    jobsStopped: closure?.effect.jobsStopped ?? 0,
    workersStopped: closure?.effect.workersStopped ?? 0,
    leftBehind,
  };
}

async function note({ sub, org, role }: Caller, text: string, { store }: DrillDeps): Promise<void> {
  await store.commit((tx) =>
    appendEntry(tx, { v: 1, kind: 'canary', at: tx.now(), who: { sub, org, role }, note: text, drill: true }),
  );
}
