import type { Store } from '#catalog';
import type { PolicyProfile, PrivacyNoise } from '#policies';
import type { BgvProcesses, Sandbox } from '#sandbox';
import type { AccessLog } from '../audit/index.ts';
import type { CanaryWatch } from '../canaries/canary-watch.ts';
import type { CustodianClient } from '../custodian/custodian-client.ts';
import type { FreezeRegister } from '../freezes/freeze-register.ts';
import type { Authorizer } from '../identity/index.ts';
import type { ExitRegister } from '../operators/exit-register.ts';
import type { GatewayMetrics } from '../telemetry.ts';
import type { CompileCache } from './compile-cache.ts';
import type { GrantedPlans } from './granted-plans.ts';
import type { StoredGuardMemory } from './guard-memory.ts';
import type { KeptAnswers } from './kept-answers.ts';

/** What a release waits for at the log's witness; where there is none, or nobody waits for it, everything is covered. */
export interface ReleaseWitness {
  /** Resolves when the entry is cosigned, or when a job has waited for it as long as it may. */
  covers(index: number): Promise<void>;
  /** Whether what the entry tells of may leave now. */
  isCovered(index: number): boolean;
}

/** What the stages need from outside. `assemble.ts` builds it once; tests build their own. */
export interface PipelineDeps {
  readonly store: Store;
  readonly sandbox: Sandbox;
  readonly plans: GrantedPlans;
  readonly compiled: CompileCache;
  readonly log: AccessLog;
  readonly authorize: Authorizer;
  readonly profile: PolicyProfile;
  /** Noise of mode `perturbed` is drawn from it. */
  readonly noiseSecret: Uint8Array;
  /** Noise of mode `dp`, fresh for each answer. */
  readonly privacyNoise: PrivacyNoise;
  /** Opens sums over encrypted columns; null where there is none: then nothing does. */
  readonly custodian: CustodianClient | null;
  /** Sums ciphertext blocks, without a key. */
  readonly bgv: Pick<BgvProcesses, 'sums'>;
  readonly guard: StoredGuardMemory;
  readonly answers: KeptAnswers;
  readonly freezes: FreezeRegister;
  readonly exited: Pick<ExitRegister, 'has'>;
  readonly canaries: Pick<CanaryWatch, 'find' | 'raise'>;
  readonly witness: ReleaseWitness;
  readonly metrics: GatewayMetrics;
  /** Longest time that an engine may work on one job, milliseconds. */
  readonly deadlineMs: number;
  /** Wall clock, for the log and for terms of plans. */
  readonly now: () => Date;
  /** `today` in Asia/Shanghai and `now` to the minute, for current_date and the like. */
  readonly queryFacts: () => { readonly today: string; readonly now: string };
  /** Resolves at the release clock's next tick after `arrivedMs`. */
  readonly releaseTick: (arrivedMs: number) => Promise<void>;
}
