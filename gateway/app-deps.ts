import type { Context, Env } from 'hono';
import type { Store } from '#catalog';
import type { PolicyProfile } from '#policies';
import type { PlanAssessor } from './assessment/assess-plan.ts';
import type { AccessLog } from './audit/index.ts';
import type { CanaryService } from './canaries/canary-service.ts';
import type { DrillReport } from './canaries/drill.ts';
import type { CatalogueService } from './catalogue/catalogue-service.ts';
import type { FreezeService } from './freezes/freeze-service.ts';
import type { GrantService } from './grants/grant-service.ts';
import type { PartyKeyService } from './grants/party-key-service.ts';
import type { Authenticator, Authorizer, Caller, EmbeddedIssuer } from './identity/index.ts';
import type { IntakeService } from './intake/intake-service.ts';
import type { JobService } from './jobs/job-service.ts';
import type { Language } from './messages/language.ts';
import type { ExitService } from './operators/exit-service.ts';
import type { OperatorService } from './operators/operator-service.ts';
import type { PlanLifeService } from './plan-life/plan-life-service.ts';
import type { PlanService } from './plans/plan-service.ts';
import type { ProductService } from './products/product-service.ts';
import type { DestructionService } from './resources/destruction-service.ts';
import type { ResourceService } from './resources/resource-service.ts';
import type { RetentionService } from './resources/retention-service.ts';
import type { ScanService } from './resources/scan-service.ts';
import type { UploadService } from './resources/upload-service.ts';
import type { SyncService } from './sync/sync-service.ts';
import type { ConsentService } from './verify/consent-service.ts';
import type { LookupService } from './verify/lookup-service.ts';
import type { CosignedLog } from './witness/index.ts';

/** Bounds on what one request may bring or hold. */
export interface AppLimits {
  /** Most bytes of a JSON body. */
  readonly jsonBytesMax: number;
  /** Longest that a JSON body may take to arrive, milliseconds. */
  readonly jsonMsMax: number;
  /** Longest pause within an upload, milliseconds. */
  readonly uploadPauseMsMax: number;
  /** Longest `Prefer: wait`, seconds. */
  readonly waitSecondsMax: number;
  /** Between two comment lines of an event stream, so that proxies keep it open, milliseconds. */
  readonly heartbeatMs: number;
}

export const DEFAULT_LIMITS: AppLimits = Object.freeze({
  jsonBytesMax: 2 ** 20,
  jsonMsMax: 20_000,
  uploadPauseMsMax: 60_000,
  waitSecondsMax: 60,
  heartbeatMs: 15_000,
});

/** All that the routes work with. `assemble.ts` builds it; tests build their own. */
export interface AppDeps {
  readonly version: string;
  readonly clock: () => Date;
  readonly authenticate: Authenticator;
  readonly authorize: Authorizer;
  readonly store: Store;
  /** The numbers of the policy: budgets among them. */
  readonly profile: PolicyProfile;
  readonly log: AccessLog;
  /** Null where nobody cosigns the log. */
  readonly cosigned: CosignedLog | null;
  readonly jobs: JobService;
  readonly resources: ResourceService;
  readonly uploads: UploadService;
  readonly destructions: DestructionService;
  readonly retention: RetentionService;
  readonly scans: ScanService;
  readonly plans: PlanService;
  readonly partyKeys: PartyKeyService;
  readonly grants: GrantService;
  readonly operators: OperatorService;
  readonly exits: ExitService;
  readonly assessor: PlanAssessor;
  readonly planLife: PlanLifeService;
  readonly catalogue: CatalogueService;
  readonly sync: SyncService;
  readonly freezes: FreezeService;
  readonly products: ProductService;
  readonly intakes: IntakeService;
  readonly consents: ConsentService;
  readonly lookups: LookupService;
  readonly canaries: CanaryService;
  readonly drill: (officer: Caller) => Promise<DrillReport>;
  /** Null where tokens come from an OIDC issuer alone. */
  readonly issuer: Pick<EmbeddedIssuer, 'jwks'> | null;
  readonly limits: AppLimits;
  /** What `/readyz` asks: each part by name, true when it can serve. */
  readonly readiness: () => Promise<Readonly<Record<string, boolean>>>;
  /** Gets every bug with the reference that the client was given. Must not log values or query text. */
  readonly onBug: (reference: string, error: unknown) => void;
}

/** What the frame leaves for the handlers. */
export interface AppEnv extends Env {
  Variables: {
    /** Set on every operation that is not public. */
    caller: Caller;
    language: Language;
  };
}
export type AppContext = Context<AppEnv>;
