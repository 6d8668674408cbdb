import { randomUUID } from 'node:crypto';
import {
  admitIntakeUpload,
  countIntakeUpload,
  type Db,
  decideIntake,
  endIntake,
  findIntake,
  getIntake,
  getResource,
  type Intake,
  type NewIntake,
  openIntake,
  overdueIntakes,
  quarantineIntake,
  type ResourceVersion,
  type Store,
  setResourceState,
  versionsWithData,
} from '#catalog';
import { AppError, assert, emitRowDifference, INTAKE_ROWS_MIN, intakeProblem } from '#policies';
import type { Sandbox } from '#sandbox';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import { order } from '../resources/destruction-service.ts';
import type { Upload, UploadService } from '../resources/upload-service.ts';

export interface IntakeVerdict {
  readonly verdict: 'approve' | 'refuse';
  /** The intake as it was read. */
  readonly hash: string;
}

/** Developers' own data from quarantine to destruction, each step in one transaction with its log entry. Authorization is the routes' part. */
export interface IntakeService {
  /** Errors: as `openIntake`. */
  open(caller: Caller, intake: Omit<NewIntake, 'org' | 'createdBy'>): Promise<Intake>;
  /**
   * Takes a table into quarantine: scanned like every upload, then held against what the plan took in before.
   * Errors: INTAKE_NOT_FOUND, INTAKE_STATE, INTAKE_REFUSED (problem), every UPLOAD_ code.
   */
  put(caller: Caller, resource: string, upload: Upload): Promise<Intake>;
  /** Errors: as `decideIntake`. */
  decide(caller: Caller, resource: string, verdict: IntakeVerdict): Promise<Intake>;
  /** Ends it: its versions are destroyed, each with a certificate. Errors: INTAKE_NOT_FOUND, INTAKE_STATE. */
  end(caller: Caller, resource: string): Promise<Intake>;
  /** Ends what is past its term. That no job reads it any more does not wait for this. */
  endOverdue(today: string): Promise<void>;
}

export interface IntakeDeps {
  readonly store: Store;
  readonly uploads: UploadService;
  readonly sandbox: Pick<Sandbox, 'run'>;
  /** Begins to destroy what is ordered; nobody waits for it. */
  readonly carryOut: () => void;
}

const CHECK_MS_MAX = 60_000;

export function createIntakeService(deps: IntakeDeps): IntakeService {
  const { store, uploads, carryOut } = deps;
  const end = async (caller: Caller, resource: string, reason: 'ordered' | 'retention') => {
    const ended = await store.commit((tx) => {
      const intake = endIntake(tx, resource);
      setResourceState(tx, resource, 'withdrawn');
      orderAll(tx, caller, versionsWithData(tx, resource), reason);
      return logged(tx, caller, intake, 'ended');
    });
    carryOut();
    return ended;
  };
  return {
    open: (caller, intake) =>
      store.commit((tx) => {
        knowOrganisation(tx, caller);
        const opened = openIntake(tx, { ...intake, org: caller.org, createdBy: caller.sub });
        return logged(tx, caller, opened, `opened; source: ${opened.source}; basis: ${opened.basis}`);
      }),
    async put(caller, resource, upload) {
      store.read((db) => admitIntakeUpload(db, resource));
      const stored = await uploads.put(caller, resource, upload);
      return examine(deps, caller, stored);
    },
    decide: (caller, resource, { verdict, hash }) =>
      store.commit((tx) => {
        knowOrganisation(tx, caller);
        const { org, sub: by } = caller;
        return logged(
          tx,
          caller,
          decideIntake(tx, resource, { org, by, verdict, hash }),
          `${verdict}, sha-256 ${hash}`,
        );
      }),
    end: (caller, resource) => end(caller, resource, 'ordered'),
    async endOverdue(today) {
      for (const { resource, org, createdBy } of store.read((db) => overdueIntakes(db, today))) {
        await end({ org, sub: createdBy, role: 'developer' }, resource, 'retention');
      }
    },
  };
}

/** INVARIANT: a version that does not pass is destroyed at once, and counts as taken in. */
async function examine(deps: IntakeDeps, caller: Caller, stored: ResourceVersion): Promise<Intake> {
  const { store, carryOut } = deps;
  const { resource, version, contentSha256 } = stored;
  const earlier = await store.commit((tx) => {
    countIntakeUpload(tx, resource, version);
    return versionsWithData(tx, resource).flatMap((one) => (one.version < version ? [one.version] : []));
  });
  const problem = await problemOf(deps, caller, stored, earlier).catch((error: unknown) => {
    // What could not be checked is not taken in.
    void refuse(deps, caller, stored, 'INTERNAL').then(carryOut);
    throw error;
  });
  if (problem !== null) {
    await refuse(deps, caller, stored, problem);
    carryOut();
    throw new AppError('INTAKE_REFUSED', { problem, limit: INTAKE_ROWS_MIN });
  }
  assert(contentSha256 !== null, 'a stored version has a digest');
  return store.commit((tx) => {
    const { schemaHash } = getResource(tx, resource);
    const intake = quarantineIntake(tx, resource, version, contentSha256, schemaHash);
    return logged(tx, caller, intake, `in quarantine: version ${version}, sha-256 ${intake.hash ?? ''}`);
  });
}

async function problemOf(
  { store, sandbox }: IntakeDeps,
  { org, sub }: Caller,
  { resource, version }: ResourceVersion,
  earlier: readonly number[],
): Promise<ReturnType<typeof intakeProblem>> {
  // Rows are told apart by their keys, which every view has; a view has some column besides.
  const columns = store
    .read((db) => getResource(db, resource))
    .schema.columns.slice(0, 1)
    .map(({ name }) => name);
  const tables = [version, ...earlier].map((one) => ({ resource, version: one, columns }));
  const job = { id: randomUUID(), analyst: `${org}/${sub}`, tables, deadlineMs: CHECK_MS_MAX };
  const { values } = await sandbox.run(job, ({ query }) => query(emitRowDifference(resource, version, earlier)));
  const [distinct = 0n, ...differences] = values.map(([cell]) => (typeof cell === 'bigint' ? cell : 0n));
  return intakeProblem(distinct, differences);
}

function refuse({ store }: IntakeDeps, caller: Caller, stored: ResourceVersion, problem: string): Promise<void> {
  return store.commit((tx) => {
    orderAll(tx, caller, [stored], 'ordered');
    const intake = findIntake(tx, stored.resource);
    if (intake !== null)
      logged(tx, caller, intake, `version ${stored.version} not taken in: ${problem}`, 'INTAKE_REFUSED');
  });
}

function orderAll(tx: Db, caller: Caller, versions: readonly ResourceVersion[], reason: 'ordered' | 'retention'): void {
  const orderedBy = `${caller.org}/${caller.sub}`;
  for (const { resource, version } of versions) order(tx, caller, { resource, version, reason, orderedBy });
}

function logged(tx: Db, caller: Caller, intake: Intake, what: string, code?: 'INTAKE_REFUSED'): Intake {
  const note = `intake ${intake.resource}: ${what}`;
  appendChange(tx, { kind: 'intake', caller, plan: intake.plan, note, ...(code === undefined ? {} : { code }) });
  return getIntake(tx, intake.resource);
}
