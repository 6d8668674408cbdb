import { AppError, INTAKE_UPLOADS_MAX, type TableSchema } from '#policies';
import { contentHash } from '../canonical.ts';
import type { Db } from '../db.ts';
import { findOrganisation } from '../organisations.ts';
import { and, asc, count, eq, inArray, lt } from '../orm.ts';
import { getPlan } from '../plans.ts';
import { createResource, type NewResource } from '../resources.ts';
import { sealedRows } from '../sealed-rows.ts';
import { intakes, intakeUploads } from './tables.ts';

/** A developer's own table (社会数据, T11): for one plan, frozen once it is accepted, destroyed after its term. */
export interface Intake {
  /** The table's name; a draft resource of the developer's holds its versions. */
  readonly resource: string;
  readonly plan: string;
  readonly org: string;
  /** Where the data come from, and by what right they are used. */
  readonly source: string;
  readonly basis: string;
  /** ISO date in Asia/Shanghai, inclusive; not after the plan's last day. */
  readonly validUntil: string;
  /** `quarantined`: uploaded and checked, and read by nobody until it is accepted. */
  readonly state: 'opened' | 'quarantined' | 'accepted' | 'refused' | 'ended';
  readonly version: number | null;
  /** SHA-256 of what is accepted, the content's digest included; null before an upload. */
  readonly hash: string | null;
  readonly createdBy: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
}

export type NewIntake = Pick<Intake, 'plan' | 'org' | 'source' | 'basis' | 'validUntil' | 'createdBy'> & {
  readonly title: NewResource['title'];
  readonly schema: TableSchema;
};

/**
 * Opens an intake, with a draft resource that nobody can list.
 *
 * @throws AppError `INTAKE_INVALID` (problem), `PLAN_NOT_FOUND`, `PLAN_STATE`, `RESOURCE_EXISTS`, `RESOURCE_INVALID`.
 */
export function openIntake(tx: Db, { title, schema, ...intake }: NewIntake): Intake {
  const plan = getPlan(tx, intake.plan);
  if (plan.org !== intake.org) throw new AppError('PLAN_NOT_FOUND', { id: plan.id });
  if (plan.state !== 'approved') {
    throw new AppError('PLAN_STATE', { id: plan.id, state: plan.state, accepted: ['approved'] });
  }
  need(
    schema.columns.every(({ unit }) => unit === undefined),
    'its columns name no units: they never count',
  );
  need(
    schema.columns.every(({ encryption }) => encryption === undefined),
    'its columns are not encrypted',
  );
  need(intake.validUntil <= plan.validUntil, 'it may not be kept longer than the plan');
  const owner = findOrganisation(tx, intake.org)?.kind;
  need(owner === 'developer' || owner === 'operator', 'no registered developer');
  const { org: provider, createdBy, source: conditions } = intake;
  const entry = { no: null, title };
  createResource(
    tx,
    { entry, title, provider, createdBy, frequency: 'once', conditions, format: 'csv', schema },
    owner,
  );
  tx.orm
    .insert(intakes)
    .values({ ...intake, resource: schema.table, state: 'opened' })
    .run();
  return getIntake(tx, schema.table);
}

export function findIntake(db: Db, resource: string): Intake | null {
  const row = db.orm.select().from(intakes).where(eq(intakes.resource, resource)).get();
  return db.sealed('intakes', row) ?? null;
}

/** @throws AppError `INTAKE_NOT_FOUND`. */
export function getIntake(db: Db, resource: string): Intake {
  const intake = findIntake(db, resource);
  if (intake === null) throw new AppError('INTAKE_NOT_FOUND', { id: resource });
  return intake;
}

export function listIntakes(db: Db, filter: { readonly plan?: string; readonly org?: string } = {}): readonly Intake[] {
  const { plan, org } = filter;
  const where = and(
    plan === undefined ? undefined : eq(intakes.plan, plan),
    org === undefined ? undefined : eq(intakes.org, org),
  );
  const rows = db.orm.select().from(intakes).where(where).orderBy(asc(intakes.resource)).all();
  return rows.map((row) => db.sealed('intakes', row));
}

const intakesOfPlan = sealedRows('intakes', 'WHERE plan = ? ORDER BY resource');

/** What jobs under the plan see beside its own tables, on a day. */
export function acceptedIntakes(db: Db, plan: string, today: string): readonly Intake[] {
  return intakesOfPlan(db, plan).filter(({ state, validUntil }) => state === 'accepted' && today <= validUntil);
}

/** Before an upload is stored. @throws AppError `INTAKE_STATE`; `INTAKE_REFUSED` where the plan has taken in as much as it may. */
export function admitIntakeUpload(db: Db, resource: string): void {
  const { plan, state } = getIntake(db, resource);
  if (state === 'ended') throw stateError(resource, state, ['opened', 'quarantined', 'accepted', 'refused']);
  const taken = db.orm.select({ n: count() }).from(intakeUploads).where(eq(intakeUploads.plan, plan)).get()?.n ?? 0;
  if (taken >= INTAKE_UPLOADS_MAX)
    throw new AppError('INTAKE_REFUSED', { problem: 'uploads', limit: INTAKE_UPLOADS_MAX });
}

/** A version lies in the vault: it counts, whatever comes of it. Nothing of the intake is read until it is accepted anew. */
export function countIntakeUpload(tx: Db, resource: string, version: number): void {
  const { plan } = getIntake(tx, resource);
  tx.orm.insert(intakeUploads).values({ plan, resource, version, at: tx.now() }).run();
  set(tx, resource, { state: 'opened', version: null, hash: null, decidedBy: null, decidedAt: null });
}

/** It has passed its checks, and waits for the bureau. */
export function quarantineIntake(
  tx: Db,
  resource: string,
  version: number,
  contentSha256: string,
  schemaHash: string,
): Intake {
  const { plan, org, source, basis, validUntil } = getIntake(tx, resource);
  const hash = contentHash({ resource, version, plan, org, source, basis, validUntil, contentSha256, schemaHash });
  set(tx, resource, { state: 'quarantined', version, hash });
  return getIntake(tx, resource);
}

/**
 * @throws AppError `INTAKE_NOT_FOUND`; `INTAKE_STATE` when it is not in quarantine or is not what was read; `POLICY_ACCESS_DENIED` for
 *   who opened it and their organisation.
 */
export function decideIntake(
  tx: Db,
  resource: string,
  decision: {
    readonly org: string;
    readonly by: string;
    readonly verdict: 'approve' | 'refuse';
    readonly hash: string;
  },
): Intake {
  const { state, hash, org, createdBy } = getIntake(tx, resource);
  const isBureau = findOrganisation(tx, decision.org)?.kind === 'bureau';
  if (!isBureau || decision.org === org || decision.by === createdBy) {
    throw new AppError('POLICY_ACCESS_DENIED', { action: 'intake:decide' });
  }
  if (state !== 'quarantined') throw stateError(resource, state, ['quarantined']);
  if (hash !== decision.hash) throw stateError(resource, state, [`the hash ${hash ?? ''}`]);
  const person = `${decision.org}/${decision.by}`;
  set(tx, resource, {
    state: decision.verdict === 'approve' ? 'accepted' : 'refused',
    decidedBy: person,
    decidedAt: tx.now(),
  });
  return getIntake(tx, resource);
}

/** For good: no job reads it from here on. Its versions are destroyed by who calls. */
export function endIntake(tx: Db, resource: string): Intake {
  const { state } = getIntake(tx, resource);
  if (state === 'ended') throw stateError(resource, state, ['opened', 'quarantined', 'accepted', 'refused']);
  set(tx, resource, { state: 'ended' });
  return getIntake(tx, resource);
}

/** Those whose last day is over and that are not ended. */
export function overdueIntakes(db: Db, today: string): readonly Intake[] {
  const alive = inArray(intakes.state, ['opened', 'quarantined', 'accepted', 'refused']);
  const rows = db.orm
    .select()
    .from(intakes)
    .where(and(alive, lt(intakes.validUntil, today)))
    .all();
  return rows.map((row) => db.sealed('intakes', row));
}

function set(tx: Db, resource: string, change: Partial<typeof intakes.$inferInsert>): void {
  tx.orm.update(intakes).set(change).where(eq(intakes.resource, resource)).run();
}

function stateError(id: string, state: string, accepted: readonly string[]): AppError {
  return new AppError('INTAKE_STATE', { id, state, accepted });
}

function need(condition: boolean, problem: string): void {
  if (!condition) throw new AppError('INTAKE_INVALID', { problem });
}
