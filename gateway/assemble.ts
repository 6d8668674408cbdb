import { createHmac, randomFillSync, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  abandonVersion,
  appendEntry,
  contentHash,
  type Db,
  entryCount,
  findDestruction,
  findVersion,
  mendPrivacyBooks,
  openStore,
  remainingBudgets,
  type Store,
  unfinishedJobs,
  unfinishedLookups,
  writingVersions,
} from '#catalog';
import { AppError, DEFAULT_PROFILE, drawnNoise } from '#policies';
import {
  DEFAULT_INGEST_LIMITS,
  ingest,
  openBgvProcesses,
  openSandbox,
  openVault,
  type Sandbox,
  type SandboxEvent,
  scanForCopies,
  type Vault,
} from '#sandbox';
import { createApp } from './app.ts';
import { type AppDeps, DEFAULT_LIMITS } from './app-deps.ts';
import { createPlanAssessor } from './assessment/assess-plan.ts';
import { type AccessLog, homeLogKeys, openLog } from './audit/index.ts';
import { createCanaryDigests } from './canaries/canary-digests.ts';
import { CanaryRegister } from './canaries/canary-register.ts';
import { createCanaryService } from './canaries/canary-service.ts';
import { createCanaryWatch } from './canaries/canary-watch.ts';
import { runDrill } from './canaries/drill.ts';
import { createCatalogueService } from './catalogue/catalogue-service.ts';
import type { Config, WitnessConfig } from './config.ts';
import { type CustodianClient, createCustodianClient } from './custodian/custodian-client.ts';
import { gatewayKeyFile, loadOrCreateSigningKey } from './custodian/signing-key.ts';
import { FreezeRegister } from './freezes/freeze-register.ts';
import { createFreezeService } from './freezes/freeze-service.ts';
import { measureSandbox, observeGauges } from './gauges.ts';
import { createGrantService } from './grants/grant-service.ts';
import { createPartyKeyService } from './grants/party-key-service.ts';
import { createAuthorizer, openIdentity } from './identity/index.ts';
import { createIntakeService } from './intake/intake-service.ts';
import { createIntegrityReports } from './integrity-reports.ts';
import { createJobs } from './jobs/jobs.ts';
import { DEFAULT_CLOCK, geometricClock, LOOKUP_CLOCK, type ReleaseClock } from './jobs/release-clock.ts';
import { clearKeyFiles, identifierKeys, openHomeSecrets, openMasterKey } from './keys/index.ts';
import { ExitRegister } from './operators/exit-register.ts';
import { createExitService } from './operators/exit-service.ts';
import { createOperatorService } from './operators/operator-service.ts';
import { admit } from './pipeline/admit.ts';
import { CompileCache } from './pipeline/compile-cache.ts';
import type { PipelineDeps } from './pipeline/deps.ts';
import { GrantedPlans } from './pipeline/granted-plans.ts';
import { StoredGuardMemory } from './pipeline/guard-memory.ts';
import { KeptAnswers } from './pipeline/kept-answers.ts';
import { recordAborted } from './pipeline/record.ts';
import { createPlanLifeService } from './plan-life/plan-life-service.ts';
import { createPlanService } from './plans/plan-service.ts';
import { createProductService } from './products/product-service.ts';
import { createDestructionService } from './resources/destruction-service.ts';
import { createDataEraser } from './resources/erase-data.ts';
import { createResourceService } from './resources/resource-service.ts';
import { createRetentionService } from './resources/retention-service.ts';
import { createScanService } from './resources/scan-service.ts';
import { stopJobsOn } from './resources/stop-jobs-on.ts';
import { createUploadService } from './resources/upload-service.ts';
import { declaredDataset } from './routes/declared-dataset.ts';
import { settingsNote } from './settings-note.ts';
import { createSyncService } from './sync/sync-service.ts';
import { createMetrics } from './telemetry.ts';
import { keepMoment, requireOneMoment } from './vault-moment.ts';
import { createConsentService } from './verify/consent-service.ts';
import { recordLookupAborted } from './verify/lookup.ts';
import { createLookupService } from './verify/lookup-service.ts';
import { createSubjectDigests } from './verify/subject-digests.ts';
import { type CosignedLog, openCosignedLog, parseCosignerVkey, releaseWitness } from './witness/index.ts';

/** The gateway without its port: every part built and joined, in the order in which they need each other. */
export interface Gateway {
  readonly app: ReturnType<typeof createApp>;
  readonly deps: AppDeps;
  readonly pipeline: PipelineDeps;
  readonly sandbox: Sandbox;
  readonly vault: Vault;
  /** The file that the master key was just created in, else null. */
  readonly masterKeyCreatedAt: string | null;
  /** Takes no more work and ends what runs: jobs are charged and recorded, uploads leave nothing. What was acknowledged stays readable. */
  drain(): Promise<void>;
  /** Drains, then stops workers, log and store, in that order. Everything that was acknowledged is durable. */
  close(): Promise<void>;
}

export interface GatewayEvents {
  readonly sandbox: (event: SandboxEvent) => void;
  /** A bug, with the reference that the client was given. */
  readonly bug: (reference: string, error: unknown) => void;
  /** Log or store can no longer be trusted: the process must stop. */
  readonly fatal: (error: unknown) => void;
}

const STORE_FILE = 'sluice.db';

/** How often what is past its term is looked for; that no job reads it does not wait for this. */
const INTAKES_LOOKED_AT_MS = 3_600_000;
/** Longest time that the engine may work on one job. */
const JOB_DEADLINE_MS = 60_000;

export async function assemble(
  config: Config,
  version: string,
  events: GatewayEvents,
  clock: PipelineDeps['releaseTick'] = releaseTicks(),
): Promise<Gateway> {
  const now = () => new Date();
  await mkdir(config.home, { recursive: true, mode: 0o700 });
  const identity = await openIdentity(config, now);
  const master = await openMasterKey(config);
  const secrets = await openHomeSecrets(config.home, master);
  const unitKeys = identifierKeys(secrets);
  const integrity = createIntegrityReports(events.fatal);
  const metrics = createMetrics();
  const store = openStore({
    path: join(config.home, STORE_FILE),
    now,
    onBatch: metrics.batchCommitted,
    onFailure: events.fatal,
    integrity: { ...integrity, key: secrets.catalogue },
  });
  const isFirstStart = store.read(entryCount) === 0;
  const logKeys = homeLogKeys(config.home, isFirstStart);
  const log = await openLog({ store, ...logKeys });
  const vaultDir = join(config.home, 'vault');
  const vault = await openVault({ dir: vaultDir, keys: master.wrapper, runDir: config.runDir });
  await clearKeyFiles(config.home);
  await requireOneMoment({ store, log, keys: logKeys, vault, dir: vaultDir });
  await integrity.begin(store);
  await recover(store, vault);
  const sandbox = await openSandbox({
    tier: config.tier,
    production: config.production,
    workers: config.workers,
    engineThreads: Math.max(1, Math.floor(availableParallelism() / config.workers)),
    memoryMbMax: config.memoryMbMax,
    runDir: config.runDir,
    vault,
    log: (event) => {
      measureSandbox(event, metrics);
      events.sandbox(event);
    },
  });
  await recordStart(store, log, settingsNote(config, { version, tier: sandbox.tier }));
  const moment = keepMoment({ log, dir: vaultDir });
  const authorize = createAuthorizer();
  const freezes = new FreezeRegister(store);
  const exited = new ExitRegister(store);
  const digests = createCanaryDigests(secrets.canaries);
  const canaryRegister = new CanaryRegister(store, digests);
  const watch = createCanaryWatch({
    store,
    register: canaryRegister,
    freeze: (caller, order) => deps.freezes.freeze(caller, order),
    failed: events.fatal,
  });
  const cosigned = config.witness === null ? null : openWitness(config.witness, log, events);
  // No identifier domain holds a space.
  const noiseSecret = unitKeys('perturbation noise');
  const pipeline: PipelineDeps = {
    store,
    sandbox,
    plans: new GrantedPlans(store),
    compiled: new CompileCache(),
    log,
    authorize,
    profile: DEFAULT_PROFILE,
    noiseSecret,
    privacyNoise: drawnNoise((bytes) => randomFillSync(bytes)),
    custodian: await openCustodianClient(config),
    bgv: openBgvProcesses(sandbox.tier),
    guard: new StoredGuardMemory(store),
    answers: new KeptAnswers({
      key: secrets.keptAnswers,
      conditions: {
        software: version,
        profile: contentHash(DEFAULT_PROFILE),
        noise: createHmac('sha256', noiseSecret).update('kept answers').digest('hex'),
      },
    }),
    freezes,
    exited,
    canaries: watch,
    metrics,
    witness: releaseWitness(cosigned, config.witness?.policy ?? 'follow'),
    deadlineMs: JOB_DEADLINE_MS,
    now,
    queryFacts: () => queryFacts(now()),
    releaseTick: clock,
  };
  const jobs = createJobs(pipeline);
  const endGauges = observeGauges({ sandbox: sandbox.stats, budgets: () => store.read(remainingBudgets) });
  const uploads = createUploadService({
    store,
    ingest: (upload) => ingest({ vault, tier: sandbox.tier, unitKeys, limits: DEFAULT_INGEST_LIMITS }, upload),
    destroy: vault.destroy,
  });
  const intakes = createIntakeService({ store, uploads, sandbox, carryOut: () => void destructions.carryOut() });
  const subjects = createSubjectDigests(unitKeys('lookup subjects'));
  const destructions = createDestructionService({
    store,
    eraser: createDataEraser({ vault, sandbox, home: config.home }),
    cutOff: uploads.cutOff,
    failed: (error) => events.bug(randomUUID(), error),
  });
  const retention = createRetentionService({
    store,
    now,
    resultDaysMax: config.resultDaysMax,
    carryOut: destructions.carryOut,
    failed: (error) => events.bug(randomUUID(), error),
  });
  const drain = async () => {
    await Promise.all([jobs.close(), uploads.close()]);
  };
  const deps: AppDeps = {
    version,
    clock: now,
    authenticate: async (authorization) => {
      const caller = await identity.authenticate(authorization);
      exited.require(caller.org);
      return caller;
    },
    authorize,
    store,
    profile: DEFAULT_PROFILE,
    log,
    cosigned,
    jobs,
    resources: createResourceService({
      store,
      carryOut: () => void destructions.carryOut(),
      stopJobs: (resource) => stopJobsOn(resource, jobs, sandbox),
    }),
    uploads,
    destructions,
    retention,
    assessor: createPlanAssessor(pipeline),
    planLife: createPlanLifeService({ store, home: log.verifierKey }),
    catalogue: createCatalogueService({ store }),
    sync: createSyncService({
      ...{ store, now, home: log.verifierKey, declarationOf: declaredDataset },
      stopJobs: (resource) => stopJobsOn(resource, jobs, sandbox),
      stopFallen: () => jobs.stopFallen(),
    }),
    scans: createScanService({ store }),
    plans: createPlanService({ store }),
    partyKeys: createPartyKeyService({ store }),
    grants: createGrantService({ store, home: log.verifierKey, jobs }),
    operators: createOperatorService({ store, home: log.verifierKey, jobs }),
    exits: createExitService({
      store,
      register: exited,
      jobs,
      sandbox,
      destructions,
      scan: (pieces, part) =>
        scanForCopies({
          folders: [config.home, config.runDir],
          pieces,
          except: part === 'all' ? null : STORE_FILE,
        }),
    }),
    freezes: createFreezeService({ store, register: freezes, sandbox, jobs }),
    intakes,
    products: createProductService({
      ...{ store, freezes, exited, unitsMin: pipeline.profile.unitsMin },
      admit: (caller, plan) => admit({ caller, plan, action: 'submitJob' }, pipeline),
      resultOf: (job) => jobs.result(job),
      today: () => pipeline.queryFacts().today,
    }),
    consents: createConsentService({ store, digests: subjects }),
    lookups: createLookupService({
      pipeline,
      digests: subjects,
      unitKeys,
      tick: ticksOf(geometricClock(LOOKUP_CLOCK)),
      freeze: (caller, order) => deps.freezes.freeze(caller, order),
      failed: events.fatal,
    }),
    canaries: createCanaryService({ store, register: canaryRegister, digests }),
    drill: (officer) => runDrill(officer, { ...deps, watch }),
    issuer: identity.issuer,
    limits: DEFAULT_LIMITS,
    readiness: async () => ({ store: true, sandbox: sandbox.stats().workers > 0, log: log.checkpoint().size > 0 }),
    onBug: events.bug,
  };
  const endOverdue = () => void intakes.endOverdue(pipeline.queryFacts().today).catch(events.fatal);
  const overdue = setInterval(endOverdue, INTAKES_LOOKED_AT_MS).unref();
  endOverdue();
  void destructions.carryOut().then(retention.sweep);
  return {
    app: createApp(deps),
    deps,
    pipeline,
    sandbox,
    vault,
    masterKeyCreatedAt: master.createdAt,
    drain,
    async close() {
      clearInterval(overdue);
      await drain();
      endGauges();
      cosigned?.close();
      await retention.close();
      await Promise.all([destructions.close(), moment.close()]);
      await closeAll(sandbox, vault, log, store);
    },
  };
}

/** WHY a key of its own: the custodian knows the gateway by it, and by nothing else. */
async function openCustodianClient({ custodian, home }: Config): Promise<CustodianClient | null> {
  if (custodian === null) return null;
  return createCustodianClient(custodian, await loadOrCreateSigningKey(gatewayKeyFile(home), 'SLUICE_HOME'));
}

function openWitness({ url, vkey, waitMs }: WitnessConfig, log: AccessLog, events: GatewayEvents): CosignedLog {
  const verifier = parseCosignerVkey(vkey);
  if (verifier === null) {
    throw new AppError('CONFIG_INVALID', { variable: 'SLUICE_WITNESS_KEY', problem: 'is no key of a witness' });
  }
  const onContradiction = (size: number) =>
    events.fatal(
      new AppError('LOG_CORRUPT', { index: size, problem: 'the witness knows another log: this one was set back' }),
    );
  return openCosignedLog({ log, url, verifier, waitMsMax: waitMs, onContradiction });
}

/** What a crash cut off: uploads vanish, jobs end as failed and charged, the vault keeps only what the catalogue knows. */
async function recover(store: Store, vault: Vault): Promise<void> {
  for (const job of store.read(unfinishedJobs)) await recordAborted(job, { store });
  for (const lookup of store.read(unfinishedLookups)) await recordLookupAborted(lookup, store);
  await store.commit((tx) => {
    for (const kind of mendPrivacyBooks(tx, DEFAULT_PROFILE.privacyBudgets)) {
      const note = `the privacy budget of the ${kind} held less than the log says was charged, and was raised`;
      appendEntry(tx, { v: 1, kind: 'integrity', at: tx.now(), decision: 'deny', code: 'CATALOGUE_CORRUPT', note });
    }
  });
  for (const { resource, version } of store.read(writingVersions)) {
    await store.commit((tx) => abandonVersion(tx, resource, version));
  }
  await vault.sweep((resource, version) => {
    const state = store.read((db) => findVersion(db, resource, version))?.state;
    return state === 'current' || state === 'superseded' || store.read((db) => isToBeDestroyed(db, resource, version));
  });
}

/** WHY such a version is left to `carryOut`: a sweep would take it away without the traces that its certificate needs. */
function isToBeDestroyed(db: Db, resource: string, version: number): boolean {
  const destruction = findDestruction(db, resource, version);
  return destruction !== null && destruction.certificate === null;
}

async function recordStart(store: Store, log: AccessLog, note: string): Promise<void> {
  await store.commit((tx) => appendEntry(tx, { v: 1, kind: 'start', at: tx.now(), note }));
  await log.advance();
}

async function closeAll(sandbox: Sandbox, vault: Vault, log: AccessLog, store: Store): Promise<void> {
  await sandbox.close();
  await vault.close();
  await log.advance();
  await log.close();
  store.close();
}

const SHANGHAI_DATE = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' });

/**
 * The city's own day: terms and `current_date` change at its midnight. WHY `now` to the minute: the same question within
 * a minute is the same query, to the compile cache and to whoever compares answers.
 */
function queryFacts(now: Date): ReturnType<PipelineDeps['queryFacts']> {
  const minute = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
  return { today: SHANGHAI_DATE.format(minute), now: minute.toISOString() };
}

const releaseTicks = () => ticksOf(geometricClock(DEFAULT_CLOCK));

function ticksOf(clock: ReleaseClock): PipelineDeps['releaseTick'] {
  return (arrivedMs) => new Promise((resolve) => setTimeout(resolve, clock.waitMs(performance.now() - arrivedMs)));
}
