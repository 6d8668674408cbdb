import { generateKeyPairSync } from 'node:crypto';
import { openStore, type Store } from '../../../catalog/index.ts';
import { createApp } from '../../../gateway/app.ts';
import { type AppDeps, DEFAULT_LIMITS } from '../../../gateway/app-deps.ts';
import { openLog } from '../../../gateway/audit/log.ts';
import { createLogKey } from '../../../gateway/audit/log-key.ts';
import { createCanaryDigests } from '../../../gateway/canaries/canary-digests.ts';
import { CanaryRegister } from '../../../gateway/canaries/canary-register.ts';
import { createCanaryService } from '../../../gateway/canaries/canary-service.ts';
import { createCatalogueService } from '../../../gateway/catalogue/catalogue-service.ts';
import { storeResult } from '../../../gateway/formats/stored-result.ts';
import { FreezeRegister } from '../../../gateway/freezes/freeze-register.ts';
import { createFreezeService } from '../../../gateway/freezes/freeze-service.ts';
import { createGrantService } from '../../../gateway/grants/grant-service.ts';
import { createPartyKeyService } from '../../../gateway/grants/party-key-service.ts';
import { createAuthorizer } from '../../../gateway/identity/authorizer.ts';
import type { Caller, Role } from '../../../gateway/identity/index.ts';
import { ExitRegister } from '../../../gateway/operators/exit-register.ts';
import { createExitService } from '../../../gateway/operators/exit-service.ts';
import { createOperatorService } from '../../../gateway/operators/operator-service.ts';
import { createPlanLifeService } from '../../../gateway/plan-life/plan-life-service.ts';
import { createPlanService } from '../../../gateway/plans/plan-service.ts';
import { createProductService } from '../../../gateway/products/product-service.ts';
import { createDestructionService } from '../../../gateway/resources/destruction-service.ts';
import type { DataEraser } from '../../../gateway/resources/erase-data.ts';
import { createResourceService } from '../../../gateway/resources/resource-service.ts';
import { createRetentionService } from '../../../gateway/resources/retention-service.ts';
import { createScanService } from '../../../gateway/resources/scan-service.ts';
import { createUploadService, type UploadDeps } from '../../../gateway/resources/upload-service.ts';
import { declaredDataset } from '../../../gateway/routes/declared-dataset.ts';
import { createSyncService } from '../../../gateway/sync/sync-service.ts';
import { createConsentService } from '../../../gateway/verify/consent-service.ts';
import { createSubjectDigests } from '../../../gateway/verify/subject-digests.ts';
import { AppError, DEFAULT_PROFILE } from '../../../policies/index.ts';
import { releasedSample, VERSIONS } from '../formats/released-sample.ts';
import { FakeJobs } from './fake-jobs.ts';

/** The real app on a real store in memory. Only what would start workers stands in: the job service and ingest. */
export interface Harness {
  readonly app: ReturnType<typeof createApp>;
  readonly deps: AppDeps;
  readonly store: Store;
  readonly jobs: FakeJobs;
  readonly bugs: unknown[];
  /** A request as `caller`, JSON in and out; null sends no token. */
  request(caller: Caller | null, path: string, init?: RequestInit & { json?: unknown }): Promise<Response>;
}

export const NOW = new Date('2026-03-01T08:00:00.000Z');

export function caller(role: Role, org: string, sub = `${role}-1`): Caller {
  return { sub, org, role };
}
export const DEVELOPER = caller('developer', 'acme');
export const RIVAL = caller('developer', 'rival');
export const PROVIDER = caller('provider', 'water-group');
export const BUREAU = caller('bureau', 'data-bureau');
export const SECURITY = caller('security', 'security-office');

/** A token of the tests: the caller as JSON in base64url. */
export function tokenOf(who: Caller): string {
  return Buffer.from(JSON.stringify(who)).toString('base64url');
}

/** Cedar over the real policies. */
const AUTHORIZE = createAuthorizer();
const DRILL = {
  id: 'd1',
  detected: true,
  detectionMs: 40,
  closureMs: 5,
  jobsStopped: 1,
  workersStopped: 1,
  leftBehind: 0,
};
const DIGESTS = createCanaryDigests(Buffer.alloc(32, 3));
const KEY = createLogKey('test.example/log', generateKeyPairSync('ed25519').privateKey);

export async function openHarness({
  ingest = noIngest,
  clock = () => NOW,
  ...overrides
}: { ingest?: UploadDeps['ingest'] } & Partial<AppDeps> = {}): Promise<Harness> {
  const store = openStore({ path: ':memory:', now: clock });
  const jobs = new FakeJobs(storeResult(releasedSample(), VERSIONS));
  const bugs: unknown[] = [];
  const log = await openLog({ store, key: KEY });
  const deps: AppDeps = {
    version: '0.0.0-test',
    clock,
    authenticate: (authorization) => Promise.resolve(readToken(authorization)),
    authorize: AUTHORIZE,
    store,
    profile: DEFAULT_PROFILE,
    log,
    cosigned: null,
    jobs,
    resources: createResourceService({
      store,
      carryOut: () => undefined,
      stopJobs: () => Promise.resolve(),
    }),
    uploads: createUploadService({ store, ingest, destroy: () => Promise.resolve() }),
    destructions: createDestructionService({
      store,
      eraser: NO_DATA,
      cutOff: () => Promise.resolve(),
      failed: (error) => bugs.push(error),
    }),
    retention: createRetentionService({
      store,
      now: () => NOW,
      resultDaysMax: 365,
      carryOut: () => Promise.resolve(),
      failed: (error) => bugs.push(error),
    }),
    assessor: { assess: () => Promise.resolve({ tables: [], band: 'low', minimum: [], looked: 0 }) },
    planLife: createPlanLifeService({ store, home: log.verifierKey }),
    catalogue: createCatalogueService({ store }),
    scans: createScanService({ store }),
    sync: createSyncService({
      ...{ store, now: () => NOW, home: log.verifierKey, declarationOf: declaredDataset },
      stopJobs: () => Promise.resolve(),
      stopFallen: () => Promise.resolve(0),
    }),
    plans: createPlanService({ store }),
    partyKeys: createPartyKeyService({ store }),
    grants: createGrantService({ store, home: log.verifierKey, jobs: { stopFallen: () => Promise.resolve(0) } }),
    operators: createOperatorService({ store, home: log.verifierKey, jobs: { stopFallen: () => Promise.resolve(0) } }),
    exits: createExitService({
      store,
      register: new ExitRegister(store),
      jobs: { stopFallen: () => Promise.resolve(0) },
      sandbox: { expel: () => Promise.resolve(0) },
      destructions: { destroy: () => Promise.reject(new AppError('RESOURCE_NOT_FOUND', { id: '' })) },
      scan: () => Promise.resolve({ files: 0, bytes: 0, copiesLeft: 0 }),
    }),
    freezes: createFreezeService({
      store,
      register: new FreezeRegister(store),
      sandbox: { expel: () => Promise.resolve(0) },
      jobs: { stop: () => Promise.resolve(0) },
    }),
    products: createProductService({
      ...{ store, freezes: new FreezeRegister(store), exited: new ExitRegister(store), unitsMin: 10 },
      admit: (_caller, id) => Promise.reject(new AppError('PLAN_NOT_FOUND', { id })),
      resultOf: () => null,
      today: () => '2026-03-01',
    }),
    intakes: NO_INTAKES,
    consents: createConsentService({ store, digests: createSubjectDigests(Buffer.alloc(32, 5)) }),
    lookups: { ask: () => Promise.reject(new AppError('PRODUCT_NOT_FOUND', { id: 'none' })) },
    canaries: createCanaryService({ store, register: new CanaryRegister(store, DIGESTS), digests: DIGESTS }),
    drill: () => Promise.resolve(DRILL),
    issuer: { jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'k' }] } },
    limits: DEFAULT_LIMITS,
    readiness: () => Promise.resolve({ store: true, sandbox: true }),
    onBug: (_reference, error) => bugs.push(error),
    ...overrides,
  };
  const app = createApp(deps);
  return { app, deps, store, jobs, bugs, request: (who, path, init = {}) => send(app, who, path, init) };
}

const noIntake = () => Promise.reject(new AppError('INTAKE_NOT_FOUND', { id: 'none' }));
const NO_INTAKES: AppDeps['intakes'] = {
  open: noIntake,
  put: noIntake,
  decide: noIntake,
  end: noIntake,
  endOverdue: () => Promise.resolve(),
};

/** There are no files behind this store. */
const NO_DATA: DataEraser = {
  erase: () => Promise.resolve({ keySha256: null, pagesKnown: 0, filesScanned: 0, bytesScanned: 0, found: {} }),
  forget: () => Promise.resolve(),
};

const noIngest: UploadDeps['ingest'] = () => Promise.reject(new AppError('UPLOAD_FORMAT', { problem: 'empty' }));

async function send(
  app: Harness['app'],
  who: Caller | null,
  path: string,
  { json, ...init }: RequestInit & { json?: unknown },
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (who !== null) headers.set('Authorization', `Bearer ${tokenOf(who)}`);
  if (json === undefined) return app.request(path, { ...init, headers });
  headers.set('Content-Type', 'application/json');
  return app.request(path, { method: 'POST', ...init, headers, body: JSON.stringify(json) });
}

function readToken(authorization: string | undefined): Caller {
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new AppError('TOKEN_MISSING');
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Caller;
  } catch {
    throw new AppError('TOKEN_INVALID', { reason: 'signature' });
  }
}
