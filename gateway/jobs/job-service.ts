import type { Job } from '#catalog';
import type {
  AppError,
  Because,
  CipherScheme,
  ExpectedErrors,
  MechanismUse,
  Mode,
  PrivacyCharge,
  PrivacyCost,
  PrivacyOption,
  SqlType,
} from '#policies';
import type { SealingKey } from '../custodian/sealing-key.ts';
import type { StoredResult } from '../formats/stored-result.ts';
import type { Caller } from '../identity/index.ts';

/** What a developer asks for. `sql` is the user's own text. */
export interface JobRequest {
  readonly plan: string;
  readonly sql: string;
  /** The `Idempotency-Key` header. Keys are scoped to the caller. */
  readonly idempotencyKey: string | null;
  /** SHA-256 (hex) of the canonical request body: the same key with another body is a conflict. */
  readonly requestSha256: string;
  /** Whom the custodian seals the answer for; null: this gateway reads it. */
  readonly sealFor: SealingKey | null;
  readonly options: JobOptions;
}
export interface JobOptions {
  /** Most milliseconds that the engine may take; null: the gateway's default. */
  readonly deadlineMs: number | null;
  /** Mode `dp`: how much privacy the answer may cost; null: the profile's default. */
  readonly privacy: PrivacyOption | null;
}

/** A change of a job's state. `id` counts from 1 within the job, so that a client can resume after the last it saw. */
export interface JobEvent {
  readonly id: number;
  readonly event: 'state';
  readonly data: { readonly state: Job['state']; readonly at: string };
}

/** What would happen to a query: from public metadata only, nothing run, nothing charged. */
export interface Explanation {
  readonly plan: string;
  readonly mode: Mode;
  readonly because: readonly Because[];
  readonly columns: readonly {
    readonly name: string;
    readonly type: SqlType;
    readonly mode: Mode;
    readonly because: readonly Because[];
  }[];
  /** Fewest distinct units that a released cell stands for; null in mode `rows`. */
  readonly unitsMin: number | null;
  /** The rules that may withhold cells or groups of this query. */
  readonly rules: readonly {
    readonly rule: 'threshold' | 'dominance' | 'noise' | 'row-cap' | 'custodian';
    readonly limit: number;
  }[];
  /** Of encrypted columns: how they are encrypted, and what is summed: words by the engine, or blocks after it. Null where none is read. */
  readonly cipher: { readonly scheme: CipherScheme; readonly storage: 'words' | 'blocks' } | null;
  /** What it would cost; `remaining` is what is left to the asker now. A question that was answered costs no privacy again. */
  readonly cost: PrivacyCost & { readonly jobs: number };
  /** Mode `dp`: who pays how much for which statistic, how far off sums and counts will be, and how much of a unit counts. */
  readonly privacy: {
    readonly charges: readonly PrivacyCharge[];
    readonly mechanisms: readonly MechanismUse[];
    readonly outputs: ExpectedErrors['outputs'];
    readonly errors: ExpectedErrors['columns'];
    readonly choices: ExpectedErrors['choices'];
    readonly boundaries: ExpectedErrors['boundaries'];
  } | null;
  readonly versions: {
    readonly tables: readonly { readonly resource: string; readonly version: number }[];
    readonly profile: string;
    readonly plan: string;
    readonly query: string;
  };
  /** The stage values `parsed`, `resolved`, `decision`, `private-plan`, `compiled`, in order, as JSON. */
  readonly stages: readonly { readonly stage: string; readonly value: unknown }[];
}

/** The life of jobs, seen from the routes. Every expected failure is an `AppError`. */
export interface JobService {
  /**
   * Records and queues a job. A query that the compiler or a policy refuses becomes a job in state `refused` (logged),
   * which is returned, not thrown. Thrown: PLAN_NOT_FOUND, PLAN_STATE, IDEMPOTENCY_CONFLICT, RATE_LIMITED, SANDBOX_BUSY.
   * The same key and body again give the first job.
   */
  submit(caller: Caller, request: JobRequest): Promise<Job>;
  /** A job as it may be told now: one that has ended but whose release tick has not passed is still `running`. */
  find(jobId: string): Job | null;
  /** Jobs as they may be told now, newest first. `after`: the id of the last one that the client has. */
  list(filter: {
    readonly org?: string;
    readonly sub?: string;
    readonly after?: string;
    readonly limit: number;
  }): readonly Job[];
  /** The job once it has left `queued` and `running` and its release tick has passed; or as it is at the timeout. */
  wait(jobId: string, timeoutMs: number, signal: AbortSignal): Promise<Job>;
  /** The states from the first on, then each new one; ends after a final state or when `signal` aborts. */
  events(jobId: string, signal: AbortSignal): AsyncIterable<JobEvent>;
  /** The released result; null while there is none (not finished, its tick not passed, refused). */
  result(jobId: string): StoredResult | null;
  /** Why the result of a job that has finished is held back: POLICY_FROZEN, WITNESS_AWAY; null where it is not. */
  whyHeld(jobId: string): AppError | null;
  /** Throws JOB_STATE when the job has ended. */
  cancel(caller: Caller, jobId: string): Promise<Job>;
  explain(
    caller: Caller,
    request: Pick<JobRequest, 'plan' | 'sql'> & Pick<JobOptions, 'privacy'>,
  ): Promise<Explanation>;
}
